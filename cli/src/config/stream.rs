//! `[streams.NAME]`: one listing of the API.

use http::Method;
use longhaul_core::Pointer;
use serde::Deserialize;

use super::{
    api,
    body::Body,
    choice,
    keys::{Kind, Row},
    pages::Pages,
    query::Query,
    secret::Secrets,
};

pub(super) const KEYS: &[Row] = &[
    ("streams.*.body", Kind::Body),
    ("streams.*.body.**", Kind::Free),
    ("streams.*.headers.*", Kind::Secret),
    ("streams.*.idempotent", Kind::Scalar),
    ("streams.*.method", Kind::Text),
    ("streams.*.path", Kind::Text),
    ("streams.*.query.*", Kind::Text),
    ("streams.*.records", Kind::Text),
    ("streams.*.sinks", Kind::List),
];

/// What is built in for every stream, but for its pages.
pub(super) const DEFAULTS: &str = r#"
idempotent = true
method = "GET"
records = ""
sinks = []
"#;

/// One listing of the API.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// What the first request carries.
    pub body: Option<Body>,
    /// Headers of this stream's requests, by name.
    #[serde(default, deserialize_with = "api::headers")]
    pub headers: Secrets,
    /// Whether a request may be sent again, whatever its method.
    pub idempotent: bool,
    /// Of the first request.
    #[serde(deserialize_with = "choice::method")]
    pub method: Method,
    /// How the listing goes on.
    pub pages: Pages,
    /// Appended to the base URL; starts with a slash.
    pub path: String,
    /// Parameters of the first request.
    #[serde(default)]
    pub query: Query,
    /// Where a page holds its records; the whole page is a pointer, too.
    pub records: Pointer,
    /// Where records go, by name; standard output where there are none.
    pub sinks: Vec<String>,
}
