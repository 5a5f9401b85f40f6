//! `[streams.NAME]`: one listing of the API.

use std::num::NonZeroUsize;

use http::Method;
use longhaul_core::Pointer;
use serde::Deserialize;

use crate::config::{
    sections::{job::Job, pages::Pages, table::Table, window::Window},
    values::{
        body::Body,
        choice, concurrency, header,
        kind::{Kind, Row},
        query::Query,
        secret::Secrets,
        text,
    },
};

pub(in crate::config) const KEYS: &[Row] = &[
    ("streams.*.body", Kind::Body),
    ("streams.*.body.**", Kind::Free),
    ("streams.*.concurrency", Kind::Scalar),
    ("streams.*.description", Kind::Text),
    ("streams.*.headers.*", Kind::Secret),
    ("streams.*.idempotent", Kind::Scalar),
    ("streams.*.method", Kind::Text),
    ("streams.*.path", Kind::Text),
    ("streams.*.permissions", Kind::List),
    ("streams.*.query.*", Kind::Text),
    ("streams.*.records", Kind::Text),
    ("streams.*.records_missing", Kind::Text),
    ("streams.*.sinks", Kind::List),
    ("streams.*.unique", Kind::Text),
];

/// What is built in for every stream, but for its pages, window and job.
pub(in crate::config) const DEFAULTS: &str = r#"
concurrency = 4
idempotent = true
method = "GET"
permissions = []
records = ""
records_missing = "error"
sinks = []
"#;

/// What a page without the value that should hold its records means.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum RecordsMissing {
    /// An error, if earlier pages had it.
    Error,
    /// The page is empty: this API leaves the value out if there are no records.
    Empty,
}

/// One listing of the API.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// What the first request carries.
    pub body: Option<Body>,
    /// How many requests may be in flight at a time.
    #[serde(deserialize_with = "concurrency::bounded")]
    pub concurrency: NonZeroUsize,
    /// What it is, in a line.
    #[serde(default, deserialize_with = "text::line")]
    pub description: Option<String>,
    /// Headers of this stream's requests, by name.
    #[serde(default, deserialize_with = "header::table")]
    pub headers: Secrets,
    /// Whether a request may be sent again, whatever its method.
    pub idempotent: bool,
    /// The export whose results are listed.
    pub job: Option<Job>,
    /// Of the first request.
    #[serde(deserialize_with = "choice::method")]
    pub method: Method,
    /// How the listing goes on.
    pub pages: Pages,
    /// Appended to the base URL; starts with a slash.
    pub path: String,
    /// What the API asks of who pulls it: permissions or scopes.
    pub permissions: Vec<String>,
    /// Parameters of the first request.
    #[serde(default)]
    pub query: Query,
    /// Where a page holds its records; the whole page is a pointer, too.
    pub records: Pointer,
    /// What a page without that value means.
    #[serde(deserialize_with = "choice::read")]
    pub records_missing: RecordsMissing,
    /// Where records go, by name; standard output where there are none.
    pub sinks: Vec<String>,
    /// What it looks like as a table.
    pub table: Option<Table>,
    /// Where a record holds what it is told apart by.
    pub unique: Option<Pointer>,
    /// The time that is pulled.
    pub window: Option<Window>,
}
