//! A clock that tests move.

use std::{
    sync::Mutex,
    time::{Duration, SystemTime},
};

use longhaul_core::clock::{Clock, Wake};

/// A clock that starts at 2026-02-01 and only moves when someone sleeps.
#[derive(Debug, Default)]
pub(super) struct ManualClock(Mutex<Duration>);

impl ManualClock {
    pub(super) fn advance(&self, by: Duration) {
        *self.0.lock().unwrap() += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_769_904_000) + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn sleep(&self, wait: Duration) -> Wake {
        self.advance(wait);
        Wake::Elapsed
    }

    fn is_interrupted(&self) -> bool {
        false
    }
}
