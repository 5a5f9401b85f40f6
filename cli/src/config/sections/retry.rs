//! `[retry]`: what is tried again, how often, and how soon.

use std::{num::NonZeroU32, time::Duration};

use http::StatusCode;
use serde::Deserialize;

use crate::config::values::{
    duration,
    kind::{Kind, Row},
    status,
};

pub(in crate::config) const KEYS: &[Row] = &[
    ("retry.base_delay", Kind::Text),
    ("retry.max_attempts", Kind::Scalar),
    ("retry.max_delay", Kind::Text),
    ("retry.max_wait", Kind::Text),
    ("retry.statuses", Kind::List),
];

pub(in crate::config) const DEFAULTS: &str = r#"
[retry]
base_delay = "1s"
max_attempts = 6
max_delay = "60s"
max_wait = "3m"
statuses = [408, 429, 500, 502, 503, 504]
"#;

/// What is tried again, how often, and how soon.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// The wait that doubles from attempt to attempt, before jitter.
    #[serde(deserialize_with = "duration::any")]
    pub base_delay: Duration,
    /// How often one request is sent, the first time included.
    pub max_attempts: NonZeroU32,
    /// What that wait never exceeds.
    #[serde(deserialize_with = "duration::any")]
    pub max_delay: Duration,
    /// The longest `Retry-After` that is waited for.
    #[serde(deserialize_with = "duration::any")]
    pub max_wait: Duration,
    /// The statuses after which a request is sent again.
    #[serde(deserialize_with = "status::statuses")]
    pub statuses: Vec<StatusCode>,
}
