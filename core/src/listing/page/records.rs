//! What a page has where the records should be.

use crate::json::pointer::Pointer;

/// What a page has where the records should be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Records {
    /// An array of records, which may be empty; or the page itself, which is one record.
    Found,
    /// The response has no content, by its status.
    NoContent,
    /// Nothing, or `null`.
    Absent {
        /// Where the page has arrays that are not empty, in case the configured pointer is wrong.
        arrays: Vec<Pointer>,
    },
    /// A value that is not an array.
    Misplaced {
        /// What it is.
        found: &'static str,
    },
}
