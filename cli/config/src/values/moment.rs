//! Times: `2026-01-01`, `2026-01-01T06:00:00Z`, `now-24h`, `now/d`.

use std::{fmt, str::FromStr};

use jiff::{RoundMode, Span, Timestamp, ToSpan, Unit, Zoned, ZonedRound, civil::DateTime, tz::TimeZone};

use crate::values::described::described;

/// A time as it was written: a date, a date and time with or without an offset from UTC, or `now` with steps. `+1d` and
/// `-1d` add and subtract; days are calendar days. `/h`, `/d`, `/w`, `/mo` and `/y` go back to the start of the hour,
/// day, week (Monday), month or year. Steps are taken from left to right: `now-1d/d` is the start of yesterday.
///
/// `Display` gives the text as it was written.
#[derive(Clone, Debug)]
pub struct Moment {
    text: String,
    form: Form,
}

described!(Moment, { "type": "string", "x-value": "time", "examples": ["2026-01-01", "now-24h"] });

#[derive(Clone, Debug)]
enum Form {
    Exact(Timestamp),
    Local(DateTime),
    Relative(Vec<Step>),
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Shift(Span),
    StartOf(Unit),
}

impl Moment {
    /// Whether it depends on the time of the run.
    pub fn is_relative(&self) -> bool {
        matches!(self.form, Form::Relative(_))
    }

