//! What stands where the records should be.

use crate::json::pointer::Pointer;

/// What stands where the records should be.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Records {
    /// An array of them, empty perhaps; or the one record that the page is.
    Found,
    /// Nothing, or `null`. The places of arrays that do hold something are named, in case the pointer is wrong.
    Absent {
        /// Where there are arrays that are not empty.
        arrays: Vec<Pointer>,
    },
    /// Something that is no array.
    Misplaced {
        /// What it is.
        found: &'static str,
    },
}
