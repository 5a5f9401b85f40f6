//! When the next commit is due.

use std::time::Duration;

/// The last commit. It decides when the next one is due.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LastCommit {
    /// When it ended, on the run's clock.
    ended: Duration,
    /// How long it took.
    took: Duration,
}

/// The pause after a commit, in multiples of the time it took. So commits take at most 3 % of the time.
const PAUSE: u32 = 33;

/// The longest pause that a slow commit causes. After a crash, this much has to be pulled again.
const LONGEST: Duration = Duration::from_secs(30);

impl LastCommit {
    /// The start of a pull at `now`: there was no commit yet, but nothing has to be committed either.
    pub(super) fn none(now: Duration) -> Self {
        Self { ended: now, took: Duration::ZERO }
    }

    /// A commit between these times.
    pub(super) fn new(started: Duration, ended: Duration) -> Self {
        Self { ended, took: ended.saturating_sub(started) }
    }

    /// How long it took.
    pub(super) fn took(self) -> Duration {
        self.took
    }

    /// Whether the next one is due at `now`, if there are at least `every` between two. Zero means after each page,
    /// however long a commit takes.
    pub(super) fn is_long_ago(self, now: Duration, every: Duration) -> bool {
        let pause = if every.is_zero() { every } else { every.max((self.took * PAUSE).min(LONGEST)) };
        now.saturating_sub(self.ended) >= pause
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, LastCommit};

    /// The pause after a commit that took `took`, in milliseconds.
    fn pause(every: u64, took: u64) -> u64 {
        let last = LastCommit::new(Duration::from_secs(7), Duration::from_millis(7000 + took));
        let is_due = |pause: &u64| {
            last.is_long_ago(Duration::from_millis(7000 + took + pause), Duration::from_millis(every))
        };
        (0..100_000).find(is_due).unwrap()
    }

    #[test]
    fn commits_take_at_most_three_percent_of_the_time() {
        for (took, expected) in [(0, 1000), (30, 1000), (31, 1023), (250, 8250), (900, 29_700)] {
            assert_eq!(pause(1000, took), expected);
            assert!(took * 100 <= 3 * (took + expected));
        }
    }

    #[test]
    fn a_slow_commit_delays_the_next_one_by_at_most_half_a_minute() {
        assert_eq!([pause(1000, 1000), pause(1000, 60_000), pause(40_000, 60_000)], [30_000, 30_000, 40_000]);
    }

    #[test]
    fn without_an_interval_every_page_is_committed() {
        assert_eq!(pause(0, 60_000), 0);
    }

    #[test]
    fn the_first_commit_is_due_after_the_interval() {
        let is_due = |now| LastCommit::none(Duration::from_secs(7)).is_long_ago(now, Duration::from_secs(1));
        assert_eq!([Duration::from_millis(7999), Duration::from_secs(8)].map(is_due), [false, true]);
    }
}
