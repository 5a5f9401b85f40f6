//! The rate limit that a response reports.

use std::time::{Duration, SystemTime};

use http::HeaderMap;

use crate::{client::retry::after, http::place::Places};

/// Where a response reports a rate limit.
#[derive(Clone, Debug, PartialEq)]
pub struct RatePlaces {
    /// The number of requests allowed in the current period.
    pub limit: Places,
    /// The number of requests made in it.
    pub used: Places,
    /// When it ends, in any form that [`after`] reads.
    pub reset: Places,
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
    read(headers, time).filter(|reported| reported.left == 0).map(|reported| reported.reset)
}

/// Reads the limit from the header fields of any known family.
pub(super) fn read(headers: &HeaderMap, time: SystemTime) -> Option<Reported> {
    let field = |name: &str| headers.get(name)?.to_str().ok();
    let inin = used_of(
        field("inin-ratelimit-allowed"),
        field("inin-ratelimit-count"),
        field("inin-ratelimit-reset"),
        time,
    );
    let remaining = |(left, reset): &(&str, &str)| {
        Some(Reported { left: number(field(left)?)?, reset: until(field(reset)?, time)? })
    };
    inin.or_else(|| structured(headers)).or_else(|| REMAINING.iter().find_map(remaining))
}

/// Reads the limit from `places`. `text` finds the text at a place of the response.
pub(super) fn read_at(
    places: &RatePlaces,
    text: impl Fn(&Places) -> Option<String>,
    time: SystemTime,
) -> Option<Reported> {
    let [limit, used, reset] = [&places.limit, &places.used, &places.reset].map(text);
    used_of(limit.as_deref(), used.as_deref(), reset.as_deref(), time)
}

fn used_of(
    limit: Option<&str>,
    used: Option<&str>,
    reset: Option<&str>,
    time: SystemTime,
) -> Option<Reported> {
    let left = number(limit?)?.saturating_sub(number(used?)?);
    Some(Reported { left, reset: until(reset?, time)? })
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

/// The whole number at the start of a text. Some servers add a fraction or the policy after it.
fn number(text: &str) -> Option<u64> {
    let digits = text.trim().split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// How long until the time in a text. Some servers add the policy after it.
fn until(text: &str, time: SystemTime) -> Option<Duration> {
    after(text, None, time).or_else(|| after(text.split([',', ';']).next()?, None, time))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use http::{HeaderName, HeaderValue};

    use super::*;

    fn reported(fields: &[(&'static str, &str)]) -> Option<(u64, u64)> {
        let field = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        let time = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let found = read(&fields.iter().map(field).collect(), time);
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
    fn configured_places_are_read() {
        let places = RatePlaces {
            limit: "/quota/limit".parse().unwrap(),
            used: "header:a-used".parse().unwrap(),
            reset: "/quota/reset".parse().unwrap(),
        };
        let at = |values: &'static [&'static str]| {
            let text = move |places: &Places| {
                let index = ["`/quota/limit`", "`header:a-used`", "`/quota/reset`"];
                let index = index.iter().position(|place| *place == places.to_string())?;
                values.get(index).map(|text| (*text).to_owned())
            };
            read_at(&places, text, UNIX_EPOCH)
        };
        let none_left = Reported { left: 0, reset: Duration::from_secs(3) };
        assert_eq!(at(&["10", "12", "3"]), Some(none_left));
        assert_eq!(at(&["10", "2"]), None, "the reset is missing");
    }
}
