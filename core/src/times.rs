//! Times as servers write them.

use jiff::{Timestamp, fmt::temporal::Pieces};

/// Why a text cannot be read as a time, as the rest of a sentence.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TimeProblem {
    /// It is something else, or lacks an offset.
    #[error("not a time with an offset such as `2026-01-01T00:00:00Z`")]
    NoTime,
    /// It is too early or too late.
    #[error("outside the times that can be converted, which end at `9999-12-30T22:00:00Z`")]
    OutOfRange,
    /// It is a leap second, which time zones do not have.
    #[error("a leap second, which cannot be converted")]
    LeapSecond,
}

/// The time that `text` is, in the form of RFC 3339.
///
/// # Errors
/// Why it is none.
pub fn read(text: &str) -> Result<Timestamp, TimeProblem> {
    // The parser would take it for the second before it.
    if is_leap_second(text) {
        return Err(TimeProblem::LeapSecond);
    }
    text.parse().map_err(|_| match Pieces::parse(text) {
        Ok(parts) if parts.time().is_some() && parts.offset().is_some() => TimeProblem::OutOfRange,
        _ => TimeProblem::NoTime,
    })
}

/// Whether the seconds of a time are 60.
fn is_leap_second(text: &str) -> bool {
    let Some((_, time)) = text.split_once(['T', 't', ' ']) else { return false };
    let end = time.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(time.len());
    let digits = time[..end].replace(':', "");
    digits.len() == 6 && digits.ends_with("60")
}

#[cfg(test)]
mod tests {
    use super::{TimeProblem::*, *};

    #[test]
    fn what_is_not_a_time_says_why() {
        for (text, problem) in [
            ("2026-10-25T01:30:00", NoTime),
            ("2026-10-25T23:60:00Z", NoTime),
            ("9999-12-31", NoTime),
            ("", NoTime),
            ("9999-12-31T23:59:59Z", OutOfRange),
            ("9999-12-31T00:00:00.000+00:00", OutOfRange),
            ("2016-12-31T23:59:60Z", LeapSecond),
            ("20161231T235960Z", LeapSecond),
            ("2017-01-01 00:59:60.5+01:00", LeapSecond),
        ] {
            assert_eq!(read(text), Err(problem), "{text}");
        }
        assert_eq!(
            read("9999-12-30T22:00:00Z"),
            Ok(Timestamp::MAX - jiff::Span::new().nanoseconds(999_999_999))
        );
    }
}
