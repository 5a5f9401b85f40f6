//! Windows: slices of time, each a partition of a pull.

mod tile;

use jiff::{SignedDuration, Span, Timestamp, tz::TimeZone};

pub use self::tile::{Tiles, TilingError, tile};
use crate::{sink::Variables, window::Window};

/// How a range of time is divided into windows.
#[derive(Clone, Debug)]
pub struct Windows {
    /// The length of a window. `None` means one window for the whole range. Days start at midnight in `timezone`.
    pub slice: Option<Span>,
    /// The shortest length that a window is halved to, if the API cannot page through it.
    pub min_slice: SignedDuration,
    /// The time zone of days and dates.
    pub timezone: TimeZone,
    /// The format of times in requests (`strftime`). Times are in UTC if it ends in `Z`, and otherwise in `timezone`.
    pub format: String,
}

impl Windows {
    /// `variables` with the times of `window` in the format of requests.
    pub fn in_requests(&self, variables: &Variables, window: &Window) -> Variables {
        let zone = if self.is_utc() { TimeZone::UTC } else { self.timezone.clone() };
        let written = |time: Timestamp| time.to_zoned(zone.clone()).strftime(&self.format).to_string();
        let last = window.end.checked_sub(self.unit()).unwrap_or(window.end);
        with_times(variables, written(window.start), written(window.end)).with("window.last", written(last))
    }

    /// Whether the start of `window` is before its end in the format of requests. It is not if the format shows less than the
    /// window is long, or if the window is in an hour that the clocks of the time zone repeat.
    pub fn tell_apart(&self, window: &Window) -> bool {
        let times = self.in_requests(&Variables::default(), window);
        let [start, end] =
            [window.start, window.end].map(|time| time.to_zoned(self.timezone.clone()).datetime());
        let is_turned_back = start >= end && !self.is_utc() && !self.shows_offset();
        times.get("window.start") != times.get("window.end") && !is_turned_back
    }

    /// Whether the format shows how far the time is from UTC.
    fn shows_offset(&self) -> bool {
        let noon = jiff::civil::date(2026, 1, 1).at(12, 0, 0, 0);
        let in_offset = |hours| {
            let zoned = noon.to_zoned(TimeZone::fixed(jiff::tz::offset(hours)));
            zoned.map(|zoned| zoned.strftime(&self.format).to_string()).unwrap_or_default()
        };
        in_offset(1) != in_offset(2)
    }

    /// The smallest difference between two times in the format of requests.
    fn unit(&self) -> SignedDuration {
        let mut unit = SignedDuration::from_hours(24);
        let mut letters = self.format.chars();
        while let Some(letter) = letters.next() {
            if letter != '%' {
                continue;
            }
            let mut digits = String::new();
            let directive = letters.by_ref().find(|letter| {
                let is_flag = letter.is_ascii_digit() || "-_^#.:".contains(*letter);
                digits.extend(letter.is_ascii_digit().then_some(*letter));
                !is_flag
            });
            unit = unit.min(match directive {
                // Without a number of digits, there are as many as the time has.
                Some('f' | 'N') => {
                    SignedDuration::from_nanos(10_i64.pow(9 - digits.parse().unwrap_or(9_u32).min(9)))
                }
                Some('S' | 'T' | 's' | 'c' | 'X' | 'r') => SignedDuration::from_secs(1),
                Some('M' | 'R') => SignedDuration::from_mins(1),
                Some('H' | 'I' | 'k' | 'l') => SignedDuration::from_hours(1),
                _ => continue,
            });
        }
        unit
    }

    /// Whether the format ends in the letter `Z`, which means UTC (RFC 3339 §2). `%Z` and `%:z` write the zone themselves.
    fn is_utc(&self) -> bool {
        self.format.ends_with('Z') && !self.format.ends_with("%Z")
    }

    /// `variables` with the times of `window` in the format of file names: `20260101T000000Z`.
    pub fn in_file_names(variables: &Variables, window: &Window) -> Variables {
        let written = |time: Timestamp| time.strftime("%Y%m%dT%H%M%SZ").to_string();
        with_times(variables, written(window.start), written(window.end))
    }
}

fn with_times(variables: &Variables, start: String, end: String) -> Variables {
    variables.clone().with("window.start", start).with("window.end", end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(start: &str, end: &str) -> Window {
        Window { start: start.parse().unwrap(), end: end.parse().unwrap() }
    }

    #[test]
    fn times_have_the_format_of_requests_and_of_file_names() {
        let windows = Windows {
            slice: None,
            min_slice: SignedDuration::from_hours(1),
            timezone: TimeZone::UTC,
            format: "%Y-%m-%dT%H:%M:%S.%3fZ".to_owned(),
        };
        let variables = Variables::new("calls", "/");
        let window = window("2026-01-01T00:00:00Z", "2026-01-02T00:00:00.5Z");
        assert_eq!(
            windows.in_requests(&variables, &window).fill("{window.start}/{window.end}"),
            "2026-01-01T00:00:00.000Z/2026-01-02T00:00:00.500Z"
        );
        let last = |format: &str| {
            let windows = Windows { format: format.to_owned(), ..windows.clone() };
            windows.in_requests(&variables, &window).fill("{window.last}")
        };
        assert_eq!(last("%Y-%m-%dT%H:%M:%S.%3fZ"), "2026-01-02T00:00:00.499Z");
        assert_eq!(last("%Y-%m-%dT%H:%M:%S%.6fZ"), "2026-01-02T00:00:00.499999Z");
        assert_eq!(last("%FT%TZ"), "2026-01-01T23:59:59Z");
        assert_eq!(last("%s"), "1767311999");
        assert_eq!(last("%Y-%m-%d %H:%M"), "2026-01-01 23:59");
        assert_eq!(last("%Y-%m-%dT%H"), "2026-01-01T23");
        assert_eq!(last("%Y-%m-%d"), "2026-01-01");
        let day = Windows { format: "%Y-%m-%d".to_owned(), ..windows.clone() };
        assert!(day.tell_apart(&window) && windows.tell_apart(&window));
        assert!(!day.tell_apart(&self::window("2026-01-01T00:00:00Z", "2026-01-01T06:00:00Z")));
        let in_berlin = |format: &str| {
            let timezone = TimeZone::get("Europe/Berlin").unwrap();
            let windows = Windows { timezone, format: format.to_owned(), ..windows.clone() };
            windows.in_requests(&variables, &window).fill("{window.start}")
        };
        assert_eq!(in_berlin("%Y-%m-%dT%H:%MZ"), "2026-01-01T00:00Z", "a `Z` is never a lie");
        assert_eq!(in_berlin("%Y-%m-%dT%H:%M%:z"), "2026-01-01T01:00+01:00");
        assert_eq!(in_berlin("%Y-%m-%d %H %Z"), "2026-01-01 01 CET");
        let turned_back = self::window("2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z");
        for (format, is_apart) in
            [("%H:%M", false), ("%H:%M%:z", true), ("%H:%M %Z", true), ("%s", true), ("%H:%MZ", true)]
        {
            let timezone = TimeZone::get("Europe/Berlin").unwrap();
            let windows = Windows { timezone, format: format.to_owned(), ..windows.clone() };
            assert_eq!(windows.tell_apart(&turned_back), is_apart, "{format}");
        }
        assert_eq!(Windows::in_file_names(&variables, &window).fill("{window.start}"), "20260101T000000Z");
    }
}
