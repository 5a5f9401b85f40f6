//! The loaded configuration: complete, checked, and with the origin of every value.

use std::{collections::BTreeMap, path::Path};

use longhaul_core::suggest;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    check,
    credentials::with_stand_ins,
    definition,
    error::ConfigError,
    every_error::{every_error, in_order},
    load::{defaults, extract::extract, layers, region, sources::Sources, stack::Stack},
    origin::Origin,
    sections::{auth::Auth, root::Config, sink::Sink, stream::Stream},
    show, tree,
    values::secret::{SecretSource, may_run_commands},
};

/// A loaded configuration.
#[derive(Debug)]
pub struct Loaded {
    /// The configuration itself.
    pub config: Config,
    /// Warnings, one clause each.
    pub warnings: Vec<String>,
    credential_variables: Vec<String>,
    stack: Stack,
}

/// Loads the configuration, or returns all errors in it, in the order of the files. It sends, runs and writes nothing.
pub fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
    load_with(sources, |_| Vec::new())
}

/// Does what [`load`] does. If there are errors, adds those that `more` finds in what can be read. A value that cannot be
/// read is missing there.
pub fn load_with(
    sources: &Sources,
    more: impl FnOnce(&Loaded) -> Vec<ConfigError>,
) -> Result<Loaded, ConfigError> {
    let (mut stack, mut warnings) = layers::read(sources)?;
    if let Some(range) = &sources.range {
        range.lay(&mut stack)?;
    }
    region::settle(&mut stack)?;
    stack.underlay(defaults::beneath(&stack.values()));
    let refused = |errors: ConfigError, config, stack| {
        let loaded = Loaded { config, warnings: Vec::new(), credential_variables: Vec::new(), stack };
        let errors = errors.apart().chain(more(&loaded)).collect();
        loaded.in_order(errors).map(|()| loaded)
    };
    let mut config = match extract(&stack) {
        Ok(config) => config,
        Err(first) => {
            let stand_ins = sources.may_lack_credentials.then(|| with_stand_ins(&stack)).flatten();
            let Some((config, missing)) = stand_ins else {
                return match every_error(&stack, first) {
                    (errors, Some(config)) => refused(errors, config, stack),
                    (errors, None) => Err(in_order(&stack, errors)),
                };
            };
            warnings.extend(missing);
            config
        }
    };
    match check::check(&config, &stack) {
        Ok(of_checks) => warnings.extend(of_checks),
        Err(errors) => return refused(errors, config, stack),
    }
    let mut credential_variables: Vec<_> = config.environment.keys().cloned().collect();
    credential_variables.extend(config.sinks.values().flat_map(Sink::variables).map(str::to_owned));
    for (typed, secret) in config.secrets_mut() {
        credential_variables.extend(secret.variable().map(str::to_owned));
        let origin = stack.origin(&typed);
        let ownership = stack.ownership(&origin);
        secret.place(tree::dotted(&typed), origin, ownership);
    }
    Ok(Loaded { config, warnings, credential_variables, stack })
}

impl Loaded {
    /// Where the value of `key` comes from. The key is written as in TOML. For a table, it is the topmost layer that
    /// extends it.
    pub fn origin_of(&self, key: &str) -> Origin {
        let names = toml_edit::Key::parse(key).unwrap_or_default();
        self.stack.origin(&names.iter().map(|name| name.get().to_owned()).collect::<Vec<_>>())
    }

    /// The same without credentials and other secrets, for work that sends nothing.
    #[must_use]
    pub fn without_secrets(mut self) -> Self {
        // Keys must be real ones, so none is better than a stand-in.
        self.config.auth = Auth::None;
        (self.config.api.client_cert, self.config.api.client_key) = (None, None);
        self.config.secrets_mut().into_iter().for_each(|(_, secret)| *secret = SecretSource::stand_in());
        self
    }

    /// The names of the environment variables that hold credentials or other values of this configuration: those of
    /// `[environment]`, and those that secrets name. Another program has no use for them.
    pub fn credential_variables(&self) -> &[String] {
        &self.credential_variables
    }

