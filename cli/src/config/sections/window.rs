//! `[streams.NAME.window]`: one pull for each slice of time.

use http::StatusCode;
use jiff::{Span, tz::TimeZone};
use longhaul_core::Pointer;
use serde::Deserialize;

use crate::config::values::{
    kind::{Kind, Row},
    moment::Moment,
    status, text,
};

pub(in crate::config) const KEYS: &[Row] = &[
    ("streams.*.window.available.at", Kind::Text),
    ("streams.*.window.available.path", Kind::Text),
    ("streams.*.window.format", Kind::Text),
    ("streams.*.window.from", Kind::Text),
    ("streams.*.window.incremental", Kind::Scalar),
    ("streams.*.window.lookback", Kind::Text),
    ("streams.*.window.min_slice", Kind::Text),
    ("streams.*.window.slice", Kind::Text),
    ("streams.*.window.timezone", Kind::Text),
    ("streams.*.window.to", Kind::Text),
    ("streams.*.window.too_deep.code", Kind::Text),
    ("streams.*.window.too_deep.status", Kind::Scalar),
];

/// What is built in for a stream that has a window.
pub(in crate::config) const DEFAULTS: &str = r#"
[window]
format = "%Y-%m-%dT%H:%M:%S.%3fZ"
incremental = false
lookback = "0s"
timezone = "UTC"
to = "now"
"#;

/// The time that is pulled, half-open, in slices that tile it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// How the server says up to when its data is complete.
    pub available: Option<Available>,
    /// Of `{window.start}` and `{window.end}` in requests, as in strftime.
    #[serde(deserialize_with = "text::time_format")]
    pub format: String,
    /// When it begins. Only in a stream of a preset that nobody completed is there none.
    #[serde(default, deserialize_with = "text::optional")]
    pub from: Option<Moment>,
    /// Whether the next run starts where the last complete one ended.
    pub incremental: bool,
    /// How much before that it starts.
    #[serde(deserialize_with = "text::span")]
    pub lookback: Span,
    /// What a slice that is too deep is halved down to.
    #[serde(default, deserialize_with = "text::some_span")]
    pub min_slice: Option<Span>,
    /// The length of a slice; without one, there is one slice.
    #[serde(default, deserialize_with = "text::some_span")]
    pub slice: Option<Span>,
    /// Of dates, and of slices of whole days.
    #[serde(deserialize_with = "text::timezone")]
    pub timezone: TimeZone,
    /// When it ends.
    #[serde(deserialize_with = "text::read")]
    pub to: Moment,
    /// How the server says that a slice holds more than it gives out.
    pub too_deep: Option<TooDeep>,
}

/// Where the server says up to when its data is complete.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Available {
    /// Where in the answer the moment stands.
    pub at: Pointer,
    /// Appended to the base URL; starts with a slash.
    pub path: String,
}

/// How the server says that a query holds more than it gives out.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TooDeep {
    /// The API's own code; any where none is given.
    pub code: Option<String>,
    /// The status of the answer.
    #[serde(deserialize_with = "status::read")]
    pub status: StatusCode,
}
