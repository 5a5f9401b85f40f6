//! How a listing goes on from page to page. Pure: what the next request is follows from the cursor alone.

mod cursor;
mod link_header;
mod next_url;
mod offset;
mod page_number;
mod place;
mod single;
mod token;

use std::fmt::Debug;

pub use self::{
    cursor::Cursor,
    link_header::LinkHeader,
    next_url::{Base, Follow, NextUrl},
    offset::Offset,
    page_number::PageNumber,
    place::Place,
    single::Single,
    token::{Renewal, Token},
};
use crate::{http::request::Request, json::pointer::Pointer, listing::page::Page};

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

    /// Where the listing goes on after the page at `at`, as far as `page`, the last of the `pages` that came, lets one tell
    /// before the page at `at` is there. It may be wrong: [`advance`](Self::advance) decides.
    fn ahead(&self, at: &Cursor, page: &Page, pages: u64) -> Option<Cursor>;

    /// How many records there are in all, as far as `page` tells. It never ends a listing, for totals move.
    fn total(&self, page: &Page) -> Option<u64>;

    /// What shows that a listing goes on and not in circles.
    fn proof(&self) -> Proof;
}

/// What shows that a listing goes on and not in circles.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Proof {
    /// No page has the records of an earlier one. For styles whose requests differ whatever the server does: one that
    /// does not look at the page number gives the same page for ever.
    ByContent,
    /// No request is made twice.
    ByRequest,
}

/// Whether a listing of which so many pages came is worth asking for the page behind so many, where nothing tells how many
/// there are: it is taken to go on for as many more. What is asked for in vain is then less than what there is.
fn is_likely(before: u64, pages: u64) -> bool {
    before < pages.saturating_mul(2)
}

/// The whole number at `place`, where there is one. Some servers write it as text.
fn count(page: &Page, place: Option<&Pointer>) -> Option<u64> {
    match page.pick(place?)? {
        serde_json::Value::String(text) => text.trim().parse().ok(),
        value => value.as_u64(),
    }
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
    /// The `Link` field names no URL.
    #[error("the `Link` field of the answer does not hold a URL")]
    LinkFieldIsNoUrl,
    /// The cursor is neither text nor a number.
    #[error("the cursor at `{at}` is {found}, not text or a number")]
    CursorIsNoText {
        /// Where it stands.
        at: Pointer,
        /// What stands there.
        found: &'static str,
    },
    /// What tells whether there are more pages is no boolean.
    #[error("the value at `{at}` is {found}, not `true` or `false`")]
    MoreIsNoBoolean {
        /// Where it stands.
        at: Pointer,
        /// What stands there.
        found: &'static str,
    },
    /// There are more pages, but no cursor to ask for them with.
    #[error("the page says that there are more pages, but has no cursor at `{at}`")]
    MoreWithoutCursor {
        /// Where the cursor should be.
        at: Pointer,
    },
    /// The body of the request is not of the shape that the place needs.
    #[error("the body of the request has no place for `{place}`")]
    NoPlace {
        /// The place.
        place: Pointer,
    },
    /// The cursor was made by another style.
    #[error("the cursor was made by another style of pagination")]
    ForeignCursor,
}
