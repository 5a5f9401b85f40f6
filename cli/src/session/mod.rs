//! A session: the configuration of a command, and what all its work shares.

pub(crate) mod changes;
mod children;
pub(crate) mod continuation;
pub(crate) mod first_page;
pub(crate) mod lock;
pub(crate) mod names;
pub(crate) mod out;
pub(crate) mod output_files;
pub(crate) mod parents;
pub(crate) mod partitions;
mod path_conflicts;
pub(crate) mod plan;
mod planned;
mod pull_id;
pub(crate) mod range;
pub(crate) mod recording;
pub(crate) mod resume;
pub(crate) mod run_record;
mod sample;
pub(crate) mod state_place;

use std::{
    ffi::OsString,
    num::NonZeroU64,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use jiff::{Timestamp, tz::TimeZone};
use longhaul_core::{
    Clock, Secret, Source,
    client::rate::Share,
    clock::SystemClock,
    event::{Observer, Observers, Unobserved},
    sink::Variables,
    state::StateFile,
};

use tempfile::TempDir;

use crate::{
    args::RunArguments,
    build::{self, Access, ConfiguredSinks, Exchanges, Limits, SinkTypes, StoreAccess},
    config::{self, ConfigError, Loaded, Sources, Stream},
    session::state_place::StatePlace,
    stop::Stop,
    terminal::{failure::Failure, invocation::Invocation, progress::Progress, report::Chain, screen::Screen},
};

/// The configuration of a command, and what all its work shares.
#[derive(Debug)]
pub(crate) struct Session {
    /// The configuration.
    pub(crate) loaded: Loaded,
    /// The environment variables.
    pub(crate) environment: Vec<(OsString, OsString)>,
    /// The command, to repeat in hints.
    pub(crate) invocation: Invocation,
    /// The working folder.
    pub(crate) folder: PathBuf,
    /// Writes to stderr.
    pub(crate) screen: Screen,
    /// The clock. Its waits end when the run is stopped.
    pub(crate) clock: Arc<dyn Clock>,
    /// Shows the progress of the run.
    pub(crate) progress: Progress,
    /// Receives the events of the run besides `progress`.
    pub(in crate::session) recorder: OnceLock<Arc<dyn Observer>>,
    /// Stops the run.
    pub(crate) stop: Stop,
    /// When the command started. Relative times refer to it.
    pub(crate) now: Timestamp,
    /// How requests travel.
    pub(crate) exchanges: Exchanges,
    /// The folder with the state of a replay. It is removed at the end.
    pub(crate) own_state: Option<TempDir>,
    pub(in crate::session) state_place: OnceLock<StatePlace>,
}

impl Session {
    /// Loads the configuration. Nothing is sent.
    pub(crate) fn start(
        sources: Sources,
        invocation: Invocation,
        screen: Screen,
        stop: Stop,
    ) -> Result<Self, Failure> {
        let loaded = config::load_with(&sources, |loaded| {
            let plugin_path = &loaded.config.plugin_path;
            let plugins = build::plugins(plugin_path, &sources.environment, &sources.cwd);
            let stores = StoreAccess {
                loaded,
                environment: &sources.environment,
                observer: Arc::new(Unobserved),
                secrets: screen.secrets(),
                folder: sources.cwd.join(loaded.config.local_dir()),
            };
            plugins.map_or(Vec::new(), |plugins| {
                ConfiguredSinks::errors(loaded, &SinkTypes::new(plugins, stores), &sources.cwd)
            })
        })?;
        loaded.warnings.iter().for_each(|warning| log::warn!("{warning}"));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new(stop.interrupt()));
        let progress = Progress::new(Arc::clone(&clock), screen.clone());
        // Outside the range of timestamps, any time will do for a file name.
        let now = Timestamp::try_from(clock.now()).unwrap_or_default();
        let Sources { environment, cwd: folder, .. } = sources;
        let (recorder, exchanges, own_state) = (OnceLock::new(), Exchanges::Live, None);
        Ok(Self {
            loaded,
            environment,
            invocation,
            folder,
            screen,
            clock,
            progress,
            recorder,
            stop,
            now,
            exchanges,
            own_state,
            state_place: OnceLock::new(),
        })
    }

    /// Sends the events of every client that is built from now on to `recorder`, too. There can be one.
    pub(crate) fn observe(&self, recorder: Arc<dyn Observer>) {
        // The command line has each flag once.
        let _ = self.recorder.set(recorder);
    }

    /// Builds the client of the API for a command that somebody waits for: if there is no connection to the server, it
    /// fails at once.
    pub(crate) fn connect(&self) -> Result<Access, Failure> {
        self.client(&RunArguments::default(), false)
    }

    /// Builds the client of the API for a run with these arguments.
    pub(crate) fn connect_for(&self, arguments: &RunArguments) -> Result<Access, Failure> {
        self.client(arguments, true)
    }

    fn client(&self, arguments: &RunArguments, reconnect: bool) -> Result<Access, Failure> {
        let progress: Arc<dyn Observer> = Arc::new(self.progress.clone());
        let observer = match self.recorder.get() {
            Some(recorder) => Arc::new(Observers(vec![progress, Arc::clone(recorder)])),
            None => progress,
        };
        let workers = arguments.workers();
        let part = arguments.part.filter(|part| part.of == workers);
        let limits = Limits {
            requests: arguments.max_requests.map(NonZeroU64::get),
            reconnect,
            stop: self.stop.clone(),
            share: Share { workers, index: part.map(|part| part.index) },
            spool_folder: self.local_folder(),
        };
        let access = build::connect(
            &self.loaded,
            &self.environment,
            &self.clock,
            &observer,
            self.screen.secrets(),
            limits,
            &self.exchanges,
        )?;
        self.stop.add_transport(Arc::clone(&access.transport));
        Ok(access)
    }

    /// A valid access token; `None` if the API needs none.
    pub(crate) fn token(&self, access: &Access) -> Result<Option<Secret>, Failure> {
        access.token().map_err(|error| Failure::of_token(error, self.stop.reason()))
    }

    /// The streams with these names; without names, all configured streams in their order.
    pub(crate) fn streams<'s>(&'s self, names: &'s [String]) -> Result<Vec<(&'s str, &'s Stream)>, Failure> {
        let configured = self.loaded.streams();
        let available = self.loaded.all_streams();
        if available.is_empty() || (configured.is_empty() && names.is_empty()) {
            return Err(none_configured(&available).into());
        }
        if names.is_empty() {
            return Ok(configured);
        }
        names.iter().map(|name| Ok((name.as_str(), self.loaded.stream(name)?))).collect()
    }

    /// The types of sinks. Searches for plugins.
    pub(crate) fn sink_types(&self) -> Result<SinkTypes, Failure> {
        let plugin_path = &self.loaded.config.plugin_path;
        let plugins = build::plugins(plugin_path, &self.environment, &self.folder).map_err(Failure::usage)?;
        Ok(SinkTypes::new(plugins, self.store_access()))
    }

    /// The values of the placeholders in requests and sinks of a stream.
    pub(crate) fn variables(&self, stream: &str) -> Variables {
        let date = self.now.to_zoned(TimeZone::UTC).date().to_string();
        Variables::new(stream, &self.folder).with("date", date)
    }

    /// Builds the source of a stream.
    pub(crate) fn source(&self, name: &str, stream: &Stream, access: &Access) -> Result<Source, Failure> {
        build::source(&self.loaded, name, stream, &self.environment, self.screen.secrets(), || {
            access.shutdown_client(&self.loaded, stream)
        })
    }

    /// The file with the saved state of a pull.
    pub(crate) fn state_file(&self, pull: &str) -> Result<StateFile, Failure> {
        self.state_place().map(|place| place.file(pull))
    }

    /// Where the state is. Nothing is sent.
    pub(crate) fn state_place(&self) -> Result<&StatePlace, Failure> {
        if let Some(place) = self.state_place.get() {
            return Ok(place);
        }
        let folder = self.local_folder();
        let place = match self.loaded.config.state_bucket().filter(|_| self.own_state.is_none()) {
            None => StatePlace::Folder(folder),
            Some((bucket, prefix)) => {
                let documents = build::documents(self.store_access(), bucket).map_err(|error| {
                    self.loaded.error_at("state_dir", format!("`state_dir`: {}", Chain(&error)))
                })?;
                StatePlace::Store { documents, prefix, folder }
            }
        };
        Ok(self.state_place.get_or_init(|| place))
    }

    /// The folder with what a pull needs while it runs: locks, and files that only this machine has. It also has the state,
    /// unless that is in an object store.
    pub(crate) fn local_folder(&self) -> PathBuf {
        match &self.own_state {
            Some(folder) => folder.path().to_owned(),
            None => self.folder.join(self.loaded.config.local_dir()),
        }
    }

    fn store_access(&self) -> StoreAccess<'_> {
        StoreAccess {
            loaded: &self.loaded,
            environment: &self.environment,
            observer: Arc::new(self.progress.clone()),
            secrets: self.screen.secrets(),
            folder: self.local_folder().join("uploads"),
        }
    }
}

