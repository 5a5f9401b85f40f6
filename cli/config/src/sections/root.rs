//! The configuration as a whole.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    sections::{
        about::About, api::Api, auth::Auth, errors::Refusals, rate::Rate, retry::Retry, sink::Sink,
        stores::Stores, stream::Stream,
    },
    values::{duration, kind::Key, path::ReadPath, secret::SecretSource},
};

/// The configuration of longhaul.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "longhaul configuration")]
pub struct Config {
    /// What a preset says about itself.
    #[serde(default)]
    pub about: About,
    /// The API.
    #[schemars(extend("default" = {}))]
    pub api: Api,
    /// How longhaul authenticates.
    pub auth: Auth,
    /// Time between two commits. A commit makes everything pulled so far durable. Slow ones are up to `30s` apart, so that
    /// they take at most 3 % of the time. `0s` commits after each page.
    #[serde(with = "duration::Any")]
    #[schemars(extend("default" = "1s"))]
    pub commit_every: Duration,
    /// Names of environment variables, each with the key that it sets, such as `"auth.client_id"`.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Key>")]
    pub environment: BTreeMap<String, String>,
    /// How the API reports errors.
    #[serde(default)]
    pub errors: Refusals,
    /// Folders that are searched for plugins before the default ones.
    #[schemars(with = "Vec<ReadPath>", extend("default" = []))]
    pub plugin_path: Vec<PathBuf>,
    /// How many requests the API allows.
    pub rate: Option<Rate>,
    /// Name or domain of one of the `regions`.
    pub region: Option<String>,
    /// Names of regions, each with its domain. `{domain}` in `api.base_url` and `auth.token_url` stands for the domain
    /// of the chosen `region`.
    #[serde(default)]
    pub regions: BTreeMap<String, String>,
    /// When and how often a request is retried.
    #[schemars(extend("default" = {}))]
    pub retry: Retry,
    /// Local folder for what a pull needs while it runs, if `state_dir` is in an object store.
    #[schemars(extend("x-default" = "`.longhaul`"))]
    pub scratch_dir: Option<PathBuf>,
    /// Where records go, by name.
    #[serde(default)]
    pub sinks: BTreeMap<String, Sink>,
    /// Folder for checkpoints, relative to the working folder; or a place in an object store, such as
    /// `s3://bucket/state`.
    #[schemars(extend("default" = ".longhaul"))]
    pub state_dir: PathBuf,
    /// The object stores that paths of sinks lead to.
    pub stores: Option<Stores>,
    /// What to pull, by name.
    #[serde(default)]
    pub streams: BTreeMap<String, Stream>,
    /// The preset: the name of a built-in one such as `genesys`, or the path of a file.
    pub system: Option<String>,
}

impl Config {
    /// The bucket with the state, and what the keys in it start with, if the state is in an object store.
    pub fn state_bucket(&self) -> Option<(&str, String)> {
        let rest = self.state_dir.to_str()?.strip_prefix("s3://")?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.trim_end_matches('/');
        Some((bucket, if prefix.is_empty() { String::new() } else { format!("{prefix}/") }))
    }

    /// The folder for what a pull needs while it runs. It also has the state, unless that is in an object store.
    pub fn local_dir(&self) -> &Path {
        match &self.scratch_dir {
            Some(folder) if self.state_bucket().is_some() => folder,
            None if self.state_bucket().is_some() => Path::new(".longhaul"),
            _ => &self.state_dir,
        }
    }

    /// All secrets with their keys.
    pub(crate) fn secrets_mut(&mut self) -> Vec<(Vec<String>, &mut SecretSource)> {
        let auth = self.auth.secrets_mut().into_iter().map(|(below, secret)| (path("auth", &below), secret));
        let api = self.api.headers.iter_mut().map(|(name, secret)| (path("api", &["headers", name]), secret));
        let key = self.api.client_key.iter_mut().map(|secret| (path("api", &["client_key"]), secret));
        let s3 = self.stores.as_mut().and_then(|stores| stores.s3.as_mut());
        let keys = s3.into_iter().flat_map(|s3| {
            [
                ("access_key", &mut s3.access_key),
                ("secret_key", &mut s3.secret_key),
                ("session_token", &mut s3.session_token),
            ]
        });
        let keys = keys.filter_map(|(name, secret)| Some((path("stores", &["s3", name]), secret.as_mut()?)));
        let streams = self.streams.iter_mut().flat_map(|(stream, Stream { headers, .. })| {
            headers
                .iter_mut()
                .map(move |(name, secret)| (path("streams", &[stream, "headers", name]), secret))
        });
        auth.chain(api).chain(key).chain(keys).chain(streams).collect()
    }
}

fn path(top: &str, below: &[&str]) -> Vec<String> {
    std::iter::once(&top).chain(below).map(|&name| name.to_owned()).collect()
}
