//! How long the parts of an upload are.

/// The length of the first parts. A store requires at least 5 MiB of all but the last.
const FIRST: u64 = 8 << 20;

/// How many parts have the same length. The lengths grow, because an object has at most 10,000 parts and may have 5 TiB.
const ALIKE: u64 = 75;

/// The length of the part with this number, from 1: 8 MiB, and 8 MiB more after every 75 parts.
pub(crate) fn part_length(number: u32) -> u64 {
    FIRST * (1 + u64::from(number.saturating_sub(1)) / ALIKE)
}

#[cfg(test)]
mod tests {
    use super::part_length;

    #[test]
    fn ten_thousand_parts_hold_the_largest_object() {
        assert_eq!([1, 75, 76, 151].map(part_length), [8 << 20, 8 << 20, 16 << 20, 24 << 20]);
        let largest: u64 = (1..=10_000).map(part_length).sum();
        assert!(largest >= 5 << 40, "{largest}");
        assert!(part_length(10_000) <= 5 << 30, "a part has at most 5 GiB");
    }
}
