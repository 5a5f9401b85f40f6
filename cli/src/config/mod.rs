//! The configuration: read from all its layers, complete, checked, and with the origin of every value.
//!
//! Each section of the schema is a file: its types, its keys and what is built in. A new key is a field and a
//! row of `KEYS` there; a new section also a line in `keys.rs`, `root.rs` and, if it has defaults,
//! `defaults.rs`.
//!
//! Layers, lowest first: what is built in; the preset that `system` names; the machine's file; the user's;
//! `longhaul.toml` in the working directory, or the files named on the command line instead; the variables
//! that `[environment]` names; those that begin with `LONGHAUL_`; `--set`.

mod api;
mod auth;
mod body;
mod canonical;
mod check;
mod choice;
mod concurrency;
mod defaults;
mod definition;
mod duplicates;
mod duration;
mod environment;
mod error;
mod explain;
mod file;
mod flags;
mod header;
mod http_url;
mod job;
mod keys;
mod layers;
mod lines;
mod moment;
mod origin;
mod pages;
mod preset;
mod query;
mod rate;
mod refusals;
mod region;
mod retry;
mod root;
mod secret;
mod show;
mod sink;
mod size;
mod stack;
mod stream;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod trust;
mod window;

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
};

use longhaul_core::suggest;

pub use self::{
    api::{Api, Proxy},
    auth::{Auth, ClientAuth, Grant},
    body::Body,
    error::ConfigError,
    job::{Cancel, Job, Submit},
    moment::{Moment, MomentError},
    origin::Origin,
    pages::{Pages, RelativeTo},
    query::{Query, Values},
    rate::{Rate, RateHeaders},
    refusals::Refusals,
    retry::Retry,
    root::Config,
    secret::{SecretSource, Secrets},
    sink::Sink,
    stream::Stream,
    table::Table,
    window::{Available, TooDeep, Window},
};
use self::{file::ENDINGS, stack::Stack};

/// What a configuration is read from. `Debug` does not show the environment, nor the values of `--set`.
#[derive(Clone, Default)]
pub struct Sources {
    /// The working directory, absolute.
    pub cwd: PathBuf,
    /// The variables of the environment; `HOME` and `XDG_CONFIG_HOME` say where the user's file is.
    pub environment: Vec<(OsString, OsString)>,
    /// The files named on the command line, the last one on top. If there are any, `longhaul.toml` is not
    /// read.
    pub files: Vec<PathBuf>,
    /// The machine's file: `/etc/longhaul/config.toml`.
    pub machine_file: Option<PathBuf>,
    /// What `--set` was given, the last one on top.
    pub set: Vec<String>,
}

/// A configuration that was read.
#[derive(Debug)]
pub struct Loaded {
    /// What it says.
    pub config: Config,
    /// What is odd about it, one clause each.
    pub warnings: Vec<String>,
    stack: Stack,
}

/// Reads the configuration. The first thing that is wrong is the error; nothing is sent, run, or written.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
    let (mut stack, mut warnings) = layers::read(sources)?;
    region::settle(&mut stack)?;
    stack.underlay(defaults::beneath(&stack.values()));
    let mut config = stack.extract()?;
    warnings.extend(check::check(&config, &stack)?);
    for (typed, secret) in config.secrets_mut() {
        let origin = stack.origin(&typed);
        let ownership = stack.ownership(&origin);
        secret.place(keys::dotted(&typed), origin, ownership);
    }
    Ok(Loaded { config, warnings, stack })
}

impl Loaded {
    /// Where the value of `key`, written as in TOML, comes from; for a table, the topmost place that extends
    /// it.
    pub fn origin_of(&self, key: &str) -> Origin {
        let names = toml_edit::Key::parse(key).unwrap_or_default();
        self.stack.origin(&names.iter().map(|name| name.get().to_owned()).collect::<Vec<_>>())
    }

