//! `[about]`: what a preset says about itself.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// What a preset says about itself. `longhaul systems` shows it.
#[derive(Clone, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// URL of the API's documentation.
    pub documentation: Option<String>,
    /// Keys that only the user can set, each with an example, such as `"api.base_url" = "https://acme.example.com"`. If
    /// one of them is missing, the error shows the example.
    #[serde(default)]
    pub needs: BTreeMap<String, String>,
    /// What the system is, in one line.
    pub summary: Option<String>,
}
