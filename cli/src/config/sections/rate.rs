//! `[rate]`: how many requests the API allows.

use std::{num::NonZeroU32, time::Duration};

use http::HeaderName;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::values::{duration, header};

/// How many requests the API allows.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// Headers in which the API reports its limit.
    #[schemars(extend("x-default" = "`inin-ratelimit-*`, `RateLimit`, `X-RateLimit-*`"))]
    pub headers: Option<RateHeaders>,
    /// Limit in addition to what the API reports: this many requests in any `per`.
    pub requests: Option<NonZeroU32>,
    /// Time for `requests`.
    #[serde(with = "duration::Positive")]
    #[schemars(extend("default" = "1m"))]
    pub per: Duration,
}

/// Headers in which the API reports its limit.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct RateHeaders {
    /// Header with the number of requests that a period allows.
    #[serde(with = "header::Name")]
    pub limit: HeaderName,
    /// Header with the number of seconds until the period ends.
    #[serde(with = "header::Name")]
    pub reset: HeaderName,
    /// Header with the number of requests made in the period.
    #[serde(with = "header::Name")]
    pub used: HeaderName,
}
