//! `[rate]`: what the server says of its limits.

use http::HeaderName;
use serde::Deserialize;

use super::{
    header,
    keys::{Kind, Row},
};

pub(super) const KEYS: &[Row] = &[
    ("rate.headers.limit", Kind::Text),
    ("rate.headers.reset", Kind::Text),
    ("rate.headers.used", Kind::Text),
];

/// What the server says of its limits.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// The headers that tell; where none are given, those of any known family.
    pub headers: Option<RateHeaders>,
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
