//! A stop signal that is shared by threads.

use std::sync::atomic::{AtomicBool, Ordering};

/// Set once a run no longer needs its jobs and pages.
#[derive(Debug, Default)]
pub(crate) struct CancelSignal(AtomicBool);

impl CancelSignal {
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
