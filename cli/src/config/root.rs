//! The schema as a whole.

use std::{collections::BTreeMap, path::PathBuf};

use serde::Deserialize;

use super::{
    api::Api,
    auth::Auth,
    keys::{Kind, Row},
    retry::Retry,
    secret::SecretSource,
    sink::Sink,
    stream::Stream,
};

pub(super) const KEYS: &[Row] = &[("plugin_path", Kind::Paths), ("state_dir", Kind::Text)];

pub(super) const DEFAULTS: &str = r#"
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
    /// Folders searched for plugins before the defaults; absolute paths.
    pub plugin_path: Vec<PathBuf>,
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
}

impl Config {
    /// Every secret in here, under its key.
    pub(super) fn secrets_mut(&mut self) -> Vec<(Vec<String>, &mut SecretSource)> {
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
