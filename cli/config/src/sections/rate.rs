//! `[rate]`: how many requests the API allows.

use std::{num::NonZeroU32, time::Duration};

use longhaul_core::http::place::Places;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::values::{duration, place::HeaderOrPlaces};

/// How many requests the API allows.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
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

/// Where the API reports its limit.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct RateHeaders {
    /// Number of requests that a period allows: a header, or a place in the response.
    #[serde(deserialize_with = "HeaderOrPlaces::deserialize")]
    #[schemars(with = "HeaderOrPlaces")]
    pub limit: Places,
    /// When the period ends: seconds from now, a Unix time in seconds or milliseconds, or a date.
    #[serde(deserialize_with = "HeaderOrPlaces::deserialize")]
    #[schemars(with = "HeaderOrPlaces")]
    pub reset: Places,
    /// Number of requests made in the period.
    #[serde(deserialize_with = "HeaderOrPlaces::deserialize")]
    #[schemars(with = "HeaderOrPlaces")]
    pub used: Places,
}
