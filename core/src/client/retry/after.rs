//! The `Retry-After` field (RFC 9110 §10.2.3).

use std::time::{Duration, SystemTime};

/// How long to wait, according to the `value` of a `Retry-After`: a number of seconds, or a date.
///
/// The wait until a date is counted from `date`, the answer's own `Date` field, so that a wrong clock does not matter on
/// either side. Without that field it is counted from `now`. Returns `None` if `value` is neither a number nor a date.
pub fn retry_after(value: &str, date: Option<&str>, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number that does not fit is still a number, and longer than any allowed wait.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let from = date.and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now);
    Some(until.duration_since(from).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: &str = "Fri, 31 Dec 1999 12:00:00 GMT";

    #[test]
    fn both_forms_are_read() {
        let now = httpdate::parse_http_date(NOON).unwrap();
        let seconds = |value, date| retry_after(value, date, now).map(|wait| wait.as_secs());
        assert_eq!(seconds("120", None), Some(120));
        assert_eq!(seconds(" 0 ", None), Some(0));
        assert_eq!(seconds("99999999999999999999999", None), Some(u64::MAX));
        assert_eq!(seconds("Fri, 31 Dec 1999 12:00:07 GMT", None), Some(7));
        assert_eq!(seconds("Fri, 31 Dec 1999 11:59:00 GMT", None), Some(0));
        assert_eq!(seconds("-1", None), None);
        assert_eq!(seconds("1.5", None), None);
        assert_eq!(seconds("soon", None), None);
        assert_eq!(seconds("", None), None);
    }

    #[test]
    fn a_date_counts_from_the_servers_own_date() {
        let an_hour_fast = httpdate::parse_http_date("Fri, 31 Dec 1999 13:00:00 GMT").unwrap();
        let wait = retry_after("Fri, 31 Dec 1999 12:00:07 GMT", Some(NOON), an_hour_fast);
        assert_eq!(wait, Some(Duration::from_secs(7)));
    }
}
