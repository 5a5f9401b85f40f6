//! A listing that cannot go on.

use crate::{
    client::RequestError, http::origins::ForeignOrigin, json::pointer::Pointer,
    listing::paginate::PaginationError,
};

/// A listing that cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// The request was given up.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The page does not fit the style of pagination.
    #[error(transparent)]
    Pagination(#[from] PaginationError),
    /// The next page is not at the API.
    #[error(transparent)]
    ForeignOrigin(#[from] ForeignOrigin),
    /// The next page is one that was fetched before.
    #[error("after {pages} pages the API points to a page that was already fetched")]
    Repeated {
        /// How many pages were fetched.
        pages: u64,
    },
    /// A page has the very records of an earlier one.
    #[error("page {page} has the same records as an earlier page")]
    SameRecords {
        /// Which page it is, from 1.
        page: u64,
    },
    /// The page is not waited for, because another part of the pull has failed.
    #[error("cancelled, because another part of the pull failed")]
    Abandoned,
    /// The page announces another, but has no records.
    #[error("page {page} has nothing at `{at}` but names a next page")]
    Absent {
        /// Where the records should be.
        at: Pointer,
        /// Which page it is, from 1.
        page: u64,
    },
    /// The first page has no records where they should be, but arrays elsewhere.
    #[error("the first page has nothing at `{at}`, but an array at {}", listed(arrays))]
    Elsewhere {
        /// Where the records should be.
        at: Pointer,
        /// Where there are arrays.
        arrays: Vec<Pointer>,
    },
    /// What stands in place of the records is no array.
    #[error("page {page} has {found} at `{at}`, not an array of records")]
    NoArray {
        /// Where the records should be.
        at: Pointer,
        /// What stands there.
        found: &'static str,
        /// Which page it is, from 1.
        page: u64,
    },
}

fn listed(pointers: &[Pointer]) -> String {
    pointers.iter().map(|pointer| format!("`{pointer}`")).collect::<Vec<_>>().join(", ")
}
