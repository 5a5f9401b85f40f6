//! What seems to be missing from a page.

use std::collections::HashSet;

use crate::listing::paginate::Cursor;

/// What seems to be missing from a page, because the server leaves out records that may not be seen.
#[derive(Debug)]
pub(super) struct Gap {
    /// Where the missing records would be.
    pub(super) at: Cursor,
    /// The number of the page, from 1.
    pub(super) page: u64,
    /// How many records it has.
    pub(super) received: u64,
    /// The fingerprints of these records, and of those on the next page.
    pub(super) records: HashSet<u128>,
}
