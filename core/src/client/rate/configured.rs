//! The limits that the user configured.

use std::{
    collections::VecDeque,
    num::{NonZeroU32, NonZeroUsize},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::turn::Turn;

/// At most this many requests in any period of this length.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ConfiguredRate {
    /// The number of requests.
    pub requests: NonZeroU32,
    /// The length of the period.
    pub per: Duration,
}

/// What the user allows, for all requests or for those of one stream.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ConfiguredLimit {
    /// How many requests may be sent in a period.
    pub rate: Option<ConfiguredRate>,
    /// How many requests may be in flight at once: sent, and not answered to the last byte.
    pub concurrent: Option<NonZeroUsize>,
}

/// A limit that the user configured, and the requests that it counts. Shared by all threads.
#[derive(Debug, Default)]
pub(super) struct Limiter {
    limit: ConfiguredLimit,
    usage: Mutex<Usage>,
}

/// The requests that a limit counts.
#[derive(Debug, Default)]
pub(super) struct Usage {
    /// When the latest requests were sent, on the run's clock. No more than the limit allows.
    sent: VecDeque<Duration>,
    in_flight: usize,
}

impl Limiter {
    pub(super) fn new(limit: ConfiguredLimit) -> Self {
        Self { limit, usage: Mutex::default() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Usage> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the next request may be sent at `now`.
    pub(super) fn turn(&self, usage: &Usage, now: Duration) -> Turn {
        if self.limit.concurrent.is_some_and(|most| usage.in_flight >= most.get()) {
            return Turn::AfterAnother;
        }
        let Some(ConfiguredRate { requests, per }) = self.limit.rate else { return Turn::Now };
        let is_used_up = usage.sent.len() >= most_of(requests);
        let first = usage.sent.front().filter(|_| is_used_up);
        let wait = first.map_or(Duration::ZERO, |first| (*first + per).saturating_sub(now));
        if wait.is_zero() { Turn::Now } else { Turn::Later(wait) }
    }

    /// Records that a request is sent.
    pub(super) fn enter(&self, usage: &mut Usage, now: Duration) {
        usage.in_flight += 1;
        let Some(ConfiguredRate { requests, .. }) = self.limit.rate else { return };
        while usage.sent.len() >= most_of(requests) {
            usage.sent.pop_front();
        }
        usage.sent.push_back(now);
    }

    /// Records that a request is done.
    pub(super) fn leave(&self) {
        let mut usage = self.lock();
        usage.in_flight = usage.in_flight.saturating_sub(1);
    }
}

fn most_of(requests: NonZeroU32) -> usize {
    usize::try_from(requests.get()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn no_period_has_more_requests_than_allowed() {
        let rate = ConfiguredRate { requests: NonZeroU32::new(2).unwrap(), per: at(10) };
        let limiter = Limiter::new(ConfiguredLimit { rate: Some(rate), concurrent: None });
        let mut usage = limiter.lock();
        let mut sent = Vec::new();
        for second in 0..25 {
            if limiter.turn(&usage, at(second)) == Turn::Now {
                limiter.enter(&mut usage, at(second));
                sent.push(second);
            }
        }
        assert_eq!(sent, [0, 1, 10, 11, 20, 21]);
        assert_eq!(limiter.turn(&usage, at(25)), Turn::Later(at(5)));
    }

    #[test]
    fn no_more_requests_are_in_flight_than_allowed() {
        let limiter = Limiter::new(ConfiguredLimit { rate: None, concurrent: NonZeroUsize::new(2) });
        let turn = || limiter.turn(&limiter.lock(), at(0));
        for _ in 0..2 {
            assert_eq!(turn(), Turn::Now);
            limiter.enter(&mut limiter.lock(), at(0));
        }
        assert_eq!(turn(), Turn::AfterAnother);
        limiter.leave();
        assert_eq!(turn(), Turn::Now);
    }
}
