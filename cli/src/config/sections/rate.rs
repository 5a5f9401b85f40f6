//! `[rate]`: what the server says of its limits.

use std::{num::NonZeroU32, time::Duration};

use http::HeaderName;
use serde::Deserialize;

use crate::config::values::{
    duration, header,
    kind::{Kind, Row},
};

pub(in crate::config) const KEYS: &[Row] = &[
    ("rate.headers.limit", Kind::Text),
    ("rate.headers.reset", Kind::Text),
    ("rate.headers.used", Kind::Text),
    ("rate.per", Kind::Text),
    ("rate.requests", Kind::Scalar),
];

/// What the server says of its limits.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// The headers that tell; where none are given, those of any known family.
    pub headers: Option<RateHeaders>,
    /// How many requests there may be in `per`, whatever the server says.
    pub requests: Option<NonZeroU32>,
    /// The time in which there may be so many.
    #[serde(default = "minute", deserialize_with = "duration::positive")]
    pub per: Duration,
}

impl Default for Rate {
    fn default() -> Self {
        Self { headers: None, requests: None, per: minute() }
    }
}

fn minute() -> Duration {
    Duration::from_secs(60)
}

/// The headers of an answer that tell how many requests are left.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct RateHeaders {
    /// How many requests the present span of time allows.
    #[serde(deserialize_with = "header::name")]
    pub limit: HeaderName,
    /// How many seconds are left of it.
    #[serde(deserialize_with = "header::name")]
    pub reset: HeaderName,
    /// How many requests were made in it.
    #[serde(deserialize_with = "header::name")]
    pub used: HeaderName,
}
