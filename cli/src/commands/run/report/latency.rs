//! How long responses took.

use std::time::Duration;

/// How many responses took how long, in classes.
#[derive(Clone, Debug, Default)]
pub(super) struct Latency {
    counts: [u64; BOUNDS.len() + 1],
    /// The longest time.
    pub(super) longest: Duration,
}

/// The longest time of each class, in milliseconds. The last class has no bound.
const BOUNDS: [u64; 15] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000];

impl Latency {
    /// Adds a response.
    pub(super) fn add(&mut self, took: Duration) {
        let class = BOUNDS.partition_point(|bound| Duration::from_millis(*bound) < took);
        self.counts[class] += 1;
        self.longest = self.longest.max(took);
    }

    /// The number of responses in each class between the fastest and the slowest one, with the longest time of the class;
    /// `None` for the class without a bound.
    pub(super) fn classes(&self) -> Vec<(Option<Duration>, u64)> {
        let first = self.counts.iter().position(|count| *count > 0).unwrap_or(0);
        let end = self.counts.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
        (first..end.max(first)).map(|class| (bound(class), self.counts[class])).collect()
    }

    /// The time within which this share of the responses arrived, rounded up to the bound of its class.
    pub(super) fn within(&self, percent: u64) -> Duration {
        let all: u64 = self.counts.iter().sum();
        let mut seen = 0;
        let class = self.counts.iter().position(|count| {
            seen += count;
            seen * 100 >= all * percent
        });
        class.and_then(bound).map_or(self.longest, |bound| bound.min(self.longest))
    }
}

fn bound(class: usize) -> Option<Duration> {
    BOUNDS.get(class).map(|bound| Duration::from_millis(*bound))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn responses_are_counted_in_classes_and_by_share() {
        let mut latency = Latency::default();
        let millis = Duration::from_millis;
        for took in [3, 4, 5, 6, 7, 8, 9, 10, 30, 90_000] {
            latency.add(millis(took));
        }
        let classes = latency.classes();
        assert_eq!(
            classes[..4],
            [(Some(millis(5)), 3), (Some(millis(10)), 5), (Some(millis(20)), 0), (Some(millis(50)), 1)]
        );
        assert_eq!((classes.len(), classes.last()), (14, Some(&(None, 1))));
        assert_eq!([30, 50, 90, 99].map(|percent| latency.within(percent)), [5, 10, 50, 90_000].map(millis));
    }

    #[test]
    fn without_responses_there_are_no_classes() {
        assert_eq!(Latency::default().classes(), []);
        assert_eq!(Latency::default().within(99), Duration::ZERO);
    }
}
