//! `[errors]`: how the API reports errors.

use std::fmt::Display;

use http::{HeaderName, StatusCode};
use longhaul_core::{Pointer, RefusalFormat, http::place::Place};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::values::{header, pointer::JsonPointer, status::Status};

/// How the API reports errors. The defaults fit most APIs.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refusals {
    /// Pointers to the API's own error code. The first that matches is used.
    #[schemars(with = "Option<Vec<JsonPointer>>", extend("x-default" = shown(RefusalFormat::default().code.iter())))]
    code: Option<Vec<Pointer>>,
    /// Headers with the correlation id. The first that is present is used.
    #[serde(default, deserialize_with = "header::Names::optional")]
    #[schemars(with = "Option<header::Names>", extend("x-default" = shown(&RefusalFormat::default().correlation)))]
    correlation: Option<Vec<HeaderName>>,
    /// Pointers to the error message. The first that matches is used.
    #[schemars(with = "Option<Vec<JsonPointer>>", extend("x-default" = shown(RefusalFormat::default().message.iter())))]
    message: Option<Vec<Pointer>>,
    /// Responses that mean a rate limit in spite of their status: `status`, and a `text` that the body contains.
    throttled: Option<Vec<Limit>>,
}

/// A response that means a rate limit in spite of its status.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct Limit {
    /// Status of the response.
    #[serde(with = "Status")]
    status: StatusCode,
    /// Text that the body contains, in upper or lower case.
    text: String,
}

impl Refusals {
    /// The format of errors, with the defaults.
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

/// `values` as the reference of keys shows them.
fn shown(values: impl IntoIterator<Item: Display>) -> String {
    values.into_iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ")
}
