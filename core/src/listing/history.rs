//! What the pages of a stream have had so far, shared by all its listings.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::listing::end::Had;

/// What the pages of a stream have had so far, shared by all its listings. A value that earlier pages had, and this one
/// lacks, means something.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    pull: Arc<Mutex<Had>>,
    earlier: Arc<Had>,
}

impl History {
    /// What the pages of this pull had so far, and those of earlier pulls.
    pub(crate) fn new(pull: Had, earlier: Had) -> Self {
        Self { pull: Arc::new(Mutex::new(pull)), earlier: Arc::new(earlier) }
    }

    /// What the pages of this pull had.
    pub(crate) fn of_pull(&self) -> Had {
        self.lock().clone()
    }

    /// What the pages of earlier pulls had.
    pub(crate) fn earlier(&self) -> &Had {
        &self.earlier
    }

    /// Whether a page of this or an earlier pull said whether there are more.
    pub(crate) fn has_more(&self) -> bool {
        self.earlier.more || self.lock().more
    }

    /// Whether a page of this or an earlier pull had records where they should be.
    pub(crate) fn has_records(&self) -> bool {
        self.earlier.records || self.lock().records
    }

    /// Whether a page of this or an earlier pull had its records in an array.
    pub(crate) fn has_array(&self) -> bool {
        self.earlier.array || self.lock().array
    }

    /// Whether a page of this or an earlier pull had a next page.
    pub(crate) fn has_next(&self) -> bool {
        self.earlier.next || self.lock().next
    }

    /// Adds what a page of this pull has.
    pub(crate) fn add(&self, had: Had) {
        self.lock().add(had);
    }

    fn lock(&self) -> MutexGuard<'_, Had> {
        self.pull.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
