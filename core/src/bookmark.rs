//! Values of records that a run reaches and the next one starts from: times and numbers.

use std::{cmp::Ordering, fmt};

use jiff::{
    RoundMode, Span, Timestamp, Unit, ZonedRound, civil,
    fmt::temporal::Pieces,
    tz::{Offset, TimeZone},
};
use serde::{Deserialize, Serialize};

/// A value of a record, as the API wrote it: a time or a number, which can also be text with digits only.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bookmark {
    /// A number.
    Number(String),
    /// Text.
    Text(String),
}

/// What a value is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BookmarkKind {
    /// A number.
    Number,
    /// A time, with or without an offset from UTC.
    Time,
    /// Any other text.
    Text,
}

impl Bookmark {
    /// The value with this JSON; `None` if it is neither text nor a number.
    pub fn of_json(json: &str) -> Option<Self> {
        match json.as_bytes().first()? {
            b'"' => serde_json::from_str(json).ok().map(Self::Text),
            b'-' | b'0'..=b'9' => Some(Self::Number(json.to_owned())),
            _ => None,
        }
    }

    /// What it is.
    pub fn kind(&self) -> BookmarkKind {
        match (self.decimal(), self.time()) {
            (Some(_), _) => BookmarkKind::Number,
            (None, Some(_)) => BookmarkKind::Time,
            (None, None) => BookmarkKind::Text,
        }
    }

    /// The instant, if it is a time. Without an offset, it is in UTC. A time after the last instant that can be represented,
    /// such as that of 9999-12-31, is that instant: APIs write it for "never".
    pub fn time(&self) -> Option<Timestamp> {
        let Self::Text(text) = self else { return None };
        if self.decimal().is_some() {
            return None;
        }
        let local = || text.parse::<civil::DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
        let is_last_year = || Some(Pieces::parse(text).ok()?.date().year() == civil::Date::MAX.year());
        let last = || is_last_year()?.then_some(Timestamp::MAX);
        text.parse().ok().or_else(|| local().map(|time| time.timestamp())).or_else(last)
    }

    /// The instant, if it is a number that can be a Unix time of this century, in seconds or milliseconds.
    pub fn unix_time(&self) -> Option<Timestamp> {
        const SECONDS: std::ops::Range<f64> = 946_684_800.0..4_102_444_800.0;
        self.decimal()?;
        let (Self::Number(text) | Self::Text(text)) = self;
        let number: f64 = text.parse().ok()?;
        let seconds = [number, number / 1000.0].into_iter().find(|seconds| SECONDS.contains(seconds))?;
        // Milliseconds are enough to tell whether a time is later than the start of a run.
        #[expect(clippy::cast_possible_truncation, reason = "it is in the range")]
        Timestamp::from_millisecond((seconds * 1000.0) as i64).ok()
    }

    /// Whether the time can be that of `start` or later, as precisely as it is written. `None` if it is not a time.
    pub fn is_since(&self, start: Timestamp) -> Option<bool> {
        let Self::Text(text) = self else { return None };
        let time = self.time()?;
        let start = start.to_zoned(TimeZone::fixed(offset(text)));
        let round = ZonedRound::new().smallest(Form::of(text).unit()).mode(RoundMode::Trunc);
        Some(start.round(round).is_ok_and(|start| time >= start.timestamp()))
    }

    /// Compares two times, or two numbers; `None` if they are anything else.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self.decimal(), other.decimal()) {
            (Some(one), Some(other)) => Some(one.cmp(&other)),
            (None, None) => Some(self.time()?.cmp(&other.time()?)),
            _ => None,
        }
    }

    /// The time that is earlier by `span`, written in the same form; `None` if it is not a time, or leaves the calendar.
    pub fn earlier_by(&self, span: &Span) -> Option<Self> {
        let Self::Text(text) = self else { return None };
        let form = Form::of(text);
        let time = self.time()?.to_zoned(TimeZone::fixed(offset(text)));
        Some(Self::Text(time.checked_sub(*span).ok()?.strftime(&form.format()).to_string()))
    }

    fn decimal(&self) -> Option<Decimal<'_>> {
        let (Self::Number(text) | Self::Text(text)) = self;
        Decimal::of(text)
    }
}

