//! Decides whether and when to send a request again. It uses neither clock nor network.

mod after;
mod attempts;
mod backoff;

use std::time::Duration;

pub(crate) use self::backoff::Jitter;
pub use self::{
    after::after,
    attempts::{Attempts, Outcome, Step, StopReason},
};
use crate::http::request::Replay;

/// How often a request is sent again, and after which delay.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RetryPolicy {
    /// How often a request is sent at most, including the first time.
    pub max_attempts: u32,
    /// The upper bound of the first delay. It doubles with each attempt.
    pub base_delay: Duration,
    /// The upper bound of every delay that the server did not ask for.
    pub max_delay: Duration,
    /// The longest wait that a server may ask for. A longer one ends the request. Waits for a rate limit or for a result
    /// that is not ready use up no attempts, as long as they are not longer together.
    pub max_wait: Duration,
    /// Whether a request is sent again if there was no connection to the server.
    pub reconnect: bool,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 6,
            base_delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(60),
            max_wait: Duration::from_secs(180),
            reconnect: true,
        }
    }
}

impl RetryPolicy {
    /// Starts counting the attempts at one request.
    pub fn begin(&self, replay: Replay) -> Attempts<'_> {
        Attempts::new(self, replay)
    }
}
