//! Reproducible pseudo-random numbers.

use std::ops::RangeInclusive;

/// A deterministic generator (splitmix64): the same seed and purpose give the same numbers on every machine.
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The numbers for the `index`th item of a kind, independent of its neighbours.
    pub(crate) fn new(seed: u64, kind: &str, index: usize) -> Self {
        let name = kind.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut random = Self(seed ^ name);
        random.0 = random.next().wrapping_add(index as u64);
        random.0 = random.next();
        random
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, or 0 if `end` is 0.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    pub(crate) fn between(&mut self, range: RangeInclusive<i64>) -> i64 {
        let width = range.start().abs_diff(*range.end());
        range.start().saturating_add_unsigned(self.below(width.saturating_add(1)))
    }

    /// An index into a list of length `len`.
    #[expect(clippy::cast_possible_truncation, reason = "the index is below `len`")]
    pub(crate) fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// One of `choices`, which must not be empty.
    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.index(choices.len())]
    }

    /// True with probability `rate`: never at 0.0, always at 1.0.
    #[expect(clippy::cast_precision_loss, reason = "the 53 bits that are left fit a float exactly")]
    pub(crate) fn chance(&mut self, rate: f64) -> bool {
        ((self.next() >> 11) as f64) < rate * (1_u64 << 53) as f64
    }

    /// A UUID of version 4 (RFC 9562 §5.4), in lower case.
    pub(crate) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            (low >> 48) & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn numbers_repeat_for_the_same_purpose_and_differ_for_another() {
        let first = |seed, kind, index| Random::new(seed, kind, index).next();
        assert_eq!(first(7, "user", 3), first(7, "user", 3));
        assert_ne!(first(7, "user", 3), first(7, "user", 4));
        assert_ne!(first(7, "user", 3), first(7, "queue", 3));
        assert_ne!(first(7, "user", 3), first(8, "user", 3));
    }

    #[test]
    fn numbers_stay_in_their_range_and_reach_its_ends() {
        let mut random = Random::new(1, "test", 0);
        let drawn: Vec<_> = (0..1000).map(|_| random.between(-2..=2)).collect();
        assert_eq!((drawn.iter().min(), drawn.iter().max()), (Some(&-2), Some(&2)));
        assert!((0..1000).all(|_| random.chance(1.0) && !random.chance(0.0)));
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn a_uuid_is_of_version_4() {
        let id = Random::new(1, "test", 0).uuid();
        assert_eq!(id.len(), 36);
        assert_eq!(&id[14..15], "4");
        assert!(["8", "9", "a", "b"].contains(&&id[19..20]), "{id}");
        assert!(id.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit() || byte.is_ascii_lowercase()));
    }
}