/// No stream is configured; `available` are the streams of a preset.
fn none_configured(available: &[(&str, &Stream)]) -> ConfigError {
    let hint = match available {
        [] => "add a table `[streams.NAME]`, or see an example: longhaul demo".to_owned(),
        [(first, _), ..] => {
            let names = available.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            format!(
                "the preset has {names}: name one on the command line, or add a table such as \
                 `[streams.{first}]`"
            )
        }
    };
    ConfigError::new("no stream is configured").with_hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_configured_stream_the_streams_of_the_preset_are_listed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("longhaul.toml");
        let preset = "api.base_url = 'https://api.example.com'\nauth.type = 'none'\n\
                      streams.users.path = '/u'\nstreams.calls.path = '/c'\n";
        std::fs::write(folder.path().join("crm.toml"), preset).unwrap();
        std::fs::write(&path, "system = './crm.toml'\n").unwrap();
        let sources = Sources { cwd: folder.path().to_owned(), ..Sources::default() };
        let loaded = config::load(&sources).unwrap();
        let error = none_configured(&loaded.all_streams());
        assert_eq!(error.to_string(), "no stream is configured");
        assert_eq!(
            error.hint(),
            Some(
                "the preset has `users`, `calls`: name one on the command line, or add a table such as `[streams.users]`"
            )
        );
        let hint = "add a table `[streams.NAME]`, or see an example: longhaul demo";
        assert_eq!(none_configured(&[]).hint(), Some(hint));
    }
}
