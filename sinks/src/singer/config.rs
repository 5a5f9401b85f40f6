//! The options of the `singer` sink.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use longhaul_core::{
    disk::Disk,
    sink::{Destination, Keys, Mark, OpenSink, Opened, Options, Receipt, SinkError, SinkType, Variables},
};

use super::{children::Children, messages::Layout, settings::Settings, sink, target::Program};

/// How long a target may do nothing by default. A database may need minutes to load a large batch.
const TIMEOUT: Duration = Duration::from_secs(15 * 60);

/// Where the records are kept by default until the target has confirmed them.
const SPOOL: &str = ".longhaul/spool";

/// The sink type `singer`.
#[derive(Debug)]
pub(crate) struct SingerType {
    disk: Arc<dyn Disk>,
    children: Children,
    credentials: Arc<[String]>,
}

/// A configured `singer` sink.
#[derive(Debug)]
struct SingerConfig(Arc<Settings>);

impl SingerType {
    /// A sink type that keeps records on `disk` and adds the processes that it starts to `children`. They get no variable of
    /// the environment that is named in `credentials`.
    pub(crate) fn new(disk: Arc<dyn Disk>, children: Children, credentials: Vec<String>) -> Self {
        Self { disk, children, credentials: credentials.into() }
    }

    fn settings(&self, options: &Options) -> Result<Settings, SinkError> {
        let keys = Keys::new(options, &self.options())?;
        let program = Program {
            command: command(&keys)?,
            timeout: timeout(&keys)?,
            children: self.children.clone(),
            credentials: Arc::clone(&self.credentials),
        };
        Ok(Settings {
            program,
            layout: Arc::new(Layout::new(&keys)?),
            disk: Arc::clone(&self.disk),
            spool: keys.text("spool")?.unwrap_or(SPOOL).to_owned(),
            sends_all_again: keys.choice("resume", &[("start", true), ("state", false)])?,
        })
    }
}

impl SinkType for SingerType {
    fn summary(&self) -> &'static str {
        "any Singer target: at least once, or exactly once if it updates records by `key`"
    }

    fn options(&self) -> Vec<String> {
        let own = ["command", "timeout", "spool", "resume"];
        own.into_iter().chain(Layout::KEYS).map(str::to_owned).collect()
    }

    fn configure(&self, options: &Options) -> Result<Box<dyn OpenSink>, SinkError> {
        Ok(Box::new(SingerConfig(Arc::new(self.settings(options)?))))
    }
}

impl OpenSink for SingerConfig {
    fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
        self.0.spool_folder(variables)?;
        let target = &self.0.program.command[0];
        Ok(Destination::Elsewhere(format!("{target}, stream {}", variables.stream())))
    }

    fn open(&self, variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        let at = from.map_or(Mark::START, |(_, mark)| mark);
        Ok(Opened { sink: sink::open(&self.0, variables, from)?, at })
    }
}

fn command(keys: &Keys<'_>) -> Result<Vec<String>, SinkError> {
    let command = keys.required_list("command")?;
    let command: Option<Vec<_>> = command.iter().map(|word| word.as_str().map(str::to_owned)).collect();
    match command {
        Some(command) if command.first().is_some_and(|program| !program.is_empty()) => Ok(command),
        Some(_) => Err(SinkError::config("command", "`command` is empty")),
        None => Err(SinkError::config(
            "command",
            "`command` must be a list of texts: the program and its arguments",
        )),
    }
}

fn timeout(keys: &Keys<'_>) -> Result<Duration, SinkError> {
    let Some(text) = keys.text("timeout")? else { return Ok(TIMEOUT) };
    let duration = text.parse::<SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
    duration.filter(|duration| !duration.is_zero()).ok_or_else(|| {
        let message = format!("`timeout` must be a duration such as `30s` or `15m`, not `{text}`");
        SinkError::config("timeout", message)
    })
}

#[cfg(test)]
mod tests {
    use longhaul_core::disk::SystemDisk;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_target_that_is_started_again_is_a_warning() {
        let sink_type = SingerType::new(Arc::new(SystemDisk), Children::default(), Vec::new());
        let again = |options| {
            let options = serde_json::from_value(options).unwrap();
            sink_type.settings(&options).unwrap().again()
        };
        assert_eq!(
            again(json!({"command": ["target-x"]})),
            "the target `target-x` is started again and receives all records of the pull; if it adds records and does not \
             update them by key, some are there twice (`resume = \"state\"` avoids this in later pulls)"
        );
        assert_eq!(
            again(json!({"command": ["target-x"], "resume": "state"})),
            "the target `target-x` is started again and receives only what it has not confirmed; if it replaces its table, \
             records are missing: remove `resume` and start the pull over"
        );
    }
}
