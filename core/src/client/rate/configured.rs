//! A limit of the user's own.

use std::{collections::VecDeque, num::NonZeroU32, time::Duration};

/// So many requests in any span of this length.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Ceiling {
    /// How many.
    pub requests: NonZeroU32,
    /// In which time.
    pub per: Duration,
}

/// When the latest requests went.
#[derive(Clone, Debug, Default)]
pub(super) struct Log(VecDeque<Duration>);

impl Log {
    /// How long the next request has to wait; `None` where it need not.
    pub(super) fn wait(&self, ceiling: Ceiling, now: Duration) -> Option<Duration> {
        let requests = usize::try_from(ceiling.requests.get()).unwrap_or(usize::MAX);
        let first = self.0.front().filter(|_| self.0.len() >= requests)?;
        let wait = (*first + ceiling.per).saturating_sub(now);
        (!wait.is_zero()).then_some(wait)
    }

    /// A request goes.
    pub(super) fn note(&mut self, ceiling: Ceiling, now: Duration) {
        let requests = usize::try_from(ceiling.requests.get()).unwrap_or(usize::MAX);
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
    fn no_span_has_more_requests_than_are_allowed() {
        let ceiling = Ceiling { requests: NonZeroU32::new(2).unwrap(), per: Duration::from_secs(10) };
        let mut log = Log::default();
        let mut went = Vec::new();
        for second in 0..25 {
            let now = Duration::from_secs(second);
            if log.wait(ceiling, now).is_none() {
                log.note(ceiling, now);
                went.push(second);
            }
        }
        assert_eq!(went, [0, 1, 10, 11, 20, 21]);
    }
}
