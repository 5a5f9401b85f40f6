//! The sink to check.

use std::{path::Path, sync::Arc};

use longhaul_core::sink::{
    Destination, Mark, OpenSink, Opened, Options, Receipt, SinkError, SinkErrorKind, SinkType, Variables,
};
use longhaul_plugin_host::PluginSinkType;
use serde_json::Value;

use super::outcome::Verdict;
use crate::{exit::Exit, terminal::failure::Failure};

/// A sink that is configured again for each pull, as in a new process.
#[derive(Clone, Debug)]
pub(super) struct Reconfigured {
    pub(super) sink_type: Arc<PluginSinkType>,
    pub(super) options: Options,
}

impl Reconfigured {
    /// A misspelt option must be an error.
    pub(super) fn unknown_option(&self) -> Verdict {
        const UNKNOWN: &str = "no_such_option";

        let mut options = self.options.clone();
        options.insert(UNKNOWN.to_owned(), Value::from("x"));
        match self.sink_type.configure(&options) {
            Err(error) if error.kind() == SinkErrorKind::Config => Verdict::Passed,
            Err(error) => {
                Verdict::Failed(format!("`{UNKNOWN}` is rejected, but not as a configuration error: {error}"))
            }
            Ok(_) => Verdict::Failed(format!("`{UNKNOWN}` is accepted")),
        }
    }
}

impl OpenSink for Reconfigured {
    fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
        self.sink_type.configure(&self.options)?.destination(variables)
    }

    fn open(&self, variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        self.sink_type.configure(&self.options)?.open(variables, from)
    }
}

/// Each case has its own stream, so that sinks that are not files have a different destination for each case.
pub(super) fn variables(number: u32, folder: &Path) -> Variables {
    Variables::new(format!("check_{number}"), folder).with("date", "2026-01-01")
}

/// The options of the command line. `path` has a default.
pub(super) fn options(arguments: &[String], sink_type: &PluginSinkType) -> Result<Options, Failure> {
    let mut options = Options::new();
    if sink_type.options().iter().any(|option| option == "path") {
        options.insert("path".to_owned(), Value::from("{stream}.out"));
    }
    for text in arguments {
        let (key, value) = text.split_once('=').ok_or_else(|| {
            Failure::usage(format!("expected `--option KEY=VALUE`, found `--option {text}`"))
        })?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        options.insert(key.to_owned(), value);
    }
    Ok(options)
}

/// The failure of a sink that cannot even be configured.
pub(super) fn unusable(sink: &Reconfigured, error: SinkError) -> Failure {
    let exit = if error.kind() == SinkErrorKind::Config { Exit::Usage } else { Exit::Sink };
    let error = Unusable { name: sink.sink_type.name().to_owned(), source: error };
    Failure::new(exit, error).hint(match sink.sink_type.options().join("`, `") {
        none if none.is_empty() => "the sink takes no options".to_owned(),
        names => format!("set its options with `--option KEY=VALUE`: `{names}`"),
    })
}

/// Names the sink.
#[derive(Debug, thiserror::Error)]
#[error("the sink `{name}` cannot be checked with these options")]
struct Unusable {
    name: String,
    source: SinkError,
}
