//! How a listing goes on from page to page. Pure: what the next request is follows from the cursor alone.

mod cursor;
mod next_url;
mod single;

use std::fmt::Debug;

pub use self::{
    cursor::Cursor,
    next_url::{Base, Follow, NextUrl},
    single::Single,
};
use crate::{page::Page, pointer::Pointer, request::Request};

/// A style of pagination.
///
/// # Contract
/// The engine calls `prepare` on a copy of the listing's first request, with the cursor of the page it wants, or
/// `None` for the first page; and `advance` with the same cursor and the page that came. A paginator keeps nothing
/// between calls, so a cursor is all that a checkpoint needs.
pub trait Paginator: Debug + Send + Sync {
    /// The places in a page that `advance` looks at.
    fn reads(&self) -> Vec<Pointer>;

    /// Makes of the listing's first request the one for the page at `at`.
    fn prepare(&self, request: &mut Request, at: Option<&Cursor>) -> Result<(), PaginationError>;

    /// Where the listing goes on after `page`; `None` at its end.
    fn advance(&self, at: Option<&Cursor>, page: &Page) -> Result<Option<Cursor>, PaginationError>;
}

/// A page or a cursor that does not fit the style.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PaginationError {
    /// The link to the next page is no text.
    #[error("the link to the next page at `{at}` is {found}, not text")]
    LinkIsNoText {
        /// Where it stands.
        at: Pointer,
        /// What stands there.
        found: &'static str,
    },
    /// The link to the next page is no URL.
    #[error("the link to the next page at `{at}` is not a URL")]
    LinkIsNoUrl {
        /// Where it stands.
        at: Pointer,
    },
    /// The cursor was made by another style.
    #[error("the cursor was made by another style of pagination")]
    ForeignCursor,
}
