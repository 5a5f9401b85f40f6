//! The schema as a whole.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use serde::Deserialize;

use crate::config::{
    sections::{
        api::Api, auth::Auth, errors::Refusals, rate::Rate, retry::Retry, sink::Sink, stream::Stream,
    },
    values::{
        duration,
        kind::{Kind, Row},
        secret::SecretSource,
    },
};

pub(in crate::config) const KEYS: &[Row] = &[
    ("commit_every", Kind::Text),
    ("environment.*", Kind::Key),
    ("plugin_path", Kind::Paths),
    ("region", Kind::Text),
    ("regions.*", Kind::Text),
    ("state_dir", Kind::Text),
    ("system", Kind::Text),
];

pub(in crate::config) const DEFAULTS: &str = r#"
commit_every = "1s"
plugin_path = []
state_dir = ".longhaul"
"#;

/// A configuration: complete, and right as far as can be told without asking the server or a sink.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The server.
    pub api: Api,
    /// Who asks.
    pub auth: Auth,
    /// The time between two moments at which everything pulled so far is made durable.
    #[serde(deserialize_with = "duration::any")]
    pub commit_every: Duration,
    /// Variables of the environment that the system's own tools know, with the keys that they set here, too.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// How the API says no.
    #[serde(default)]
    pub errors: Refusals,
    /// Folders searched for plugins before the defaults; absolute paths.
    pub plugin_path: Vec<PathBuf>,
    /// What the server says of its limits.
    #[serde(default)]
    pub rate: Rate,
    /// Which of the system's hosts are meant: a name or a domain of `regions`.
    pub region: Option<String>,
    /// The regions of the system, with their domains.
    #[serde(default)]
    pub regions: BTreeMap<String, String>,
    /// What is tried again.
    pub retry: Retry,
    /// Where records go, by name.
    #[serde(default)]
    pub sinks: BTreeMap<String, Sink>,
    /// Where checkpoints are kept, relative to the working directory.
    pub state_dir: PathBuf,
    /// What is pulled, by name.
    #[serde(default)]
    pub streams: BTreeMap<String, Stream>,
    /// The preset beneath: one that comes along, by its name, or a file.
    pub system: Option<String>,
}

impl Config {
    /// Every secret in here, under its key.
    pub(in crate::config) fn secrets_mut(&mut self) -> Vec<(Vec<String>, &mut SecretSource)> {
        let auth = self.auth.secrets_mut().into_iter().map(|(below, secret)| (path("auth", &below), secret));
        let api = self.api.headers.iter_mut().map(|(name, secret)| (path("api", &["headers", name]), secret));
        let streams = self.streams.iter_mut().flat_map(|(stream, Stream { headers, .. })| {
            headers
                .iter_mut()
                .map(move |(name, secret)| (path("streams", &[stream, "headers", name]), secret))
        });
        auth.chain(api).chain(streams).collect()
    }
}

fn path(top: &str, below: &[&str]) -> Vec<String> {
    std::iter::once(&top).chain(below).map(|&name| name.to_owned()).collect()
}
