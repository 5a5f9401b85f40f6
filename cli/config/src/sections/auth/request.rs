//! `auth.request`: the form of token requests.

use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::values::{choice, header, secret::Secrets};

/// The form of token requests, where it is not that of RFC 6749.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// The fields of the request, instead of the standard ones. Their texts may have placeholders for keys of `auth`, such as
    /// `{username}`.
    pub fields: Option<Map<String, Value>>,
    /// How the fields are sent.
    #[serde(deserialize_with = "choice::read")]
    #[schemars(extend("default" = "form"))]
    pub format: RequestFormat,
    /// Headers of the request, by name.
    #[serde(default, deserialize_with = "header::table")]
    pub headers: Secrets,
    /// Method of the request.
    #[serde(with = "choice::Method")]
    #[schemars(extend("default" = "POST"))]
    pub method: Method,
}

/// How the fields of a token request are sent.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum RequestFormat {
    /// As a form in the body.
    Form,
    /// As a JSON object in the body.
    Json,
    /// In the query of the URL.
    Query,
}
