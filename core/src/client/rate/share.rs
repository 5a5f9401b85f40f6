//! The share of one worker in the limits that several workers have together.

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};

use super::{
    configured::{ConfiguredLimit, ConfiguredRate},
    reported::{Renewal, Reported},
};

/// The share of one worker in the limits that several workers have together, without knowing of each other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Share {
    /// How many workers there are.
    pub workers: NonZeroU32,
    /// The number of this one, from 0, if it is known. Then the shares of a configured limit add up to all of it.
    pub index: Option<u32>,
}

impl Default for Share {
    /// All of it, for the only worker.
    fn default() -> Self {
        Self { workers: NonZeroU32::MIN, index: None }
    }
}

impl Share {
    /// The share in a configured limit. Workers that are more than the limit allows requests in a period have longer
    /// periods. Each may have a request in flight.
    pub fn of(self, limit: ConfiguredLimit) -> ConfiguredLimit {
        let workers = usize::try_from(self.workers.get()).unwrap_or(usize::MAX);
        ConfiguredLimit {
            rate: limit.rate.map(|rate| self.of_rate(rate)),
            concurrent: limit
                .concurrent
                .map(|most| NonZeroUsize::new(most.get() / workers).unwrap_or(NonZeroUsize::MIN)),
        }
    }

    fn of_rate(self, rate: ConfiguredRate) -> ConfiguredRate {
        let (requests, workers) = (rate.requests.get(), self.workers.get());
        let rest = self.index.is_some_and(|index| index < requests % workers);
        match NonZeroU32::new(requests / workers) {
            Some(part) => ConfiguredRate { requests: part.saturating_add(rest.into()), ..rate },
            None => ConfiguredRate {
                requests: NonZeroU32::MIN,
                per: rate.per.saturating_mul(workers.div_ceil(requests)),
            },
        }
    }

    /// The share in what a response reports. If a worker has ended, more is left, and so the others have more. As long as
    /// there is one request left for each worker, all of them can send one at once.
    pub(super) fn of_reported(self, reported: Reported) -> Reported {
        let workers = u64::from(self.workers.get());
        let renewal = match reported.renewal {
            Renewal::Restored { per_second, most } => {
                let per_second = NonZeroU64::new(per_second.get() / workers).unwrap_or(NonZeroU64::MIN);
                Renewal::Restored { per_second, most: most / workers }
            }
            other => other,
        };
        Reported { left: reported.left / workers, renewal, ..reported }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn share(workers: u32, index: Option<u32>) -> Share {
        Share { workers: NonZeroU32::new(workers).unwrap(), index }
    }

    fn of_rate(requests: u32, share: Share) -> (u32, u64) {
        let rate =
            ConfiguredRate { requests: NonZeroU32::new(requests).unwrap(), per: Duration::from_secs(60) };
        let limit = share.of(ConfiguredLimit { rate: Some(rate), concurrent: NonZeroUsize::new(10) });
        let rate = limit.rate.unwrap();
        (rate.requests.get(), rate.per.as_secs())
    }

    #[test]
    fn shares_of_a_configured_limit_add_up_to_it() {
        assert_eq!(of_rate(300, Share::default()), (300, 60));
        assert_eq!(of_rate(300, share(64, None)), (4, 60));
        let all: u32 = (0..64).map(|index| of_rate(300, share(64, Some(index))).0).sum();
        assert_eq!(all, 300);
        assert_eq!(of_rate(10, share(64, Some(3))), (1, 7 * 60), "less than one in a period");
        let concurrent = |workers| {
            share(workers, None).of(ConfiguredLimit { rate: None, concurrent: NonZeroUsize::new(10) })
        };
        assert_eq!([2, 64].map(|workers| concurrent(workers).concurrent.unwrap().get()), [5, 1]);
    }

    #[test]
    fn shares_of_a_reported_limit_are_rounded_down() {
        let reported = |left| Reported::requests(left, Duration::from_secs(1));
        let left = |workers, left| share(workers, None).of_reported(reported(left)).left;
        assert_eq!([left(1, 9), left(4, 9), left(4, 4), left(4, 3)], [9, 2, 1, 0]);
    }
}