    /// The time as of `now`, with dates and days in `timezone`. If a change of clocks skips the time, it is moved
    /// forward by what they skip; if the time occurs twice, the first is meant.
    pub fn resolve(&self, now: Timestamp, timezone: &TimeZone) -> Result<Timestamp, MomentError> {
        let resolved = match &self.form {
            Form::Exact(timestamp) => Ok(*timestamp),
            Form::Local(time) => time.to_zoned(timezone.clone()).map(|time| time.timestamp()),
            Form::Relative(steps) => {
                let now = now.to_zoned(timezone.clone());
                steps.iter().try_fold(now, |time, step| step.take(&time)).map(|time| time.timestamp())
            }
        };
        resolved.map_err(|_| MomentError::OutOfRange { text: self.text.clone() })
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Moment {
    type Err = MomentError;

    fn from_str(text: &str) -> Result<Self, MomentError> {
        let form = match text.strip_prefix("now") {
            Some(steps) => self::steps(steps).map(Form::Relative),
            None => absolute(text),
        };
        match form {
            Some(form) => Ok(Self { text: text.to_owned(), form }),
            None => Err(MomentError::NoMoment { text: text.to_owned() }),
        }
    }
}

/// Why a text is not a time.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MomentError {
    /// The text has a different form.
    #[error("`{text}` is not a time such as `2026-01-01`, `2026-01-01T06:00:00Z`, `now-24h` or `now/d`")]
    NoMoment {
        /// The text.
        text: String,
    },
    /// It is before the year -9999 or after the year 9999.
    #[error("`{text}` is outside the years -9999 to 9999")]
    OutOfRange {
        /// The text.
        text: String,
    },
}

impl Step {
    fn take(self, time: &Zoned) -> Result<Zoned, jiff::Error> {
        match self {
            Self::Shift(span) => time.checked_add(span),
            Self::StartOf(Unit::Year) => time.first_of_year()?.start_of_day(),
            Self::StartOf(Unit::Month) => time.first_of_month()?.start_of_day(),
            Self::StartOf(Unit::Week) => {
                let since_monday = time.weekday().to_monday_zero_offset();
                time.checked_sub(since_monday.days())?.start_of_day()
            }
            Self::StartOf(Unit::Day) => time.start_of_day(),
            Self::StartOf(unit) => time.round(ZonedRound::new().smallest(unit).mode(RoundMode::Trunc)),
        }
    }
}

fn absolute(text: &str) -> Option<Form> {
    // The parser would ignore the name of a time zone in brackets.
    if text.contains('[') {
        return None;
    }
    let exact = text.parse().map(Form::Exact);
    exact.or_else(|_| text.parse().map(Form::Local)).ok()
}

/// Each step begins with a sign: `-1d/d`.
fn steps(mut text: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    while let Some(sign) = text.chars().next() {
        let rest = &text[sign.len_utf8()..];
        let end = rest.find(['+', '-', '/']).unwrap_or(rest.len());
        steps.push(step(sign, &rest[..end])?);
        text = &rest[end..];
    }
    Some(steps)
}

fn step(sign: char, text: &str) -> Option<Step> {
    let span =
        || text.parse::<Span>().ok().filter(|_| text.starts_with(|first: char| first.is_ascii_digit()));
    match (sign, text) {
        ('+', _) => span().map(Step::Shift),
        ('-', _) => span().map(|span| Step::Shift(span.negate())),
        ('/', "h") => Some(Step::StartOf(Unit::Hour)),
        ('/', "d") => Some(Step::StartOf(Unit::Day)),
        ('/', "w") => Some(Step::StartOf(Unit::Week)),
        ('/', "mo") => Some(Step::StartOf(Unit::Month)),
        ('/', "y") => Some(Step::StartOf(Unit::Year)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `text` as of a Thursday, three days before the clocks of Berlin are put forward.
    fn resolve(text: &str, timezone: &str) -> String {
        let now = "2026-03-26T12:34:56.789Z".parse().unwrap();
        let timezone = TimeZone::get(timezone).unwrap();
        text.parse::<Moment>().unwrap().resolve(now, &timezone).unwrap().to_string()
    }

    #[test]
    fn dates_and_times_without_an_offset_are_in_the_time_zone() {
        for (text, utc, berlin) in [
            ("2026-01-01", "2026-01-01T00:00:00Z", "2025-12-31T23:00:00Z"),
            ("2026-07-01T06:00", "2026-07-01T06:00:00Z", "2026-07-01T04:00:00Z"),
            ("2026-07-01 06:00:30", "2026-07-01T06:00:30Z", "2026-07-01T04:00:30Z"),
            ("2026-07-01T06:00:00Z", "2026-07-01T06:00:00Z", "2026-07-01T06:00:00Z"),
            ("2026-07-01T06:00:00.5-07:00", "2026-07-01T13:00:00.5Z", "2026-07-01T13:00:00.5Z"),
            // Between two and three the clocks are put forward.
            ("2026-03-29T02:30", "2026-03-29T02:30:00Z", "2026-03-29T01:30:00Z"),
        ] {
            assert_eq!(resolve(text, "UTC"), utc, "{text}");
            assert_eq!(resolve(text, "Europe/Berlin"), berlin, "{text}");
        }
    }

    #[test]
    fn steps_start_from_now() {
        for (text, utc, berlin) in [
            ("now", "2026-03-26T12:34:56.789Z", "2026-03-26T12:34:56.789Z"),
            ("now-24h", "2026-03-25T12:34:56.789Z", "2026-03-25T12:34:56.789Z"),
            ("now/h", "2026-03-26T12:00:00Z", "2026-03-26T12:00:00Z"),
            ("now/d", "2026-03-26T00:00:00Z", "2026-03-25T23:00:00Z"),
            ("now-1d/d", "2026-03-25T00:00:00Z", "2026-03-24T23:00:00Z"),
            // A calendar day has 23 hours when the clocks are put forward.
            ("now+4d/d", "2026-03-30T00:00:00Z", "2026-03-29T22:00:00Z"),
            ("now/d+96h", "2026-03-30T00:00:00Z", "2026-03-29T23:00:00Z"),
            ("now/w", "2026-03-23T00:00:00Z", "2026-03-22T23:00:00Z"),
            ("now-1mo/mo", "2026-02-01T00:00:00Z", "2026-01-31T23:00:00Z"),
            ("now/y-1h30m", "2025-12-31T22:30:00Z", "2025-12-31T21:30:00Z"),
        ] {
            assert_eq!(resolve(text, "UTC"), utc, "{text}");
            assert_eq!(resolve(text, "Europe/Berlin"), berlin, "{text}");
        }
    }

    #[test]
    fn invalid_times_are_refused() {
        for text in [
            "",
            "yesterday",
            "2026-13-01",
            "2026-01",
            "06:00",
            "2026-01-01T06:00[Europe/Berlin]",
            "Now",
            "now ",
            "now-",
            "now-d",
            "now--1d",
            "now-P",
            "now24h",
            "now/",
            "now/x",
            "now/m",
            "now-1d/",
            "nowé",
        ] {
            let refusal = text.parse::<Moment>().unwrap_err().to_string();
            let message = format!(
                "`{text}` is not a time such as `2026-01-01`, `2026-01-01T06:00:00Z`, `now-24h` or `now/d`"
            );
            assert_eq!(refusal, message);
        }
    }

    #[test]
    fn times_outside_the_calendar_are_refused() {
        let moment: Moment = "now-19000y".parse().unwrap();
        let refusal = moment.resolve(Timestamp::UNIX_EPOCH, &TimeZone::UTC).unwrap_err();
        assert_eq!(refusal.to_string(), "`now-19000y` is outside the years -9999 to 9999");
    }
}
