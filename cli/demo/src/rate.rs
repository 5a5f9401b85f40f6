//! The rate limit of a token.

use std::time::Duration;

const WINDOW: Duration = Duration::from_secs(60);

/// A token's current one-minute window.
#[derive(Clone, Debug, Default)]
pub(crate) struct Window {
    started: Option<Duration>,
    count: u32,
}

/// The values of the `inin-ratelimit-*` headers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Budget {
    pub(crate) count: u32,
    pub(crate) allowed: u32,
    /// Whole seconds until the count starts again.
    pub(crate) reset: u64,
}

impl Window {
    /// Counts a request. It is an error if the limit is reached.
    pub(crate) fn count(&mut self, allowed: u32, now: Duration) -> Result<Budget, Budget> {
        let started = match self.started {
            Some(started) if now < started + WINDOW => started,
            _ => {
                *self = Self { started: Some(now), count: 0 };
                now
            }
        };
        let reset = whole_seconds((started + WINDOW).saturating_sub(now));
        if self.count >= allowed {
            return Err(Budget { count: self.count, allowed, reset });
        }
        self.count += 1;
        Ok(Budget { count: self.count, allowed, reset })
    }
}

impl Budget {
    pub(crate) fn headers(self) -> [(&'static str, String); 3] {
        [
            ("inin-ratelimit-count", self.count.to_string()),
            ("inin-ratelimit-allowed", self.allowed.to_string()),
            ("inin-ratelimit-reset", self.reset.to_string()),
        ]
    }
}

/// `wait` in seconds, rounded up.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Budget, Window};

    #[test]
    fn the_count_starts_anew_once_the_minute_is_over() {
        let mut window = Window::default();
        let mut at = |millis| window.count(2, Duration::from_millis(millis));
        assert_eq!(at(500), Ok(Budget { count: 1, allowed: 2, reset: 60 }));
        assert_eq!(at(1000), Ok(Budget { count: 2, allowed: 2, reset: 60 }));
        assert_eq!(at(30_000), Err(Budget { count: 2, allowed: 2, reset: 31 }));
        assert_eq!(at(60_499), Err(Budget { count: 2, allowed: 2, reset: 1 }));
        assert_eq!(at(60_500), Ok(Budget { count: 1, allowed: 2, reset: 60 }));
    }
}
