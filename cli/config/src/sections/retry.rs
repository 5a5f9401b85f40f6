//! `[retry]`: when and how often a request is retried.

use std::{num::NonZeroU32, time::Duration};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::values::duration;

/// When and how often a request is retried.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// First wait. It doubles with each attempt, and part of it is random.
    #[serde(with = "duration::Any")]
    #[schemars(extend("default" = "1s"))]
    pub base_delay: Duration,
    /// How often one request is sent, including the first time.
    #[schemars(extend("default" = 6))]
    pub max_attempts: NonZeroU32,
    /// Longest wait that doubling leads to.
    #[serde(with = "duration::Any")]
    #[schemars(extend("default" = "60s"))]
    pub max_delay: Duration,
    /// Longest `Retry-After` that longhaul waits for.
    #[serde(with = "duration::Any")]
    #[schemars(extend("default" = "3m"))]
    pub max_wait: Duration,
}
