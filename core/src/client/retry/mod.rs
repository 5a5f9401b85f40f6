//! When to send again: pure decisions, no clock and no network.

mod after;
mod attempts;
mod backoff;

use std::time::Duration;

pub(crate) use self::backoff::Jitter;
pub use self::{
    after::retry_after,
    attempts::{Attempts, Outcome, Step, StopReason},
};
use crate::http::request::Replay;

/// How often, how soon and on what a request is sent again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RetryPolicy {
    /// How many times a request is sent at most, the first included.
    pub max_attempts: u32,
    /// The upper bound of the first wait; it doubles with each attempt.
    pub base_delay: Duration,
    /// The upper bound of any wait that the server did not ask for.
    pub max_delay: Duration,
    /// The longest `Retry-After` that is waited for.
    pub max_wait: Duration,
    /// The statuses that may pass.
    pub statuses: Vec<u16>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 6,
            base_delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(60),
            max_wait: Duration::from_secs(180),
            statuses: vec![408, 429, 500, 502, 503, 504],
        }
    }
}

impl RetryPolicy {
    /// The attempts at one request.
    pub fn begin(&self, replay: Replay) -> Attempts<'_> {
        Attempts::new(self, replay)
    }
}
