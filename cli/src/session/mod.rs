//! What every command that talks to an API begins with.

pub(crate) mod first_page;
pub(crate) mod lock;
mod path_conflicts;
pub(crate) mod plan;
pub(crate) mod range;
pub(crate) mod resume;

use std::{ffi::OsString, path::PathBuf, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};
use longhaul_core::{
    Clock, Secret, Source, clock::SystemClock, disk::SystemDisk, event::Observer, sink::Variables,
    state::StateFile,
};

use longhaul_plugin_host::Plugins;

use crate::{
    build::{self, Access, Limits},
    config::{self, ConfigError, Loaded, Sources, Stream},
    stop::Stop,
    terminal::{failure::Failure, invocation, progress::Progress, screen::Screen},
};

/// The configuration of one invocation, and what is shared by all that it does.
#[derive(Debug)]
pub(crate) struct Session {
    /// The configuration.
    pub(crate) loaded: Loaded,
    /// The environment variables.
    pub(crate) environment: Vec<(OsString, OsString)>,
    /// The options by which the command was told its configuration, as it was typed.
    pub(crate) options: String,
    /// The working folder.
    pub(crate) folder: PathBuf,
    /// What shows on stderr.
    pub(crate) screen: Screen,
    /// The clock, whose waits end on a signal.
    pub(crate) clock: Arc<dyn Clock>,
    /// What watches the run.
    pub(crate) progress: Progress,
    /// The signals.
    pub(crate) stop: Stop,
    /// When the command was given; all relative times count from here.
    pub(crate) now: Timestamp,
}

impl Session {
    /// Reads the configuration. Nothing is sent.
    pub(crate) fn begin(sources: Sources, screen: Screen, stop: Stop) -> Result<Self, Failure> {
        let loaded = config::load(&sources)?;
        loaded.warnings.iter().for_each(|warning| log::warn!("{warning}"));
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new(stop.interrupt()));
        let progress = Progress::new(Arc::clone(&clock), screen.clone());
        // A time of day that no calendar has is as good as any for a file name.
        let now = Timestamp::try_from(clock.now()).unwrap_or_default();
        let options = invocation::options(&sources.files, &sources.set);
        let Sources { environment, cwd: folder, .. } = sources;
        Ok(Self { loaded, environment, options, folder, screen, clock, progress, stop, now })
    }

    /// The way to the API.
    pub(crate) fn connect(&self) -> Result<Access, Failure> {
        self.connect_within(None)
    }

    /// The way to the API, for so many requests.
    pub(crate) fn connect_within(&self, requests: Option<u64>) -> Result<Access, Failure> {
        let observer: Arc<dyn Observer> = Arc::new(self.progress.clone());
        let limits = Limits { requests, stop: self.stop.clone() };
        let access = build::connect(&self.loaded, &self.environment, &self.clock, &observer, limits)?;
        self.stop.breaks_off(Arc::clone(&access.transport));
        Ok(access)
    }

    /// A valid token, or why there is none.
    pub(crate) fn token(&self, access: &Access) -> Result<Option<Secret>, Failure> {
        access.token().map_err(|error| Failure::of_token(error, self.stop.reason()))
    }

    /// The streams of these names; without any, all that are configured, in their order there.
    pub(crate) fn streams<'s>(&'s self, names: &'s [String]) -> Result<Vec<(&'s str, &'s Stream)>, Failure> {
        let configured = self.loaded.streams();
        let offered = self.loaded.all_streams();
        if offered.is_empty() || (configured.is_empty() && names.is_empty()) {
            return Err(none_configured(&offered).into());
        }
        if names.is_empty() {
            return Ok(configured);
        }
        names.iter().map(|name| Ok((name.as_str(), self.loaded.stream(name)?))).collect()
    }

    /// Where plugins are looked for.
    pub(crate) fn plugins(&self) -> Result<Plugins, Failure> {
        let plugin_path = &self.loaded.config.plugin_path;
        build::plugins(plugin_path, &self.environment, &self.folder).map_err(Failure::usage)
    }

    /// What sinks and requests of a stream are told of its pull.
    pub(crate) fn variables(&self, stream: &str) -> Variables {
        let date = self.now.to_zoned(TimeZone::UTC).date().to_string();
        Variables::new(stream, &self.folder).with("date", date)
    }

    /// What a stream pulls.
    pub(crate) fn source(&self, name: &str, stream: &Stream, access: &Access) -> Result<Source, Failure> {
        build::source(&self.loaded, name, stream, &self.environment, || access.parting_client(&self.loaded))
    }

    /// The file that keeps what is remembered of a stream between runs.
    pub(crate) fn state_file(&self, stream: &str) -> StateFile {
        StateFile::new(Arc::new(SystemDisk), self.state_folder(), stream)
    }

    /// The folder that keeps what is remembered between runs.
    pub(crate) fn state_folder(&self) -> PathBuf {
        self.folder.join(&self.loaded.config.state_dir)
    }
}

/// That there is nothing to pull; `offered` is what a preset has.
fn none_configured(offered: &[(&str, &Stream)]) -> ConfigError {
    let hint = match offered {
        [] => "add a table `[streams.NAME]`, or see an example: longhaul demo".to_owned(),
        [(first, _), ..] => {
            let names = offered.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
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
    fn what_a_preset_offers_is_listed_where_nothing_is_configured() {
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
