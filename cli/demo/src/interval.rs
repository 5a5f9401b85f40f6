//! Time intervals.

use jiff::{Timestamp, civil::DateTime, tz::Offset};

use crate::errors::ApiError;

const DAY: i64 = 24 * 60 * 60 * 1000;

/// A time interval that excludes its end, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Interval {
    pub(crate) start: i64,
    pub(crate) end: i64,
}

impl Interval {
    /// Parses an ISO 8601 interval, `start/end`. A time without an offset is in UTC.
    pub(crate) fn parse(text: &str) -> Result<Self, ApiError> {
        let invalid = |problem| ApiError::invalid_date(format!("Invalid interval '{text}': {problem}"));
        let (start, end) = text.split_once('/').ok_or_else(|| invalid("it is not start/end"))?;
        let start = moment(start).ok_or_else(|| invalid("the start is no ISO-8601 date-time"))?;
        let end = moment(end).ok_or_else(|| invalid("the end is no ISO-8601 date-time"))?;
        if end < start { Err(invalid("the end is before the start")) } else { Ok(Self { start, end }) }
    }

    /// Extends the interval to whole UTC days.
    pub(crate) fn days(self) -> Self {
        let after = self.end.max(self.start + 1);
        Self { start: self.start.div_euclid(DAY) * DAY, end: (after + DAY - 1).div_euclid(DAY) * DAY }
    }
}

fn moment(text: &str) -> Option<i64> {
    let timestamp = text.parse::<Timestamp>().ok();
    let utc = || Offset::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok();
    timestamp.or_else(utc).map(Timestamp::as_millisecond)
}

/// A time in the platform's format: ISO 8601 in UTC, with milliseconds.
pub(crate) fn stamp(millis: i64) -> String {
    format!("{:.3}", Timestamp::from_millisecond(millis).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::{Interval, stamp};

    fn written(interval: Interval) -> String {
        format!("{}/{}", stamp(interval.start), stamp(interval.end))
    }

    #[test]
    fn intervals_are_read_with_and_without_an_offset() {
        let read = |text| written(Interval::parse(text).unwrap());
        let day = "2026-01-01T00:00:00.000Z/2026-01-02T00:00:00.000Z";
        assert_eq!(read(day), day);
        assert_eq!(read("2026-01-01T00:00Z/2026-01-02T01:00:00+01:00"), day);
        assert_eq!(read("2026-01-01T00:00:00/2026-01-02"), day);
    }

    #[test]
    fn moments_are_written_to_the_millisecond() {
        assert_eq!(stamp(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(stamp(1_767_225_600_050), "2026-01-01T00:00:00.050Z");
    }

    #[test]
    fn the_days_are_those_touched() {
        let days = |text| written(Interval::parse(text).unwrap().days());
        let first = "2026-01-01T00:00:00.000Z/2026-01-02T00:00:00.000Z";
        assert_eq!(days(first), first);
        assert_eq!(days("2026-01-01T23:00Z/2026-01-01T23:01Z"), first);
        assert_eq!(days("2026-01-01T23:00Z/2026-01-01T23:00Z"), first);
        assert_eq!(
            days("2026-01-01T23:00Z/2026-01-02T00:00:00.001Z"),
            "2026-01-01T00:00:00.000Z/2026-01-03T00:00:00.000Z"
        );
    }

    #[test]
    fn what_is_no_interval_is_an_invalid_date() {
        let refusal = |text| Interval::parse(text).unwrap_err().response("").body;
        for (text, problem) in [
            ("yesterday", "it is not start/end"),
            ("yesterday/2026-01-02", "the start is no ISO-8601 date-time"),
            ("2026-01-02/now", "the end is no ISO-8601 date-time"),
            ("2026-01-02/2026-01-01", "the end is before the start"),
        ] {
            let body = refusal(text);
            assert!(body.contains("\"invalid.date\"") && body.contains(problem), "{body}");
        }
    }
}
