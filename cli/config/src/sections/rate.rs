//! `[rate]`: how many requests the API allows.

use std::{
    num::{NonZeroU32, NonZeroUsize},
    time::Duration,
};

use longhaul_core::http::place::Places;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use crate::values::{described::described, duration, place::HeaderOrPlaces};

/// How many requests the API allows.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// How many requests may be in flight at a time, whatever the `concurrency` of streams: sent, and not answered to the
    /// last byte. It counts pages, prefetched ones too, downloads from `api.public_origins`, and the requests of jobs, but
    /// not token requests, which are sent one at a time.
    pub concurrent: Option<NonZeroUsize>,
    /// Where the API reports its limit.
    #[schemars(extend("x-default" = "`inin-ratelimit-*`, `RateLimit`, `X-RateLimit-*`"))]
    pub headers: Option<RateHeaders>,
    /// Limit in addition to what the API reports: this many requests in any `per`.
    pub requests: Option<NonZeroU32>,
    /// Time for `requests`.
    #[serde(with = "duration::Positive")]
    #[schemars(extend("default" = "1m"))]
    pub per: Duration,
}

/// A limit for the requests of one stream, in addition to `[rate]`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamRate {
    /// How many requests may be in flight at a time. It counts what `concurrent` of `[rate]` counts.
    pub concurrent: Option<NonZeroUsize>,
    /// This many requests in any `per`.
    pub requests: Option<NonZeroU32>,
    /// Time for `requests`.
    #[serde(with = "duration::Positive")]
    #[schemars(extend("default" = "1m"))]
    pub per: Duration,
}

/// Where the API reports its limit: a number of requests, or of points that requests cost.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateHeaders {
    /// What a request such as the answered one costs, if the limit is one of points. Without it, each request costs 1.
    #[serde(default, deserialize_with = "HeaderOrPlaces::optional")]
    #[schemars(with = "Option<HeaderOrPlaces>")]
    pub cost: Option<Places>,
    /// What a period allows, a number: a header, or a place in the response. With `restore`, the most that there can be.
    #[serde(default, deserialize_with = "HeaderOrPlaces::optional")]
    #[schemars(with = "Option<HeaderOrPlaces>")]
    pub limit: Option<Places>,
    /// What is left. Required, unless there are `limit` and `used`, which it comes before.
    #[serde(default, deserialize_with = "HeaderOrPlaces::optional")]
    #[schemars(with = "Option<HeaderOrPlaces>")]
    pub remaining: Option<Places>,
    /// When the period ends: seconds from now, a Unix time in seconds or milliseconds, or a date. If no response says so,
    /// write the length of a period, such as `10s`. Required, unless there is `restore`.
    pub reset: Option<Reset>,
    /// What comes back each second, of a limit without periods. It comes before `reset`.
    #[serde(default, deserialize_with = "HeaderOrPlaces::optional")]
    #[schemars(with = "Option<HeaderOrPlaces>")]
    pub restore: Option<Places>,
    /// What is used of the limit.
    #[serde(default, deserialize_with = "HeaderOrPlaces::optional")]
    #[schemars(with = "Option<HeaderOrPlaces>")]
    pub used: Option<Places>,
}

/// When a period ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Reset {
    /// The response says so.
    At(Places),
    /// Within this time.
    Within(Duration),
}

described!(Reset, {
    "type": ["string", "array"],
    "items": { "type": "string" },
    "x-value": "header, place or duration",
    "examples": ["X-RateLimit-Reset", "/quota/reset", "10s"],
});

impl<'de> Deserialize<'de> for Reset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        // No header is called like a duration.
        let starts_with_digit = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
        if value.is_number() || value.as_str().is_some_and(starts_with_digit) {
            return duration::Positive::deserialize(value).map(Self::Within).map_err(de::Error::custom);
        }
        HeaderOrPlaces::deserialize(value).map(Self::At).map_err(de::Error::custom)
    }
}
