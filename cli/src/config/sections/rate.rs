//! `[rate]`: how many requests the API allows.

use std::{
    num::{NonZeroU32, NonZeroUsize},
    time::Duration,
};

use longhaul_core::http::place::Places;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::values::{duration, place::HeaderOrPlaces};

/// How many requests the API allows.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// How many requests may be in flight at a time, whatever the `concurrency` of streams: sent, and not answered to the
    /// last byte. It counts pages, prefetched ones too, downloads from `api.public_origins`, and the requests of jobs, but
    /// not those for tokens, of which there is never more than one.
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