    /// The files that it was read from, as they were named.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.stack.files().filter_map(|origin| match origin {
            Origin::File { path, .. } => Some(path.as_path()),
            _ => None,
        })
    }

    /// A problem with `key` that was found elsewhere. Where its value is built in, it is the table around it
    /// that was written somewhere.
    pub fn error_at(&self, key: &str, message: impl Into<String>) -> ConfigError {
        let origin = match (self.origin_of(key), key.rsplit_once('.')) {
            (Origin::Default, Some((table, _))) => self.origin_of(table),
            (origin, _) => origin,
        };
        ConfigError::new(message).at(key, origin)
    }

    /// The stream `name`, complete: also one of the preset that no other layer extends.
    pub fn stream(&self, name: &str) -> Result<&Stream, ConfigError> {
        let streams = &self.config.streams;
        let stream = streams.get(name).ok_or_else(|| {
            let suggestion = suggest::closest(name, streams.keys());
            ConfigError::new(format!("there is no stream `{name}`{suggestion}"))
                .with_hint("longhaul streams lists those that are configured")
        })?;
        check::stream(&self.config, &self.stack, name, stream)?;
        Ok(stream)
    }

    /// The streams that any layer but the preset defines or extends, all complete, in the order they are
    /// defined: as the files list them, then those that only the environment or the command line names, by
    /// name.
    pub fn streams(&self) -> Vec<(&str, &Stream)> {
        self.named(self.stack.own_streams())
    }

    /// Those, then the others of the preset, which may lack what only the user can say.
    pub fn all_streams(&self) -> Vec<(&str, &Stream)> {
        let names = self.config.streams.keys().map(String::as_str);
        let mut all = self.named(self.stack.all_streams());
        // A preset in YAML need not be laid out such that its streams are found line by line.
        let rest: Vec<_> = names.filter(|name| all.iter().all(|(known, _)| known != name)).collect();
        all.extend(self.named(rest));
        all
    }

    fn named<'l>(&'l self, names: Vec<&'l str>) -> Vec<(&'l str, &'l Stream)> {
        let pairs = names.into_iter().filter_map(|name| Some((name, self.config.streams.get(name)?)));
        pairs.collect()
    }

    /// The keys that define the pull of `stream` into `sinks`, each with a fingerprint of its value.
    pub fn definition(&self, stream: &str, sinks: &[&str]) -> BTreeMap<String, String> {
        definition::definition(&self.stack.values(), stream, sinks)
    }

    /// One line for each value, in the order of the keys: `key = value  # where it was written`. Secrets are
    /// `"***"`.
    pub fn listing(&self) -> String {
        show::listing(&self.stack)
    }
}

impl Sources {
    /// The user's file, in the folder that the XDG base directory specification gives; a relative one is
    /// ignored as it says.
    fn user_file(&self) -> Option<PathBuf> {
        let folder = |name: &str| {
            let (_, value) = self.environment.iter().find(|(candidate, _)| candidate == name)?;
            Some(PathBuf::from(value)).filter(|folder| folder.is_absolute())
        };
        let configuration = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")))?;
        Some(configuration.join("longhaul/config.toml"))
    }

    /// The file in the working directory, where none is named on the command line.
    fn found_file(&self) -> Result<Option<PathBuf>, ConfigError> {
        if !self.files.is_empty() {
            return Ok(None);
        }
        let candidates = ENDINGS.map(|ending| PathBuf::from(format!("longhaul.{ending}")));
        let mut found = candidates.into_iter().filter(|name| self.cwd.join(name).exists());
        match (found.next(), found.next()) {
            (Some(one), Some(other)) => {
                let message = format!("there are both `{}` and `{}`", one.display(), other.display());
                Err(ConfigError::new(message).with_hint("keep one of them, or name it with `-c`"))
            }
            (found, _) => Ok(found),
        }
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cwd, files, machine_file, .. } = self;
        let mut shown = f.debug_struct("Sources");
        shown.field("cwd", cwd).field("files", files).field("machine_file", machine_file);
        shown.finish_non_exhaustive()
    }
}
