//! `[errors]`: how the API reports errors.

use std::fmt::Display;

use http::HeaderName;
use longhaul_core::{RefusalFormat, http::place::Places};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::values::{header, place};

/// How the API reports errors. The defaults fit most APIs.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refusals {
    /// Places of the API's own error code. The first that is present is used.
    #[schemars(with = "Option<place::Places>", extend("x-default" = shown(RefusalFormat::default().code.iter())))]
    code: Option<Places>,
    /// Headers with the correlation id. The first that is present is used.
    #[serde(default, deserialize_with = "header::Names::optional")]
    #[schemars(with = "Option<header::Names>", extend("x-default" = shown(RefusalFormat::default().correlation)))]
    correlation: Option<Vec<HeaderName>>,
    /// Places of the error message. The first that is present is used.
    #[schemars(with = "Option<place::Places>", extend("x-default" = shown(RefusalFormat::default().message.iter())))]
    message: Option<Places>,
}

impl Refusals {
    /// The format of errors, with the defaults.
    pub fn format(&self) -> RefusalFormat {
        let default = RefusalFormat::default();
        let names = |names: &Vec<HeaderName>| names.iter().map(ToString::to_string).collect();
        RefusalFormat {
            code: self.code.clone().unwrap_or(default.code),
            message: self.message.clone().unwrap_or(default.message),
            correlation: self.correlation.as_ref().map_or(default.correlation, names),
        }
    }
}

/// `values` as the reference of keys shows them.
fn shown(values: impl IntoIterator<Item: Display>) -> String {
    values.into_iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ")
}
