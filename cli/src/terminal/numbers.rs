//! Numbers and durations for people.

use std::time::Duration;

/// `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

/// `1 page`, `1,234 pages`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

/// `950 B`, `1.2 kB`, `46.3 MB`, `10.0 GB`.
pub(crate) fn size(bytes: u64) -> String {
    let units = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    // In tenths of a unit, rounded down.
    let (mut tenths, mut unit) = (bytes / 100, 0);
    while tenths >= 10_000 && unit + 1 < units.len() {
        (tenths, unit) = (tenths / 1000, unit + 1);
    }
    format!("{}.{} {}", grouped(tenths / 10), tenths % 10, units[unit])
}

/// `40 ms`, `0.5 s`, `12 s`, `3 min 20 s`, `2 h 5 min`.
pub(crate) fn duration(time: Duration) -> String {
    match time.as_secs() {
        0 if time.is_zero() => "0 s".to_owned(),
        0 if time.as_millis() < 100 => format!("{} ms", time.as_millis()),
        0..10 if time.subsec_millis() > 0 => format!("{:.1} s", time.as_secs_f64()),
        short @ 0..60 => format!("{short} s"),
        medium @ 60..3600 => format!("{} min {} s", medium / 60, medium % 60),
        long => format!("{} h {} min", long / 3600, long % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_durations_are_readable() {
        assert_eq!([0, 1, 2].map(|number| counted(number, "page")), ["0 pages", "1 page", "2 pages"]);
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        let sizes = [0, 999, 1_234, 46_349_999, 999_999_999, 10_000_000_000, 12_345_678_900_000_000];
        assert_eq!(
            sizes.map(size),
            ["0 B", "999 B", "1.2 kB", "46.3 MB", "999.9 MB", "10.0 GB", "12,345.6 TB"]
        );
        let shown = [0, 40, 500, 9_940, 12_300, 200_000, 7_500_000]
            .map(|millis| duration(Duration::from_millis(millis)));
        assert_eq!(shown, ["0 s", "40 ms", "0.5 s", "9.9 s", "12 s", "3 min 20 s", "2 h 5 min"]);
    }
}
