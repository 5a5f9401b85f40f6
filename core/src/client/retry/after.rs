//! How long a response asks to wait.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;

/// Numbers from here on are Unix times in seconds, and not durations.
const EARLIEST: f64 = 1e9;

/// Numbers from here on are Unix times in milliseconds.
const EARLIEST_IN_MILLISECONDS: f64 = 1e11;

/// How long to wait, according to the `value` of a `Retry-After` (RFC 9110 §10.2.3) or of a reset. Its form decides what it
/// means: seconds from now, a Unix time in seconds or milliseconds, an HTTP date, or a date of RFC 3339. A time in the past
/// means now.
///
/// The wait until a date is counted from `date`, the response's own `Date` field, so that a wrong clock does not matter on
/// either side. Without that field it is counted from `now`. Returns `None` if `value` has none of these forms.
pub fn after(value: &str, date: Option<&str>, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    let now = date.and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now);
    if value.starts_with(|first: char| first.is_ascii_digit())
        && value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    {
        let number: f64 = value.parse().ok()?;
        let seconds = if number >= EARLIEST_IN_MILLISECONDS { number / 1000.0 } else { number };
        // A number that does not fit is still longer than any allowed wait.
        let span = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
        let since_epoch = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        return Some(if number >= EARLIEST { span.saturating_sub(since_epoch) } else { span });
    }
    let until =
        httpdate::parse_http_date(value).ok().or_else(|| value.parse::<Timestamp>().ok().map(Into::into))?;
    Some(until.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: &str = "Fri, 31 Dec 1999 12:00:00 GMT";

    #[test]
    fn every_form_is_read() {
        let now = httpdate::parse_http_date(NOON).unwrap();
        let millis = |value| after(value, None, now).map(|wait| wait.as_millis());
        assert_eq!(millis("120"), Some(120_000));
        assert_eq!(millis(" 0 "), Some(0));
        assert_eq!(millis("1.5"), Some(1500));
        assert_eq!(millis("946641607"), Some(946_641_607_000), "a duration of thirty years");
        assert_eq!(millis("Fri, 31 Dec 1999 12:00:07 GMT"), Some(7000));
        assert_eq!(millis("Fri, 31 Dec 1999 11:59:00 GMT"), Some(0));
        assert_eq!(millis("1999-12-31T12:00:07Z"), Some(7000));
        assert_eq!(millis("1999-12-31T13:00:07.25+01:00"), Some(7250));
        for none in ["-1", "soon", "", ".", "1.2.3", "NaN", "inf"] {
            assert_eq!(millis(none), None, "{none}");
        }
    }

    #[test]
    fn unix_times_are_told_from_durations_by_their_size() {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let seconds = |value| after(value, None, now).map(|wait| wait.as_secs());
        assert_eq!(seconds("1800000042"), Some(42));
        assert_eq!(seconds("1800000042.5"), Some(42));
        assert_eq!(seconds("1800000042000"), Some(42));
        assert_eq!(seconds("1700000000"), Some(0));
        assert!(seconds("99999999999999999999999").is_some_and(|wait| wait > 1_000_000_000));
    }

    #[test]
    fn a_date_counts_from_the_servers_own_date() {
        let an_hour_fast = httpdate::parse_http_date("Fri, 31 Dec 1999 13:00:00 GMT").unwrap();
        let wait = after("Fri, 31 Dec 1999 12:00:07 GMT", Some(NOON), an_hour_fast);
        assert_eq!(wait, Some(Duration::from_secs(7)));
    }
}
