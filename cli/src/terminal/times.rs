//! Times for people.

use jiff::Timestamp;
use longhaul_core::window::Window;

/// `2026-01-02 03:04:05 UTC`.
pub(crate) fn shown(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A range of time, which says that its end is exclusive.
pub(crate) fn range(Window { start, end }: Window) -> String {
    format!("{} to {} (exclusive)", shown(start), shown(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_says_that_its_end_is_exclusive() {
        let time = |text: &str| text.parse().unwrap();
        let of_day = Window { start: time("2026-01-01T00:00:00Z"), end: time("2026-01-02T00:00:00Z") };
        assert_eq!(range(of_day), "2026-01-01 00:00:00 UTC to 2026-01-02 00:00:00 UTC (exclusive)");
    }
}
