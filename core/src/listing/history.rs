//! What the pages of a stream have had so far, shared by all its listings.

use std::sync::{Arc, Mutex, PoisonError};

use crate::listing::end::Had;

/// What the pages of a stream have had so far, shared by all its listings. A value that earlier pages had, and this one
/// lacks, means something.
#[derive(Clone, Debug, Default)]
pub(crate) struct History(Arc<Mutex<Had>>);

impl History {
    pub(crate) fn new(had: Had) -> Self {
        Self(Arc::new(Mutex::new(had)))
    }

    pub(crate) fn get(&self) -> Had {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, had: Had) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).add(had);
    }
}
