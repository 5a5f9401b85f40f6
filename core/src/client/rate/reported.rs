//! The rate limit that a response reports in its header fields.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName};

use crate::client::retry::after;

/// The names of the header fields that report a rate limit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RateHeaders {
    /// The number of requests allowed in the current period.
    pub limit: HeaderName,
    /// The number of requests made in it.
    pub used: HeaderName,
    /// The number of seconds until it ends.
    pub reset: HeaderName,
}

/// The limit that a response reports.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Reported {
    /// How many more requests are allowed.
    pub(super) left: u64,
    /// How long until the period ends and more are allowed.
    pub(super) reset: Duration,
}

/// Pairs of fields for the remaining requests and the reset: the IETF drafts up to 06, and the fields used before them.
const REMAINING: [(&str, &str); 3] = [
    ("ratelimit-remaining", "ratelimit-reset"),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
    ("x-rate-limit-remaining", "x-rate-limit-reset"),
];

/// How long until more requests are allowed, if a response reports that none are left.
pub(crate) fn exhausted(headers: &HeaderMap, time: SystemTime) -> Option<Duration> {
    read(headers, None, time).filter(|reported| reported.left == 0).map(|reported| reported.reset)
}

/// Reads the limit from the fields of `family`, or from any known family if it is `None`.
pub(super) fn read(headers: &HeaderMap, family: Option<&RateHeaders>, time: SystemTime) -> Option<Reported> {
    if let Some(RateHeaders { limit, used, reset }) = family {
        return used_of(headers, limit.as_str(), used.as_str(), reset.as_str(), time);
    }
    let inin = ["inin-ratelimit-allowed", "inin-ratelimit-count", "inin-ratelimit-reset"];
    used_of(headers, inin[0], inin[1], inin[2], time)
        .or_else(|| structured(headers))
        .or_else(|| REMAINING.iter().find_map(|(left, reset)| remaining(headers, left, reset, time)))
}

fn used_of(headers: &HeaderMap, limit: &str, used: &str, reset: &str, time: SystemTime) -> Option<Reported> {
    let left = number(headers, limit)?.saturating_sub(number(headers, used)?);
    Some(Reported { left, reset: until(headers, reset, time)? })
}

fn remaining(headers: &HeaderMap, left: &str, reset: &str, time: SystemTime) -> Option<Reported> {
    Some(Reported { left: number(headers, left)?, reset: until(headers, reset, time)? })
}

/// `RateLimit: "default";r=50;t=30` (draft-ietf-httpapi-ratelimit-headers-10 §4).
fn structured(headers: &HeaderMap) -> Option<Reported> {
    let field = headers.get("ratelimit")?.to_str().ok()?;
    let parameter = |name: &str| {
        let values = field.split(';').filter_map(|pair| pair.trim().split_once('='));
        let value = values.into_iter().find_map(|(key, value)| (key == name).then_some(value))?;
        value.split(',').next()?.trim().parse::<u64>().ok()
    };
    Some(Reported { left: parameter("r")?, reset: Duration::from_secs(parameter("t")?) })
}

/// The whole number at the start of a field. Some servers add a fraction or the policy after it.
fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    let text = headers.get(name)?.to_str().ok()?.trim();
    let digits = text.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// How long until the time in a field. Some servers add the policy after it.
fn until(headers: &HeaderMap, name: &str, time: SystemTime) -> Option<Duration> {
    let text = headers.get(name)?.to_str().ok()?;
    after(text, None, time).or_else(|| after(text.split([',', ';']).next()?, None, time))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use std::time::UNIX_EPOCH;

    use super::*;

    fn reported(fields: &[(&'static str, &str)]) -> Option<(u64, u64)> {
        let field = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        let time = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let found = read(&fields.iter().map(field).collect(), None, time);
        found.map(|found| (found.left, found.reset.as_secs()))
    }

    #[test]
    fn every_known_family_is_understood() {
        let inin = [
            ("inin-ratelimit-allowed", "300"),
            ("inin-ratelimit-count", "299"),
            ("inin-ratelimit-reset", "17"),
        ];
        assert_eq!(reported(&inin), Some((1, 17)));
        assert_eq!(reported(&[("ratelimit", "\"default\";r=50;t=30")]), Some((50, 30)));
        assert_eq!(reported(&[("ratelimit-remaining", "9"), ("ratelimit-reset", "8")]), Some((9, 8)));
        let epoch = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1800000042")];
        assert_eq!(reported(&epoch), Some((0, 42)));
        assert_eq!(reported(&[("x-rate-limit-remaining", "4"), ("x-rate-limit-reset", "1.5")]), Some((4, 1)));
        for reset in ["1800000042000", "2027-01-15T08:00:42Z", "Fri, 15 Jan 2027 08:00:42 GMT", "42;w=60"] {
            let fields = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset)];
            assert_eq!(reported(&fields), Some((0, 42)), "{reset}");
        }
    }

    #[test]
    fn an_incomplete_limit_is_ignored() {
        assert_eq!(reported(&[]), None);
        assert_eq!(reported(&[("inin-ratelimit-allowed", "300"), ("inin-ratelimit-reset", "17")]), None);
        assert_eq!(reported(&[("x-ratelimit-remaining", "many"), ("x-ratelimit-reset", "1")]), None);
    }

    #[test]
    fn only_the_configured_family_counts() {
        let name = HeaderName::from_static;
        let family = RateHeaders { limit: name("a-limit"), used: name("a-used"), reset: name("a-reset") };
        let mut headers = HeaderMap::new();
        headers.insert("x-ratelimit-remaining", HeaderValue::from(5));
        headers.insert("x-ratelimit-reset", HeaderValue::from(5));
        assert_eq!(read(&headers, Some(&family), UNIX_EPOCH), None);
        for (field, value) in [("a-limit", 10), ("a-used", 12), ("a-reset", 3)] {
            headers.insert(name(field), HeaderValue::from(value));
        }
        let nothing = Reported { left: 0, reset: Duration::from_secs(3) };
        assert_eq!(read(&headers, Some(&family), UNIX_EPOCH), Some(nothing));
    }
}
