//! What a page has where the records should be.

use crate::json::pointer::Pointer;

/// What a page has where the records should be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Records {
    /// An array of records, which may be empty.
    Found,
    /// The page itself, an object, which is one record.
    Whole,
    /// The response has no content, by its status.
    NoContent,
    /// Nothing, or `null`.
    Absent {
        /// Where the page has arrays that are not empty, in case the configured pointer is wrong.
        arrays: Vec<Pointer>,
    },
    /// Some, but a part of the page does not have what the pointer with `*` names: it is missing or `null`.
    Gap {
        /// What is missing.
        at: Pointer,
    },
    /// A value on the way of a pointer with `*` has no elements or members.
    Scalar {
        /// Where it is.
        at: Pointer,
        /// What it is.
        found: &'static str,
    },
    /// A value that is not an array.
    Misplaced {
        /// What it is.
        found: &'static str,
    },
}
