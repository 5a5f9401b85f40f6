//! The rate limit that a response reports.

use std::{
    num::NonZeroU64,
    time::{Duration, SystemTime},
};

use http::HeaderMap;

use crate::{client::retry::after, http::place::Places};

/// Where a response reports a budget: of requests, or of points that requests cost.
#[derive(Clone, Debug, PartialEq)]
pub struct RatePlaces {
    /// How much of it is left.
    pub left: LeftPlaces,
    /// What a request such as the answered one costs. With `None`, each costs 1.
    pub cost: Option<Places>,
    /// When more is left.
    pub renewal: RenewalPlaces,
}

/// Where a response reports how much of a budget is left.
#[derive(Clone, Debug, PartialEq)]
pub enum LeftPlaces {
    /// As a number.
    Remaining(Places),
    /// As the difference of two numbers.
    Difference {
        /// The budget of a period.
        limit: Places,
        /// How much of it is used.
        used: Places,
    },
}

/// Where a response reports when more of a budget is left.
#[derive(Clone, Debug, PartialEq)]
pub enum RenewalPlaces {
    /// All of it, at this time, in any form that [`after`] reads.
    Reset(Places),
    /// All of it, within this time of the first report. The response does not say when.
    Every(Duration),
    /// So much each second.
    Restore {
        /// How much.
        amount: Places,
        /// How much there can be.
        most: Option<Places>,
    },
}

/// The budget that a response reports.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Reported {
    /// How much is left.
    pub(super) left: u64,
    /// What a request costs.
    pub(super) cost: u64,
    /// When more is left.
    pub(super) renewal: Renewal,
}

/// When more of a budget is left.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Renewal {
    /// All of it, after this time.
    After(Duration),
    /// All of it, within this time of the first report of a period.
    Within(Duration),
    /// So much each second, until there is the most that there can be.
    Restored { per_second: NonZeroU64, most: u64 },
}

impl Reported {
    /// The number of requests left until the period ends.
    pub(super) fn requests(left: u64, reset: Duration) -> Self {
        Self { left, cost: 1, renewal: Renewal::After(reset) }
    }
}

/// Pairs of fields for the remaining requests and the reset: the IETF drafts up to 06, and the fields used before them.
const REMAINING: [(&str, &str); 3] = [
    ("ratelimit-remaining", "ratelimit-reset"),
    ("x-ratelimit-remaining", "x-ratelimit-reset"),
    ("x-rate-limit-remaining", "x-rate-limit-reset"),
];

/// How long until more requests are allowed, if a response reports that none are left.
pub(crate) fn exhausted(headers: &HeaderMap, time: SystemTime) -> Option<Duration> {
    match read(headers, time)? {
        Reported { left: 0, renewal: Renewal::After(reset), .. } => Some(reset),
        _ => None,
    }
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
        Some(Reported::requests(number(field(left)?)?, until(field(reset)?, time)?))
    };
    inin.or_else(|| structured(headers)).or_else(|| REMAINING.iter().find_map(remaining))
}

/// Reads the limit from `places`. `text` finds the text at a place of the response.
pub(super) fn read_at(
    places: &RatePlaces,
    text: impl Fn(&Places) -> Option<String>,
    time: SystemTime,
) -> Option<Reported> {
    let number_at = |places: &Places| number(&text(places)?);
    let left = match &places.left {
        LeftPlaces::Remaining(remaining) => number_at(remaining)?,
        LeftPlaces::Difference { limit, used } => number_at(limit)?.saturating_sub(number_at(used)?),
    };
    let cost = match &places.cost {
        Some(cost) => number_at(cost)?,
        None => 1,
    };
    let renewal = match &places.renewal {
        RenewalPlaces::Reset(reset) => Renewal::After(until(&text(reset)?, time)?),
        RenewalPlaces::Every(period) => Renewal::Within(*period),
        RenewalPlaces::Restore { amount, most } => Renewal::Restored {
            per_second: NonZeroU64::new(number_at(amount)?)?,
            most: most.as_ref().and_then(number_at).unwrap_or(u64::MAX),
        },
    };
    Some(Reported { left, cost, renewal })
}

fn used_of(
    limit: Option<&str>,
    used: Option<&str>,
    reset: Option<&str>,
    time: SystemTime,
) -> Option<Reported> {
    let left = number(limit?)?.saturating_sub(number(used?)?);
    Some(Reported::requests(left, until(reset?, time)?))
}

/// `RateLimit: "default";r=50;t=30` (draft-ietf-httpapi-ratelimit-headers-10 §4).
fn structured(headers: &HeaderMap) -> Option<Reported> {
    let field = headers.get("ratelimit")?.to_str().ok()?;
    let parameter = |name: &str| {
        let values = field.split(';').filter_map(|pair| pair.trim().split_once('='));
        let value = values.into_iter().find_map(|(key, value)| (key == name).then_some(value))?;
        value.split(',').next()?.trim().parse::<u64>().ok()
    };
    Some(Reported::requests(parameter("r")?, Duration::from_secs(parameter("t")?)))
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
        found.map(|found| match found {
            Reported { left, cost: 1, renewal: Renewal::After(reset) } => (left, reset.as_secs()),
            other => panic!("{other:?}"),
        })
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

    fn places(text: &str) -> Places {
        text.parse().unwrap()
    }

    /// What is read at `places` of a response that has these values.
    fn read_from(places: &RatePlaces, values: &[(&str, &str)]) -> Option<Reported> {
        let text = |places: &Places| {
            let found = values.iter().find(|(place, _)| places.to_string() == format!("`{place}`"))?;
            Some(found.1.to_owned())
        };
        read_at(places, text, UNIX_EPOCH)
    }

    #[test]
    fn configured_places_are_read() {
        let requests = RatePlaces {
            left: LeftPlaces::Difference { limit: places("/limit"), used: places("header:a-used") },
            cost: None,
            renewal: RenewalPlaces::Reset(places("/reset")),
        };
        let values = [("/limit", "10"), ("header:a-used", "12"), ("/reset", "3")];
        let none_left = Reported::requests(0, Duration::from_secs(3));
        assert_eq!(read_from(&requests, &values), Some(none_left));
        assert_eq!(read_from(&requests, &values[..2]), None, "the reset is missing");
    }

    #[test]
    fn a_budget_of_points_is_read() {
        let restore = RenewalPlaces::Restore { amount: places("/rate"), most: Some(places("/most")) };
        let mut points = RatePlaces {
            left: LeftPlaces::Remaining(places("/left")),
            cost: Some(places("/cost")),
            renewal: restore,
        };
        let values = [("/left", "990.0"), ("/cost", "72"), ("/rate", "50.0"), ("/most", "1000")];
        let restored = |most| Renewal::Restored { per_second: NonZeroU64::new(50).unwrap(), most };
        let reported = |renewal| Some(Reported { left: 990, cost: 72, renewal });
        assert_eq!(read_from(&points, &values), reported(restored(1000)));
        assert_eq!(read_from(&points, &values[..3]), reported(restored(u64::MAX)));
        assert_eq!(read_from(&points, &[values[0], values[2]]), None, "the cost is missing");
        let never = [values[0], values[1], ("/rate", "0")];
        assert_eq!(read_from(&points, &never), None, "nothing would ever come back");
        let hour = Duration::from_secs(3600);
        points.renewal = RenewalPlaces::Every(hour);
        assert_eq!(read_from(&points, &values[..2]), reported(Renewal::Within(hour)));
    }
}
