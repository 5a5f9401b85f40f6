//! The sinks of a run.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    path::Path,
};

use longhaul_core::{
    pull::{Column, lookup::SharedNames},
    sink::{OpenSink, Options, SinkErrorKind},
};

use super::{
    lookups::NameSource,
    new_files::{NewFiles, NewFilesOnly},
    sink::{Configured, Refused, SinkFor, SinkKey, configure},
    sink_errors::{of_options, option_error},
    sink_types::SinkTypes,
};
use crate::{
    config::{ConfigError, Loaded, placeholders},
    terminal::failure::Failure,
};

/// The sink of a stream that names no sink.
pub(crate) const STDOUT: &str = "stdout";

/// The sinks of a run, by name and by what they take from the stream.
#[derive(Debug)]
pub(crate) struct ConfiguredSinks(BTreeMap<SinkKey, Configured>);

impl ConfiguredSinks {
    /// Configures these sinks, and checks their paths. Relative ones are below `folder`. `stdout` does not need a table in
    /// the configuration.
    pub(crate) fn configure<'n>(
        loaded: &Loaded,
        wanted: impl IntoIterator<Item = SinkFor<'n>>,
        types: &SinkTypes,
        folder: &Path,
    ) -> Result<Self, Failure> {
        let wanted: Vec<_> = wanted.into_iter().collect();
        let (sinks, mut errors) =
            Self::configure_each(loaded, wanted.iter().copied(), types, |options| options)?;
        for sink in wanted {
            match sinks.check_path(loaded, sink, folder) {
                Ok(()) => {}
                Err(Refused::Configuration(of_path)) => errors.extend(of_path),
                Err(Refused::Sink(failure)) => return Err(failure),
            }
        }
        loaded.in_order(errors)?;
        Ok(sinks)
    }

    /// Configures these sinks with other options than the configured ones.
    pub(crate) fn configure_with<'n>(
        loaded: &Loaded,
        wanted: impl IntoIterator<Item = SinkFor<'n>>,
        types: &SinkTypes,
        change: impl Fn(Options) -> Options,
    ) -> Result<Self, Failure> {
        let (sinks, errors) = Self::configure_each(loaded, wanted, types, change)?;
        loaded.in_order(errors)?;
        Ok(sinks)
    }

    /// The sinks that can be configured, and what is wrong with the others.
    fn configure_each<'n>(
        loaded: &Loaded,
        wanted: impl IntoIterator<Item = SinkFor<'n>>,
        types: &SinkTypes,
        change: impl Fn(Options) -> Options,
    ) -> Result<(Self, Vec<ConfigError>), Failure> {
        let (mut sinks, mut errors) = (BTreeMap::new(), Vec::new());
        for sink in wanted {
            let Entry::Vacant(vacant) = sinks.entry(sink.key()) else { continue };
            match configure(loaded, sink, types, &change) {
                Ok(configured) => {
                    vacant.insert(configured);
                }
                Err(Refused::Configuration(of_sink)) => errors.extend(of_sink),
                Err(Refused::Sink(failure)) => return Err(failure),
            }
        }
        Ok((Self(sinks), errors))
    }

    /// What is wrong with the sinks of the streams in `loaded`, which has other errors. Sinks that do not exist or that
    /// cannot be loaded are not among these. Relative paths are below `folder`.
    pub(crate) fn errors(loaded: &Loaded, types: &SinkTypes, folder: &Path) -> Vec<ConfigError> {
        let streams = loaded.streams();
        let named =
            streams.iter().flat_map(|(_, stream)| stream.sinks.iter().map(|name| SinkFor::of(name, stream)));
        let existing: Vec<_> = named.filter(|sink| loaded.config.sinks.contains_key(sink.name)).collect();
        let (mut sinks, mut errors) = (Self(BTreeMap::new()), Vec::new());
        for sink in &existing {
            match configure(loaded, *sink, types, &|options| options) {
                Ok(configured) => {
                    sinks.0.insert(sink.key(), configured);
                }
                Err(Refused::Configuration(of_sink)) => errors.extend(of_sink),
                Err(Refused::Sink(_)) => {}
            }
        }
        for sink in existing {
            if let Err(Refused::Configuration(of_path)) = sinks.check_path(loaded, sink, folder) {
                errors.extend(of_path);
            }
        }
        errors
    }

    /// Checks the path of a sink, as far as that is possible without the values of its placeholders.
    fn check_path(&self, loaded: &Loaded, sink: SinkFor<'_>, folder: &Path) -> Result<(), Refused> {
        let mut streams = loaded.config.streams.iter();
        let stream = streams.find(|(_, stream)| std::ptr::eq(*stream, sink.stream));
        let Some(((stream, _), configured)) = stream.zip(self.get(sink)) else { return Ok(()) };
        let known = placeholders::of_sinks(stream, sink.stream, folder);
        let Err(error) = configured.destination(&known) else { return Ok(()) };
        if error.kind() != SinkErrorKind::Config {
            return Err(Refused::Sink(of_options(loaded, sink.name, error)));
        }
        let hint = placeholders::hint(stream, sink.stream, &error.to_string());
        let error = option_error(loaded, sink.name, error);
        Err(match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
        .into())
    }

    /// The same sinks for a replay. Those with these names were named by the user.
    #[must_use]
    pub(crate) fn for_replay(self, files: &NewFiles, named: &[String]) -> Self {
        let guarded = |(key, configured): (SinkKey, Configured)| {
            let is_named = named.contains(&key.0);
            let sink = NewFilesOnly { inner: configured.sink, files: files.clone(), is_named };
            (key, Configured { sink: Box::new(sink), ..configured })
        };
        Self(self.0.into_iter().map(guarded).collect())
    }

    /// The sink; `None` if it is not among these.
    pub(crate) fn get(&self, sink: SinkFor<'_>) -> Option<&dyn OpenSink> {
        self.0.get(&sink.key()).map(|configured| configured.sink.as_ref())
    }

    /// The columns that the user listed for the sink. Those of a preset fit more than one kind of records.
    pub(crate) fn columns(&self, sink: SinkFor<'_>) -> &[Column] {
        self.0.get(&sink.key()).map_or(&[], |configured| &configured.columns)
    }

    /// The names that the columns of the sink have.
    pub(crate) fn names(&self, sink: SinkFor<'_>) -> impl Iterator<Item = (&NameSource, &SharedNames)> {
        self.0.get(&sink.key()).into_iter().flat_map(|configured| &configured.names)
    }

    /// Whether the type of the sink has this option.
    pub(crate) fn knows(&self, sink: SinkFor<'_>, option: &str) -> bool {
        self.0
            .get(&sink.key())
            .is_some_and(|configured| configured.options.iter().any(|known| known == option))
    }
}