/// The text or the digits.
impl fmt::Display for Bookmark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Number(text) | Self::Text(text)) = self;
        f.write_str(text)
    }
}

/// A decimal number with any number of digits.
#[derive(Debug, Eq, PartialEq)]
struct Decimal<'t> {
    is_negative: bool,
    /// Without leading zeros.
    whole: &'t str,
    /// Without trailing zeros.
    fraction: &'t str,
}

impl<'t> Decimal<'t> {
    fn of(text: &'t str) -> Option<Self> {
        let (is_negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let (is_whole, is_fraction) = (is_number(whole), is_number(fraction));
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        let is_negative = is_negative && !(whole.is_empty() && fraction.is_empty());
        (is_whole && is_fraction).then_some(Self { is_negative, whole, fraction })
    }
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let size = (self.whole.len(), self.whole, self.fraction);
        let other_size = (other.whole.len(), other.whole, other.fraction);
        match (self.is_negative, other.is_negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => size.cmp(&other_size),
            (true, true) => other_size.cmp(&size),
        }
    }
}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The offset of a time from UTC.
fn offset(text: &str) -> Offset {
    let pieces = Pieces::parse(text).ok();
    pieces.and_then(|pieces| pieces.to_numeric_offset()).unwrap_or(Offset::UTC)
}

/// How a time is written.
struct Form<'t> {
    /// Between the date and the time; nothing for a date alone.
    separator: Option<char>,
    has_seconds: bool,
    /// How many digits its fraction has.
    fraction: usize,
    /// Its offset: nothing, `Z`, `+01:00` or `+0100`.
    zone: &'t str,
}

impl<'t> Form<'t> {
    fn of(text: &'t str) -> Self {
        let (_, clock) = text.split_at_checked(10).unwrap_or((text, ""));
        let zone = clock.find(['Z', 'z', '+', '-']).map_or("", |start| &clock[start..]);
        let clock = &clock[..clock.len() - zone.len()];
        let fraction = clock.split_once(['.', ',']).map_or(0, |(_, digits)| digits.len());
        let has_seconds = clock.matches(':').count() > 1;
        Self { separator: clock.chars().next(), has_seconds, fraction, zone }
    }

    /// The smallest unit that it has.
    fn unit(&self) -> Unit {
        match (self.separator, self.has_seconds, self.fraction) {
            (None, ..) => Unit::Day,
            (_, false, _) => Unit::Minute,
            (_, _, 0) => Unit::Second,
            (_, _, 1..=3) => Unit::Millisecond,
            (_, _, 4..=6) => Unit::Microsecond,
            _ => Unit::Nanosecond,
        }
    }

