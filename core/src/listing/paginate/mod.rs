//! The styles of pagination. They do no I/O: the next request depends only on the cursor.

mod cursor;
mod next_url;
mod offset;
mod page_number;
mod parameter;
mod single;
mod token;

use std::fmt::Debug;

use serde_json::Value;

pub use self::{
    cursor::Cursor,
    next_url::{Base, Follow, LinkOrigin, NextUrl},
    offset::{Offset, OffsetStep},
    page_number::PageNumber,
    parameter::Parameter,
    single::Single,
    token::{Renewal, Token},
};
use crate::{
    http::{
        place::{Place, PlaceError, Places},
        request::Request,
    },
    json::pointer::Pointer,
    listing::{end::Proof, page::Page},
};

/// A style of pagination.
///
/// # Contract
/// The engine calls `prepare` on a copy of the listing's first request, with the cursor of the page to fetch, or `None`
/// for the first page. Then it calls `advance` with the same cursor and the page that arrived. A paginator has no state
/// between calls, so a checkpoint only needs the cursor.
pub trait Paginator: Debug + Send + Sync {
    /// The places in a page that the other methods read. Nothing else can be found in a page.
    fn reads(&self) -> Vec<&Places>;

    /// Turns the listing's first request into the one for the page at `at`.
    ///
    /// # Errors
    /// The cursor is of another style, or the body of the request has no place for the values.
    fn prepare(&self, request: &mut Request, at: Option<&Cursor>) -> Result<(), PaginationError>;

    /// Where the listing continues after `page`.
    ///
    /// # Errors
    /// The page does not match the style.
    fn advance(&self, at: Option<&Cursor>, page: &Page) -> Result<Step, PaginationError>;

    /// How many pages the listing has, as `page` reports it.
    ///
    /// # Errors
    /// The place of the count is ambiguous or malformed.
    fn page_count(&self, page: &Page) -> Result<Option<u64>, PaginationError>;

    /// Guesses the cursor after the page at `at`, which has not arrived yet, so that it can be prefetched. A wrong guess
    /// costs a request, because [`advance`](Self::advance) decides.
    fn ahead(&self, at: &Cursor, latest: &Latest<'_>) -> Option<Cursor>;

    /// Where the records would be that `page` lacks, if the style takes them for left out by the server.
    fn gap(&self, at: Option<&Cursor>, page: &Page) -> Option<Cursor>;

    /// The places in the last record from which the listing continues, if it does so.
    fn continues_from(&self) -> Option<&Places>;

    /// What proves that the listing makes progress.
    fn loop_check(&self) -> LoopCheck;

    /// Whether the server keeps the place of the listing, so that no page can be requested again.
    fn is_kept_by_server(&self) -> bool {
        false
    }
}

/// Where a listing continues after a page, as far as its style can tell.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// At the page with this cursor.
    Page(Cursor),
    /// Nowhere: the page proves that it is the last.
    End(Proof),
    /// The page has no records. For a style that counts, that is the end, unless something else says that there are more
    /// records. Then the listing continues at the cursor, if there is one.
    Empty(Option<Cursor>),
    /// The page has nothing at these places, where the next page should be.
    Missing(Places),
    /// The style has only one page.
    Only,
}

/// The latest page of a listing, for guesses about those after it.
#[derive(Clone, Copy, Debug)]
pub struct Latest<'a> {
    /// The page.
    pub page: &'a Page,
    /// How many pages have arrived.
    pub pages: u64,
    /// The total number of records that the API reported last.
    pub total: Option<u64>,
}

/// What proves that a listing makes progress, instead of fetching the same pages forever.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LoopCheck {
    /// No two pages have the same records. For styles that count: a server that ignores the page number returns the same
    /// page forever, although the requests differ.
    Records,
    /// No request is sent for two pages.
    Requests,
    /// No request is sent for two pages, and no page has the same records as the one before it: a server that ignores the
    /// cursor returns the same page forever, although the cursors differ.
    Cursors,
}

/// Whether to prefetch the page after the first `before` ones of a listing of unknown length, once `pages` have arrived.
/// It is assumed to have as many again, so fewer requests are wasted than are needed.
fn is_likely(before: u64, pages: u64) -> bool {
    before < pages.saturating_mul(2)
}

/// The whole number at `places` and its place, if there is one. Some servers send it as text.
pub(super) fn count<'p>(
    page: &Page,
    places: Option<&'p Places>,
) -> Result<Option<(u64, &'p Place)>, PlaceError> {
    let Some((value, place)) = places.map(|places| page.find(places)).transpose()?.flatten() else {
        return Ok(None);
    };
    let count = match value.value() {
        Value::String(text) => text.trim().parse().ok(),
        value => value.as_u64(),
    };
    Ok(count.map(|count| (count, place)))
}

/// Whether a next link or cursor is present, but empty. For numbered pages, that is also 0 or -1.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => matches!(number.as_i64(), Some(0 | -1)),
        _ => false,
    }
}

/// A page, a cursor or a request that does not match the style of pagination.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PaginationError {
    /// A place in the page is ambiguous or malformed.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The link to the next page is not text.
    #[error("the link to the next page at `{at}` is {found}, not text")]
    LinkIsNoText {
        /// Where it is.
        at: String,
        /// What is there instead.
        found: &'static str,
    },
    /// The link to the next page is not a URL.
    #[error("the link to the next page at `{at}` is not a URL")]
    LinkIsNoUrl {
        /// Where it is.
        at: String,
    },
    /// The cursor is a boolean, or has no content.
    #[error("the cursor at `{at}` cannot be {found}")]
    NoCursor {
        /// Where it is.
        at: String,
        /// What is there instead.
        found: &'static str,
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
    /// The files of a job are others than when the run stopped, so that its place among them is lost.
    #[error("the job no longer has the files that it had when the run stopped, in the same order")]
    FilesChanged,
}
