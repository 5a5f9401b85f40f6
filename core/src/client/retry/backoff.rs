//! The delay before the next attempt, if the server does not ask for one.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::RetryPolicy;

impl RetryPolicy {
    /// The delay after `attempts` failures: exponential backoff with full jitter. `unit`, in `[0, 1)`, picks the point
    /// between zero and the bound, so that clients that failed at the same time do not all return at the same time.
    pub(super) fn delay(&self, attempts: u32, unit: f64) -> Duration {
        let doubled = self.base_delay.saturating_mul(2u32.saturating_pow(attempts.saturating_sub(1)));
        doubled.min(self.max_delay).mul_f64(unit)
    }
}

/// A sequence of pseudo-random numbers in `[0, 1)` (splitmix64).
#[derive(Debug)]
pub(crate) struct Jitter(AtomicU64);

impl Jitter {
    /// A sequence with a random seed.
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(RandomState::new().build_hasher().finish()))
    }

    /// The next number.
    pub(crate) fn unit(&self) -> f64 {
        let mut z = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        f64::from(u32::try_from((z ^ (z >> 31)) >> 32).unwrap_or_default()) / (f64::from(u32::MAX) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_bound() {
        let policy = RetryPolicy::default();
        let bounds: Vec<_> = (1..9).map(|attempts| policy.delay(attempts, 1.0).as_secs()).collect();
        assert_eq!(bounds, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(policy.delay(u32::MAX, 0.5), Duration::from_secs(30));
        assert_eq!(policy.delay(3, 0.0), Duration::ZERO);
    }

    #[test]
    fn units_fill_their_range() {
        let jitter = Jitter::new();
        let units: Vec<_> = (0..1000).map(|_| jitter.unit()).collect();
        assert!(units.iter().all(|unit| (0.0..1.0).contains(unit)));
        assert!(units.iter().any(|unit| *unit < 0.1) && units.iter().any(|unit| *unit > 0.9));
    }
}
