//! What every command that talks to an API begins with.

use std::{ffi::OsString, path::PathBuf, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};
use longhaul_core::{Clock, Secret, clock::SystemClock, event::Observer, pages::Listing, sink::Site};

use longhaul_plugin_host::Plugins;

use crate::{
    config::{self, ConfigError, Loaded, Sources, Stream},
    failure::Failure,
    progress::Progress,
    screen::Screen,
    signal::Stop,
    wire::{self, Access},
};

/// The configuration of one invocation, and what is shared by all that it does.
#[derive(Debug)]
pub(crate) struct Session {
    /// The configuration.
    pub(crate) loaded: Loaded,
    /// The environment variables.
    pub(crate) environment: Vec<(OsString, OsString)>,
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
    date: String,
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
        let date = now.to_zoned(TimeZone::UTC).date().to_string();
        let Sources { environment, cwd: folder, .. } = sources;
        Ok(Self { loaded, environment, folder, screen, clock, progress, stop, date })
    }

    /// The way to the API.
    pub(crate) fn connect(&self) -> Result<Access, Failure> {
        let observer: Arc<dyn Observer> = Arc::new(self.progress.clone());
        let access = wire::connect(&self.loaded, &self.environment, &self.clock, &observer)?;
        self.stop.breaks_off(Arc::clone(&access.transport));
        Ok(access)
    }

    /// A valid token, or why there is none.
    pub(crate) fn token(&self, access: &Access) -> Result<Option<Secret>, Failure> {
        access.token().map_err(|error| Failure::of_token(error, self.stop.received()))
    }

    /// The streams of these names; without any, all that are configured, in their order there.
    pub(crate) fn streams<'s>(&'s self, names: &'s [String]) -> Result<Vec<(&'s str, &'s Stream)>, Failure> {
        let configured = self.loaded.streams();
        if configured.is_empty() {
            return Err(ConfigError::new("no stream is configured")
                .with_hint("write a table `[streams.NAME]`, or see what a pull looks like: longhaul demo")
                .into());
        }
        if names.is_empty() {
            return Ok(configured);
        }
        names.iter().map(|name| Ok((name.as_str(), self.stream(name)?))).collect()
    }

    fn stream(&self, name: &str) -> Result<&Stream, Failure> {
        let streams = &self.loaded.config.streams;
        streams.get(name).ok_or_else(|| {
            let suggestion = longhaul_core::suggest::closest(name, streams.keys());
            Failure::usage(ConfigError::new(format!("there is no stream `{name}`{suggestion}")))
                .hint("longhaul streams lists those that are configured")
        })
    }

    /// Where plugins are looked for.
    pub(crate) fn plugins(&self) -> Result<Plugins, Failure> {
        let plugin_path = &self.loaded.config.plugin_path;
        wire::plugins(plugin_path, &self.environment, &self.folder).map_err(Failure::usage)
    }

    /// What sinks and requests of a stream are told of its pull.
    pub(crate) fn site(&self, stream: &str) -> Site {
        Site::new(stream, &self.folder).with("date", &self.date)
    }

    /// The listing of a stream.
    pub(crate) fn listing(&self, name: &str, stream: &Stream) -> Result<Listing, Failure> {
        wire::listing(&self.loaded, name, stream, &self.site(name), &self.environment)
    }
}
