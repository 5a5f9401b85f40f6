//! The styles of pagination. They do no I/O: the next request depends only on the cursor.

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
/// The engine calls `prepare` on a copy of the listing's first request, with the cursor of the page to fetch, or `None`
/// for the first page. Then it calls `advance` with the same cursor and the page that arrived. A paginator has no state
/// between calls, so a checkpoint only needs the cursor.
pub trait Paginator: Debug + Send + Sync {
    /// The places in a page that the other methods read. Nothing else can be picked from a page.
    fn reads(&self) -> Vec<Pointer>;

    /// Turns the listing's first request into the one for the page at `at`.
    ///
    /// # Errors
    /// The cursor is of another style, or the body of the request has no place for the values.
    fn prepare(&self, request: &mut Request, at: Option<&Cursor>) -> Result<(), PaginationError>;

    /// The cursor of the page after `page`, or `None` if `page` is the last one.
    ///
    /// # Errors
    /// The page does not match the style.
    fn advance(&self, at: Option<&Cursor>, page: &Page) -> Result<Option<Cursor>, PaginationError>;

    /// Guesses the cursor after the page at `at`, which has not arrived yet, so that it can be prefetched. `page` is the
    /// last page that arrived, and `pages` is how many did. A wrong guess costs a request, because
    /// [`advance`](Self::advance) decides.
    fn ahead(&self, at: &Cursor, page: &Page, pages: u64) -> Option<Cursor>;

    /// The total number of records, if `page` reports it. It never ends a listing, because totals change.
    fn total(&self, page: &Page) -> Option<u64>;

    /// What proves that the listing makes progress.
    fn loop_check(&self) -> LoopCheck;
}

/// What proves that a listing makes progress, instead of fetching the same pages forever.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LoopCheck {
    /// No two pages have the same records. For styles that count: a server that ignores the page number returns the same
    /// page forever, although the requests differ.
    Records,
    /// No request is sent for two pages.
    Requests,
}

/// Whether to prefetch the page after the first `before` ones of a listing of unknown length, once `pages` have arrived.
/// It is assumed to have as many again, so fewer requests are wasted than are needed.
fn is_likely(before: u64, pages: u64) -> bool {
    before < pages.saturating_mul(2)
}

/// The whole number at `place`, if there is one. Some servers send it as text.
fn count(page: &Page, place: Option<&Pointer>) -> Option<u64> {
    match page.pick(place?)? {
        serde_json::Value::String(text) => text.trim().parse().ok(),
        value => value.as_u64(),
    }
}

/// A page, a cursor or a request that does not match the style of pagination.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PaginationError {
    /// The link to the next page is not text.
    #[error("the link to the next page at `{at}` is {found}, not text")]
    LinkIsNoText {
        /// Where it is.
        at: Pointer,
        /// What is there instead.
        found: &'static str,
    },
    /// The link to the next page is not a URL.
    #[error("the link to the next page at `{at}` is not a URL")]
    LinkIsNoUrl {
        /// Where it is.
        at: Pointer,
    },
    /// The `Link` field does not contain a URL.
    #[error("the `Link` field of the answer does not hold a URL")]
    LinkFieldIsNoUrl,
    /// The cursor is neither text nor a number.
    #[error("the cursor at `{at}` is {found}, not text or a number")]
    CursorIsNoText {
        /// Where it is.
        at: Pointer,
        /// What is there instead.
        found: &'static str,
    },
    /// The value that says whether there are more pages is not a boolean.
    #[error("the value at `{at}` is {found}, not `true` or `false`")]
    MoreIsNoBoolean {
        /// Where it is.
        at: Pointer,
        /// What is there instead.
        found: &'static str,
    },
    /// There are more pages, but no cursor for the next one.
    #[error("the page says that there are more pages, but has no cursor at `{at}`")]
    MoreWithoutCursor {
        /// Where the cursor should be.
        at: Pointer,
    },
    /// The body of the request does not have the shape that the place needs.
    #[error("the body of the request has no place for `{place}`")]
    NoPlace {
        /// The place.
        place: Pointer,
    },
    /// The cursor was made by another style.
    #[error("the cursor was made by another style of pagination")]
    ForeignCursor,
}
