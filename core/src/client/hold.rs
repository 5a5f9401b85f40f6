//! The earliest time of the next request.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// The time before which nothing is sent, because a response had a `Retry-After`. On the run's clock; it never moves
/// back.
#[derive(Debug, Default)]
pub(super) struct Hold(Mutex<Duration>);

impl Hold {
    /// Holds requests back until `time`.
    pub(super) fn until(&self, time: Duration) {
        let mut until = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *until = time.max(*until);
    }

    /// How long requests are still held back at `now`.
    pub(super) fn left(&self, now: Duration) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).saturating_sub(now)
    }
}
