//! The time before which nothing is sent.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// A time on the run's clock before which an API wants to hear nothing. It only ever moves forward.
#[derive(Debug, Default)]
pub(super) struct Hold(Mutex<Duration>);

impl Hold {
    /// Nothing before `time`.
    pub(super) fn until(&self, time: Duration) {
        let mut until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *until = time.max(*until);
    }

    /// How long it still is at `now`.
    pub(super) fn left(&self, now: Duration) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).saturating_sub(now)
    }
}
