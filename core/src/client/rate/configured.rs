//! The rate limit that the user configured.

use std::{collections::VecDeque, num::NonZeroU32, time::Duration};

/// At most this many requests in any period of this length.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ConfiguredLimit {
    /// The number of requests.
    pub requests: NonZeroU32,
    /// The length of the period.
    pub per: Duration,
}

/// When the latest requests were sent, on the run's clock.
#[derive(Clone, Debug, Default)]
pub(super) struct Log(VecDeque<Duration>);

impl Log {
    /// How long the next request must wait, or `None` if it need not.
    pub(super) fn wait(&self, configured: ConfiguredLimit, now: Duration) -> Option<Duration> {
        let requests = usize::try_from(configured.requests.get()).unwrap_or(usize::MAX);
        let first = self.0.front().filter(|_| self.0.len() >= requests)?;
        let wait = (*first + configured.per).saturating_sub(now);
        (!wait.is_zero()).then_some(wait)
    }

    /// Records that a request is sent.
    pub(super) fn note(&mut self, configured: ConfiguredLimit, now: Duration) {
        let requests = usize::try_from(configured.requests.get()).unwrap_or(usize::MAX);
        while self.0.len() >= requests {
            self.0.pop_front();
        }
        self.0.push_back(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_period_has_more_requests_than_allowed() {
        let configured =
            ConfiguredLimit { requests: NonZeroU32::new(2).unwrap(), per: Duration::from_secs(10) };
        let mut log = Log::default();
        let mut sent = Vec::new();
        for second in 0..25 {
            let now = Duration::from_secs(second);
            if log.wait(configured, now).is_none() {
                log.note(configured, now);
                sent.push(second);
            }
        }
        assert_eq!(sent, [0, 1, 10, 11, 20, 21]);
    }
}
