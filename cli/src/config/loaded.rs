//! A configuration that was read: complete, checked, and with the origin of every value.

use std::{collections::BTreeMap, path::Path};

use longhaul_core::suggest;

use crate::config::{
    check, definition,
    error::ConfigError,
    load::{defaults, extract::extract, layers, region, sources::Sources, stack::Stack},
    origin::Origin,
    sections::{root::Config, stream::Stream},
    show, tree,
};

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
    let mut config = extract(&stack)?;
    warnings.extend(check::check(&config, &stack)?);
    for (typed, secret) in config.secrets_mut() {
        let origin = stack.origin(&typed);
        let ownership = stack.ownership(&origin);
        secret.place(tree::dotted(&typed), origin, ownership);
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
            ConfigError::new(format!("unknown stream `{name}`{suggestion}"))
                .with_hint("longhaul streams lists the configured streams")
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
