//! From `[sinks.*]` to sinks that can be opened.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

use longhaul_core::{
    disk::SystemDisk,
    sink::{OpenSink, Options, Registry, SinkError, SinkErrorKind, SinkType},
    suggest::closest,
};
use longhaul_plugin_host::{LoadError, Plugins};
use longhaul_sinks::Stdout;

use crate::{
    config::{ConfigError, Loaded, Origin},
    exit::Exit,
    failure::Failure,
};

/// The sinks that longhaul brings along.
pub(crate) fn registry() -> Registry {
    let mut registry = Registry::default();
    longhaul_sinks::register(&mut registry, Stdout::of_process(), Arc::new(SystemDisk));
    registry
}

/// Where plugins are looked for: `plugin_path`, then `LONGHAUL_PLUGIN_PATH`, then the user's data folder, then beside
/// the executable.
pub(crate) fn plugins(
    plugin_path: &[PathBuf],
    environment: &[(OsString, OsString)],
    working_folder: &Path,
) -> Result<Plugins, LoadError> {
    let variable =
        |name: &str| environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let listed = variable("LONGHAUL_PLUGIN_PATH").unwrap_or_default();
    let listed = std::env::split_paths(&listed).filter(|folder| !folder.as_os_str().is_empty());
    let data = variable("XDG_DATA_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let data = data.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".local/share")));
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.to_owned()));
    let folders =
        plugin_path.iter().cloned().chain(listed).chain(data.map(|data| data.join("longhaul/plugins")));
    Plugins::new(folders.chain(beside).map(|folder| working_folder.join(folder)))
}

/// The name of the sink that a stream without sinks goes to.
pub(crate) const STDOUT: &str = "stdout";

/// The configured sinks that a run needs, each under its name.
#[derive(Debug)]
pub(crate) struct ConfiguredSinks(BTreeMap<String, Box<dyn OpenSink>>);

impl ConfiguredSinks {
    /// Configures the sinks of these names. `stdout` need not stand in the configuration.
    pub(crate) fn configure<'n>(
        loaded: &Loaded,
        names: impl IntoIterator<Item = &'n str>,
        plugins: &Plugins,
    ) -> Result<Self, Failure> {
        let registry = registry();
        let mut sinks = BTreeMap::new();
        for name in names {
            if !sinks.contains_key(name) {
                sinks.insert(name.to_owned(), configure(loaded, name, &registry, plugins)?);
            }
        }
        Ok(Self(sinks))
    }

    /// The sink of that name, if it was configured.
    pub(crate) fn get(&self, name: &str) -> Option<&dyn OpenSink> {
        self.0.get(name).map(Box::as_ref)
    }
}

fn configure(
    loaded: &Loaded,
    name: &str,
    registry: &Registry,
    plugins: &Plugins,
) -> Result<Box<dyn OpenSink>, Failure> {
    let empty = Options::new();
    let (kind, options) = match loaded.config.sinks.get(name) {
        Some(sink) => (sink.kind.as_str(), &sink.options),
        None => (name, &empty),
    };
    let key = format!("sinks.{name}.type");
    let wrong = |error: String| Failure::from(ConfigError::new(error).at(&key, loaded.origin_of(&key)));
    let configured = match registry.get(kind) {
        Ok(sink_type) => sink_type.configure(options),
        Err(unknown) => match plugins.find(kind) {
            Ok(Some(plugin)) => plugin.configure(options),
            Ok(None) | Err(LoadError::Name { .. }) if !loaded.config.sinks.contains_key(name) => {
                return Err(not_configured(loaded, name));
            }
            Ok(None) | Err(LoadError::Name { .. }) => return Err(wrong(unknown.to_string())),
            Err(error) => {
                return Err(Failure {
                    written: Some(loaded.origin_of(&key).to_string()),
                    ..Failure::usage(error)
                });
            }
        },
    };
    configured.map_err(|error| of_options(loaded, name, error))
}

/// `--sink` may name what is neither configured nor a type that needs no configuration.
fn not_configured(loaded: &Loaded, name: &str) -> Failure {
    let suggestion = closest(name, loaded.config.sinks.keys());
    ConfigError::new(format!("there is no sink `{name}`{suggestion}"))
        .with_hint(format!("write a table `[sinks.{name}]`"))
        .into()
}

/// A sink's complaint about its options, with the place where the option was written.
pub(crate) fn of_options(loaded: &Loaded, name: &str, error: SinkError) -> Failure {
    let key = match error.key() {
        Some(option) => format!("sinks.{name}.{option}"),
        None => format!("sinks.{name}"),
    };
    let exit = if error.kind() == SinkErrorKind::Config { Exit::Usage } else { Exit::Sink };
    let written = match loaded.origin_of(&key) {
        Origin::Default => loaded.origin_of(&format!("sinks.{name}.type")),
        origin => origin,
    };
    let written = (written != Origin::Default).then(|| written.to_string());
    Failure { written, ..Failure::new(exit, SinkOptionsError { name: name.to_owned(), source: error }) }
}

/// Which sink it was.
#[derive(Debug, thiserror::Error)]
#[error("the sink `{name}` cannot be used as it is configured")]
struct SinkOptionsError {
    name: String,
    source: SinkError,
}
