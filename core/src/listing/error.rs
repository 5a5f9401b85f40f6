//! Why a listing ended early.

use crate::{
    client::RequestError, http::origins::ForeignOrigin, json::pointer::Pointer,
    listing::paginate::PaginationError,
};

/// The error that ends a listing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// The request was given up.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The page does not match the style of pagination.
    #[error(transparent)]
    Pagination(#[from] PaginationError),
    /// The next page is not at the API, so credentials must not be sent there.
    #[error(transparent)]
    ForeignOrigin(#[from] ForeignOrigin),
    /// The next page was fetched before.
    #[error("after {pages} pages the API points to a page that was already fetched")]
    Repeated {
        /// The number of pages fetched so far.
        pages: u64,
    },
    /// A page has the same records as an earlier one.
    #[error("page {page} has the same records as an earlier page")]
    SameRecords {
        /// The number of the page, from 1.
        page: u64,
    },
    /// The pull was cancelled while this page was on its way.
    #[error("cancelled, because another part of the pull failed")]
    Cancelled,
    /// The page names a next page, but has no records.
    #[error("page {page} has nothing at `{at}` but names a next page")]
    Absent {
        /// Where the records should be.
        at: Pointer,
        /// The number of the page, from 1.
        page: u64,
    },
    /// The first page has nothing where the records should be, but has arrays elsewhere.
    #[error("the first page has nothing at `{at}`, but an array at {}", listed(arrays))]
    Elsewhere {
        /// Where the records should be.
        at: Pointer,
        /// Where there are arrays.
        arrays: Vec<Pointer>,
    },
    /// The value where the records should be is not an array.
    #[error("page {page} has {found} at `{at}`, not an array of records")]
    NoArray {
        /// Where the records should be.
        at: Pointer,
        /// What is there instead.
        found: &'static str,
        /// The number of the page, from 1.
        page: u64,
    },
}

fn listed(pointers: &[Pointer]) -> String {
    pointers.iter().map(|pointer| format!("`{pointer}`")).collect::<Vec<_>>().join(", ")
}