    fn format(&self) -> String {
        let Some(separator) = self.separator else { return "%Y-%m-%d".to_owned() };
        let seconds = if self.has_seconds { ":%S" } else { "" };
        let fraction = if self.fraction > 0 { format!(".%{}f", self.fraction) } else { String::new() };
        let zone = match self.zone {
            "" => "",
            "Z" | "z" => "Z",
            zone if zone.contains(':') => "%:z",
            _ => "%z",
        };
        format!("%Y-%m-%d{separator}%H:%M{seconds}{fraction}{zone}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bookmark(json: &str) -> Bookmark {
        Bookmark::of_json(json).unwrap()
    }

    #[test]
    fn times_and_numbers_are_compared_as_such() {
        for (less, greater) in [
            ("9", "10"),
            ("\"9\"", "\"10\""),
            ("\"9\"", "10"),
            ("-10", "-9"),
            ("-1", "0.5"),
            ("1512085950.000216", "1512085950.00022"),
            ("12345678901234567890122", "12345678901234567890123"),
            (r#""2026-01-01T01:00:00+02:00""#, r#""2026-01-01T00:00:00Z""#),
            (r#""2026-01-01T00:00:00Z""#, r#""2026-01-01T00:00:00.001Z""#),
            (r#""2026-01-01T00:00:00.000+0000""#, r#""2026-01-01T00:00:01.000+0000""#),
            (r#""2026-01-01""#, r#""2026-01-01 00:00:01""#),
            (r#""2026-01-01""#, r#""9999-12-31T00:00:00Z""#),
        ] {
            assert_eq!(bookmark(less).compare(&bookmark(greater)), Some(Ordering::Less), "{less} {greater}");
            assert_eq!(bookmark(greater).compare(&bookmark(less)), Some(Ordering::Greater));
        }
        for (one, same) in
            [("-0", "0.0"), ("1.50", "1.5"), ("007", "7"), (r#""2026-01-01""#, r#""2026-01-01T00:00Z""#)]
        {
            assert_eq!(bookmark(one).compare(&bookmark(same)), Some(Ordering::Equal), "{one} {same}");
        }
        for (one, other) in [("1", r#""2026-01-01""#), (r#""a""#, r#""b""#), (r#""a""#, "1")] {
            assert_eq!(bookmark(one).compare(&bookmark(other)), None, "{one} {other}");
        }
        for json in ["null", "true", "{}", "[]", ""] {
            assert_eq!(Bookmark::of_json(json), None, "{json}");
        }
    }

    #[test]
    fn a_time_can_be_later_than_it_is_written() {
        let start = "2026-01-01T12:00:25.1004Z".parse().unwrap();
        for (json, is_since) in [
            (r#""2026-01-01T12:00:24Z""#, Some(false)),
            (r#""2026-01-01T12:00:25Z""#, Some(true)),
            (r#""2026-01-01T12:00:25.099Z""#, Some(false)),
            (r#""2026-01-01T12:00:25.100Z""#, Some(true)),
            (r#""2026-01-01T12:00:25.1003Z""#, Some(false)),
            (r#""2026-01-01T14:00+02:00""#, Some(true)),
            (r#""2026-01-01T13:59+02:00""#, Some(false)),
            (r#""2026-01-01""#, Some(true)),
            (r#""2025-12-31""#, Some(false)),
            (r#""9999-12-31T00:00:00Z""#, Some(true)),
            (r#""9999-12-31T23:59:59.9999999""#, Some(true)),
            (r#""9999-12-31T23:59:59-12:00""#, Some(true)),
            (r#""9999-12-31""#, Some(true)),
            ("17", None),
        ] {
            assert_eq!(bookmark(json).is_since(start), is_since, "{json}");
        }
    }

    #[test]
    fn numbers_of_this_century_can_be_unix_times() {
        for (json, time) in [
            ("1767225600", Some("2026-01-01T00:00:00Z")),
            ("\"1767225600\"", Some("2026-01-01T00:00:00Z")),
            ("1767225600.5", Some("2026-01-01T00:00:00.5Z")),
            ("1767225600500", Some("2026-01-01T00:00:00.5Z")),
            ("17", None),
            ("12345678901234567890123", None),
            ("\"2026-01-01\"", None),
        ] {
            let found = bookmark(json).unix_time();
            assert_eq!(found, time.map(|time| time.parse().unwrap()), "{json}");
        }
    }

    #[test]
    fn an_earlier_time_has_the_same_form() {
        let hour: Span = "1h".parse().unwrap();
        for (time, earlier) in [
            ("2026-01-01T00:30:00Z", "2025-12-31T23:30:00Z"),
            ("2026-01-01T00:30:00.120Z", "2025-12-31T23:30:00.120Z"),
            ("2026-01-01T00:30:00.5+02:00", "2025-12-31T23:30:00.5+02:00"),
            ("2026-01-01T00:30:00.000-0500", "2025-12-31T23:30:00.000-0500"),
            ("2026-01-01 00:30:00", "2025-12-31 23:30:00"),
            ("2026-01-01 00:30", "2025-12-31 23:30"),
            ("2026-01-02", "2026-01-01"),
        ] {
            let found = Bookmark::Text(time.to_owned()).earlier_by(&hour).unwrap();
            assert_eq!(found.to_string(), earlier, "{time}");
        }
        assert_eq!(bookmark("17").earlier_by(&hour), None);
        assert_eq!(bookmark(r#""17""#).earlier_by(&hour), None);
    }
}
