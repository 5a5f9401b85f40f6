//! `[streams.NAME.job]`: an asynchronous export, whose results the stream then lists.

use std::time::Duration;

use http::Method;
use longhaul_core::Pointer;
use serde::Deserialize;

use crate::config::values::{
    body::Body,
    choice, duration,
    kind::{Kind, Row},
    query::Query,
};

pub(in crate::config) const KEYS: &[Row] = &[
    ("streams.*.job.cancel.method", Kind::Text),
    ("streams.*.job.cancel.path", Kind::Text),
    ("streams.*.job.done", Kind::List),
    ("streams.*.job.every", Kind::Text),
    ("streams.*.job.failed", Kind::List),
    ("streams.*.job.id", Kind::Text),
    ("streams.*.job.message", Kind::Text),
    ("streams.*.job.poll", Kind::Text),
    ("streams.*.job.state", Kind::Text),
    ("streams.*.job.submit.body", Kind::Body),
    ("streams.*.job.submit.body.**", Kind::Free),
    ("streams.*.job.submit.method", Kind::Text),
    ("streams.*.job.submit.path", Kind::Text),
    ("streams.*.job.submit.query.*", Kind::Text),
    ("streams.*.job.timeout", Kind::Text),
];

/// What is built in for a stream that has a job.
pub(in crate::config) const DEFAULTS: &str = r#"
[job]
every = "3s"
failed = []
timeout = "2h"
"#;

/// What is built in for its requests, where they are written.
pub(in crate::config) const SUBMIT_DEFAULTS: &str = r#"
[job.submit]
method = "POST"
"#;
pub(in crate::config) const CANCEL_DEFAULTS: &str = r#"
[job.cancel]
method = "DELETE"
"#;

/// An export that is submitted, polled until it is done, and then listed by the stream's own requests.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// How it is called off.
    pub cancel: Option<Cancel>,
    /// The states in which its results can be listed; at least one.
    pub done: Vec<String>,
    /// The wait between polls.
    #[serde(deserialize_with = "duration::positive")]
    pub every: Duration,
    /// The states it does not come back from.
    pub failed: Vec<String>,
    /// Where the answer to its submission holds its id.
    pub id: Pointer,
    /// Where the answer to a poll says why it failed.
    pub message: Option<Pointer>,
    /// The path it is polled at, by GET; starts with a slash.
    pub poll: String,
    /// Where the answer to a poll holds its state.
    pub state: Pointer,
    /// How it is submitted.
    pub submit: Submit,
    /// The longest it may take.
    #[serde(deserialize_with = "duration::positive")]
    pub timeout: Duration,
}

/// The request that submits a job.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submit {
    /// What it carries.
    pub body: Option<Body>,
    /// Its method.
    #[serde(deserialize_with = "choice::method")]
    pub method: Method,
    /// Appended to the base URL; starts with a slash.
    pub path: String,
    /// Its parameters.
    #[serde(default)]
    pub query: Query,
}

/// The request that calls a job off.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    /// Its method.
    #[serde(deserialize_with = "choice::method")]
    pub method: Method,
    /// Appended to the base URL; starts with a slash.
    pub path: String,
}
