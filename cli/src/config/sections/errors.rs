//! `[errors]`: how the API says no.

use http::{HeaderName, StatusCode};
use longhaul_core::{Pointer, RefusalFormat, http::place::Place};
use serde::Deserialize;

use crate::config::values::{
    header,
    kind::{Kind, Row},
    status,
};

pub(in crate::config) const KEYS: &[Row] = &[
    ("errors.code", Kind::List),
    ("errors.correlation", Kind::List),
    ("errors.message", Kind::List),
    ("errors.throttled", Kind::List),
];

/// How the API says no. What is not given is as with most APIs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusals {
    code: Option<Vec<Pointer>>,
    #[serde(default, deserialize_with = "header::names")]
    correlation: Option<Vec<HeaderName>>,
    message: Option<Vec<Pointer>>,
    throttled: Option<Vec<Limit>>,
}

/// A refusal that means a rate limit, whatever its status.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limit {
    #[serde(deserialize_with = "status::read")]
    status: StatusCode,
    text: String,
}

impl Refusals {
    /// The format of refusals, complete.
    pub fn format(&self) -> RefusalFormat {
        let mut format = RefusalFormat::default();
        if let Some(code) = &self.code {
            format.code = code.iter().cloned().map(Place::Body).collect();
        }
        if let Some(message) = &self.message {
            format.message = message.iter().cloned().map(Place::Body).collect();
        }
        if let Some(names) = &self.correlation {
            format.correlation = names.iter().map(ToString::to_string).collect();
        }
        format
    }

    /// The statuses and texts of refusals that are rate limits.
    pub fn throttled(&self) -> impl Iterator<Item = (StatusCode, &str)> {
        self.throttled.iter().flatten().map(|limit| (limit.status, limit.text.as_str()))
    }
}