    /// The files that were read, as they were named.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.stack.files().filter_map(|origin| match origin {
            Origin::File { path, .. } => Some(path.as_path()),
            _ => None,
        })
    }

    /// The same without credentials, for the replay of a recording. Header values that the files contain stay, because they
    /// may have placeholders.
    #[must_use]
    pub fn for_replay(mut self) -> Self {
        self.config.auth = Auth::None;
        (self.config.api.client_cert, self.config.api.client_key) = (None, None);
        let secrets = self.config.secrets_mut().into_iter().map(|(_, secret)| secret);
        secrets.filter(|secret| secret.is_hidden()).for_each(|secret| *secret = SecretSource::stand_in());
        self
    }

    /// An error in `key` that was found outside this module. If the value is a default, the error points to the table
    /// around it.
    pub fn error_at(&self, key: &str, message: impl Into<String>) -> ConfigError {
        let origin = match (self.origin_of(key), key.rsplit_once('.')) {
            (Origin::Default, Some((table, _))) => self.origin_of(table),
            (origin, _) => origin,
        };
        ConfigError::new(message).at(key, origin)
    }

    /// Checks that nobody else could have written the file with `key`, which names a command to run.
    pub fn may_run(&self, key: &str) -> Result<(), ConfigError> {
        let ownership = self.stack.ownership(&self.origin_of(key));
        let error = |clause: &str| self.error_at(key, format!("`{key}`: {clause}"));
        ownership.map_or(Ok(()), |ownership| may_run_commands(ownership, error))
    }

    /// All these errors as one, in the order of the files. `Ok` if there are none.
    pub fn in_order(&self, errors: Vec<ConfigError>) -> Result<(), ConfigError> {
        let all = ConfigError::all(errors.into_iter().map(Err));
        all.map_err(|errors| in_order(&self.stack, errors))
    }

    /// The stream `name`, checked. It may be a stream of the preset that no other layer extends.
    pub fn stream(&self, name: &str) -> Result<&Stream, ConfigError> {
        let stream = self.known_stream(name)?;
        check::stream(&self.config, &self.stack, name, stream)?;
        Ok(stream)
    }

    /// The stream `name`. It may be incomplete, such as one of a preset whose range of time is not configured.
    pub fn known_stream(&self, name: &str) -> Result<&Stream, ConfigError> {
        let streams = &self.config.streams;
        streams.get(name).ok_or_else(|| {
            let suggestion = suggest::closest(name, streams.keys());
            ConfigError::new(format!("unknown stream `{name}`{suggestion}"))
                .with_hint("longhaul streams lists the configured streams")
        })
    }

    /// The streams that any layer except the preset defines or extends, all checked. Those in files come first, in the
    /// order of the files; those that only the environment or the command line names follow, sorted by name.
    pub fn streams(&self) -> Vec<(&str, &Stream)> {
        self.named(self.stack.own_streams())
    }

    /// The same streams, followed by the other streams of the preset. These may be incomplete.
    pub fn all_streams(&self) -> Vec<(&str, &Stream)> {
        let names = self.config.streams.keys().map(String::as_str);
        let mut all = self.named(self.stack.all_streams());
        // In YAML, the lines of streams are not always found, so the preset may have more streams than `all_streams`.
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

    /// A fingerprint of what decides how the pages of `stream` look.
    pub fn pages_definition(&self, stream: &str) -> String {
        definition::of_pages(&self.stack.values(), stream)
    }

    /// A fingerprint of what decides what the value means that the records of `stream` reach.
    pub fn incremental_definition(&self, stream: &str) -> String {
        definition::of_incremental(&self.stack.values(), stream)
    }

    /// The values that `--set` and other flags gave, with their keys.
    pub fn of_flags(&self) -> Vec<(String, Value)> {
        let values = self.stack.values();
        let leaves = tree::leaves(&values).into_iter();
        let set = leaves.filter(|(path, _)| {
            matches!(self.stack.origin(path), Origin::Command { .. } | Origin::Flag { .. })
        });
        set.map(|(path, value)| (tree::dotted(&path), Value::deserialize(value).unwrap_or_default()))
            .collect()
    }

    /// One line per value, sorted by key: `key = value  # origin`. Secrets are shown as `"***"`.
    pub fn listing(&self) -> String {
        show::listing(&self.stack)
    }
}
