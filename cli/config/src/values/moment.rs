//! Times: `2026-01-01`, `2026-01-01T06:00:00Z`, `now-24h`, `now/d`, `yesterday`.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use crate::values::{
    described::described,
    steps::{self, NoSteps, STARTS, Step, UNITS},
};

/// A time as it was written: a date, a date and time with or without an offset from UTC, or `now` with steps. `+1d` and
/// `-1d` add and subtract; days are calendar days, and `M` means months. `/h`, `/d`, `/w`, `/M` and `/y` go back to the
/// start of the hour, day, week (Monday), month or year. Steps are taken from left to right: `now-1d/d` is the start of
/// yesterday. `today`, `yesterday`, `tomorrow`, and `this` or `last` with `week`, `month` or `year` mean the start of that
/// day, week, month or year.
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
        let written = || text.to_owned();
        let form = match steps::relative(text) {
            Some(steps) => steps.map(Form::Relative),
            None => absolute(text).ok_or(NoSteps::Form),
        };
        let form = form.map_err(|wrong| match wrong {
            NoSteps::Form => MomentError::NoMoment { text: written() },
            NoSteps::UnknownUnit(unit) => MomentError::UnknownUnit { text: written(), unit },
            NoSteps::CannotRound(unit) => MomentError::CannotRound { text: written(), unit },
        })?;
        Ok(Self { text: written(), form })
    }
}

/// Why a text is not a time.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum MomentError {
    /// The text has a different form.
    #[error(
        "`{text}` is not a time such as `2026-01-01`, `2026-01-01T06:00:00Z`, `now-24h`, `now/d` or `yesterday`"
    )]
    NoMoment {
        /// The text.
        text: String,
    },
    /// A step has a unit of time that does not exist.
    #[error("`{text}` has an unknown unit, `{unit}`; the units are {UNITS}")]
    UnknownUnit {
        /// The text.
        text: String,
        /// The unit.
        unit: String,
    },
    /// A step goes back to the start of something that has none.
    #[error("`{text}` has `/{unit}`, but only {STARTS} can follow a slash")]
    CannotRound {
        /// The text.
        text: String,
        /// The unit.
        unit: String,
    },
    /// It is before the year -9999 or after the year 9999.
    #[error("`{text}` is outside the years -9999 to 9999")]
    OutOfRange {
        /// The text.
        text: String,
    },
}

fn absolute(text: &str) -> Option<Form> {
    // The parser would ignore the name of a time zone in brackets.
    if text.contains('[') {
        return None;
    }
    let exact = text.parse().map(Form::Exact);
    exact.or_else(|_| text.parse().map(Form::Local)).ok()
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
            ("now-1M/M", "2026-02-01T00:00:00Z", "2026-01-31T23:00:00Z"),
            ("now-30m", "2026-03-26T12:04:56.789Z", "2026-03-26T12:04:56.789Z"),
            ("now/y-1h30m", "2025-12-31T22:30:00Z", "2025-12-31T21:30:00Z"),
        ] {
            assert_eq!(resolve(text, "UTC"), utc, "{text}");
            assert_eq!(resolve(text, "Europe/Berlin"), berlin, "{text}");
        }
    }

    #[test]
    fn words_mean_the_start_of_a_day_week_month_or_year() {
        for (text, utc, berlin) in [
            ("today", "2026-03-26T00:00:00Z", "2026-03-25T23:00:00Z"),
            ("yesterday", "2026-03-25T00:00:00Z", "2026-03-24T23:00:00Z"),
            ("tomorrow", "2026-03-27T00:00:00Z", "2026-03-26T23:00:00Z"),
            ("this week", "2026-03-23T00:00:00Z", "2026-03-22T23:00:00Z"),
            ("last week", "2026-03-16T00:00:00Z", "2026-03-15T23:00:00Z"),
            ("this month", "2026-03-01T00:00:00Z", "2026-02-28T23:00:00Z"),
            ("last month", "2026-02-01T00:00:00Z", "2026-01-31T23:00:00Z"),
            ("this year", "2026-01-01T00:00:00Z", "2025-12-31T23:00:00Z"),
            ("last year", "2025-01-01T00:00:00Z", "2024-12-31T23:00:00Z"),
        ] {
            assert_eq!(resolve(text, "UTC"), utc, "{text}");
            assert_eq!(resolve(text, "Europe/Berlin"), berlin, "{text}");
        }
    }

    #[test]
    fn months_and_days_are_those_of_the_calendar() {
        for (now, text, zone, expected) in [
            // There is no 31 February, so a month before 31 March is the 28th.
            ("2026-03-31T12:00:00Z", "now-1M", "UTC", "2026-02-28T12:00:00Z"),
            ("2026-03-31T12:00:00Z", "last month", "UTC", "2026-02-01T00:00:00Z"),
            ("2028-03-31T12:00:00Z", "now-1M", "UTC", "2028-02-29T12:00:00Z"),
            // Berlin is in April already.
            ("2026-03-31T22:30:00Z", "this month", "Europe/Berlin", "2026-03-31T22:00:00Z"),
            // The day before has 23 hours, and in October 25.
            ("2026-03-30T10:00:00Z", "now-1d", "Europe/Berlin", "2026-03-29T10:00:00Z"),
            ("2026-03-29T10:00:00Z", "now-1d", "Europe/Berlin", "2026-03-28T11:00:00Z"),
            ("2026-10-26T10:00:00Z", "yesterday", "Europe/Berlin", "2026-10-24T22:00:00Z"),
            ("2026-10-26T10:00:00Z", "today", "Europe/Berlin", "2026-10-25T23:00:00Z"),
            // In Beirut, 29 March began at one o'clock.
            ("2026-03-30T10:00:00Z", "yesterday", "Asia/Beirut", "2026-03-28T22:00:00Z"),
            ("2026-01-01T00:30:00Z", "last year", "America/New_York", "2024-01-01T05:00:00Z"),
        ] {
            let zone = TimeZone::get(zone).unwrap();
            let resolved = text.parse::<Moment>().unwrap().resolve(now.parse().unwrap(), &zone).unwrap();
            assert_eq!(resolved.to_string(), expected, "{text} at {now}");
        }
    }

    #[test]
    fn unknown_units_are_refused_by_name() {
        let refusal = |text: &str| text.parse::<Moment>().unwrap_err().to_string();
        for (text, unit) in [("now-3x", "x"), ("now-1d12q", "q"), ("now+1D", "D")] {
            let units = "`s`, `m` (minutes), `h`, `d`, `w`, `M` (months) and `y`";
            assert_eq!(
                refusal(text),
                format!("`{text}` has an unknown unit, `{unit}`; the units are {units}")
            );
        }
        for (text, unit) in [("now/m", "m"), ("now-1d/x", "x"), ("now/month", "month")] {
            let units = "`h`, `d`, `w`, `M` (month) and `y`";
            let expected = format!("`{text}` has `/{unit}`, but only {units} can follow a slash");
            assert_eq!(refusal(text), expected);
        }
    }

    #[test]
    fn invalid_times_are_refused() {
        for text in [
            "",
            "Yesterday",
            "last  month",
            "last day",
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
            "now-1d/",
            "nowé",
        ] {
            let refusal = text.parse::<Moment>().unwrap_err().to_string();
            let message = format!(
                "`{text}` is not a time such as `2026-01-01`, `2026-01-01T06:00:00Z`, `now-24h`, `now/d` or \
                 `yesterday`"
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
