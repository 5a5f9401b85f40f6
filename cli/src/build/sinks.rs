//! Builds sinks from `[sinks.*]`.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

use longhaul_core::{
    disk::SystemDisk,
    pull::Column,
    sink::{OpenSink, Options, Registry, SinkError, SinkErrorKind, SinkType},
    suggest::closest,
};
use longhaul_plugin_host::{LoadError, Plugins};
use longhaul_sinks::Stdout;
use serde_json::Value;

use super::{
    columns::columns,
    stores::{StoreAccess, objects},
};
use crate::{
    config::{ConfigError, Loaded, Origin, Sink, Table},
    exit::Exit,
    terminal::{failure::Failure, hints::broken_sink},
};

/// The built-in sinks.
pub(crate) fn registry() -> Registry {
    let mut registry = Registry::default();
    longhaul_sinks::register(&mut registry, Stdout::of_process(), Arc::new(SystemDisk));
    registry
}

/// The types of sinks of a run.
#[derive(Debug)]
pub(crate) struct SinkTypes {
    registry: Registry,
    plugins: Plugins,
}

impl SinkTypes {
    /// The built-in sinks, which write files and objects, and plugins.
    pub(crate) fn new(plugins: Plugins, stores: StoreAccess<'_>) -> Self {
        let mut registry = Registry::default();
        let disk = Arc::new(SystemDisk);
        longhaul_sinks::register_with_objects(&mut registry, Stdout::of_process(), disk, objects(stores));
        Self { registry, plugins }
    }
}

/// Searches for plugins in `plugin_path`, then `LONGHAUL_PLUGIN_PATH`, then the user's data folder, then the folder of
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

/// The sink of a stream that names no sink.
pub(crate) const STDOUT: &str = "stdout";

/// The name of a sink, and the table of the stream that uses it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SinkFor<'s> {
    /// The sink's name.
    pub(crate) name: &'s str,
    /// The table of the stream, for sinks without their own list of columns.
    pub(crate) table: Option<&'s Table>,
}

/// The sinks of a run, by name and by the table of the stream.
#[derive(Debug)]
pub(crate) struct ConfiguredSinks(BTreeMap<(String, String), Configured>);

/// A configured sink.
#[derive(Debug)]
struct Configured {
    sink: Box<dyn OpenSink>,
    /// The options of its type.
    options: Vec<String>,
    /// The columns that the user listed.
    columns: Vec<Column>,
}

impl ConfiguredSinks {
    /// Configures these sinks. `stdout` does not need a table in the configuration.
    pub(crate) fn configure<'n>(
        loaded: &Loaded,
        wanted: impl IntoIterator<Item = SinkFor<'n>>,
        types: &SinkTypes,
    ) -> Result<Self, Failure> {
        Self::configure_with(loaded, wanted, types, |options| options)
    }

    /// Configures these sinks with other options than the configured ones.
    pub(crate) fn configure_with<'n>(
        loaded: &Loaded,
        wanted: impl IntoIterator<Item = SinkFor<'n>>,
        types: &SinkTypes,
        change: impl Fn(Options) -> Options,
    ) -> Result<Self, Failure> {
        let mut sinks = BTreeMap::new();
        for sink in wanted {
            if let Entry::Vacant(vacant) = sinks.entry(sink.key()) {
                vacant.insert(configure(loaded, sink, types, &change)?);
            }
        }
        Ok(Self(sinks))
    }

    /// The sink; `None` if it is not among these.
    pub(crate) fn get(&self, sink: SinkFor<'_>) -> Option<&dyn OpenSink> {
        self.0.get(&sink.key()).map(|configured| configured.sink.as_ref())
    }

    /// The columns that the user listed for the sink. Those of a preset fit more than one kind of records.
    pub(crate) fn columns(&self, sink: SinkFor<'_>) -> &[Column] {
        self.0.get(&sink.key()).map_or(&[], |configured| &configured.columns)
    }

    /// Whether the type of the sink has this option.
    pub(crate) fn knows(&self, sink: SinkFor<'_>, option: &str) -> bool {
        self.0
            .get(&sink.key())
            .is_some_and(|configured| configured.options.iter().any(|known| known == option))
    }
}

impl SinkFor<'_> {
    fn key(&self) -> (String, String) {
        let table = self.table.map(|table| Value::from(table.options()).to_string());
        (self.name.to_owned(), table.unwrap_or_default())
    }
}

fn configure(
    loaded: &Loaded,
    sink: SinkFor<'_>,
    SinkTypes { registry, plugins }: &SinkTypes,
    change: &dyn Fn(Options) -> Options,
) -> Result<Configured, Failure> {
    let SinkFor { name, table } = sink;
    let configured = loaded.config.sinks.get(name);
    let kind = configured.map_or(name, |sink| sink.kind.as_str());
    let key = format!("sinks.{name}.type");
    let invalid = |error: String| Failure::from(ConfigError::new(error).at(&key, loaded.origin_of(&key)));
    let (sink, known, options, from_table) = match registry.get(kind) {
        Ok(sink_type) => {
            let known = sink_type.options();
            let mut options = match configured {
                Some(sink) => sink.options.clone(),
                None => default_options(kind, &known),
            };
            let from_table = options_from_table(table, &known, &options, configured);
            if wants_stream_table(&options) && from_table.is_empty() {
                let key = format!("sinks.{name}.columns");
                let clause = format!("`{key}`: the stream has no `table`");
                let error = ConfigError::new(clause).at(&key, loaded.origin_of(&key));
                return Err(error
                    .with_hint("list the columns, or add a table `[streams.NAME.table]`")
                    .into());
            }
            options.extend(from_table.clone());
            let options = change(options);
            (sink_type.configure(&options), known, options, from_table)
        }
        Err(unknown) => match plugins.find(kind) {
            Ok(Some(plugin)) => {
                let options = change(configured.map(|sink| sink.options.clone()).unwrap_or_default());
                (plugin.configure(&options), plugin.options(), options, Options::new())
            }
            Ok(None) | Err(LoadError::Name { .. }) if configured.is_none() => {
                return Err(not_configured(loaded, name, registry));
            }
            Ok(None) => return Err(invalid(unknown.to_string()).hint(no_plugin(kind, plugins))),
            Err(LoadError::Name { .. }) => return Err(invalid(unknown.to_string())),
            Err(error) => {
                return Err(Failure { origin: origin(loaded, name, &key), ..of_plugin(error) });
            }
        },
    };
    let sink = sink.map_err(|error| match error.key() {
        Some(key) if from_table.contains_key(key) => of_table(loaded, table, error),
        _ => of_options(loaded, name, error),
    })?;
    let is_of_preset = !from_table.is_empty()
        && matches!(loaded.origin_of(&key_in_table(loaded, table, "columns")), Origin::Preset { .. });
    let columns = if is_of_preset { Vec::new() } else { columns(name, &options) };
    Ok(Configured { sink, options: known, columns })
}

/// The options of a sink that has no table in the configuration: a file named after the stream.
fn default_options(kind: &str, known: &[String]) -> Options {
    let path = known.iter().find(|option| *option == "path");
    path.into_iter().map(|path| (path.clone(), format!("{{stream}}.{kind}").into())).collect()
}

/// The options that a sink takes from the `table` of the stream. A sink gets them if it asks for them with
/// `columns = "stream"`, or if it writes tables and has no columns of its own.
fn options_from_table(
    table: Option<&Table>,
    known: &[String],
    given: &Options,
    configured: Option<&Sink>,
) -> Options {
    let knows = |option: &str| known.iter().any(|known| known == option);
    let is_csv_of_stdout = knows("format") && given.get("format") == Some(&"csv".into());
    let has_own_columns =
        ["columns", "rows", "rows_optional"].iter().any(|option| given.contains_key(*option));
    // A file with a table in the configuration, but without columns, has all columns.
    let lacks_columns = !has_own_columns
        && (is_csv_of_stdout || (knows("columns") && !knows("format") && configured.is_none()));
    table.filter(|_| lacks_columns || wants_stream_table(given)).map(Table::options).unwrap_or_default()
}

fn wants_stream_table(given: &Options) -> bool {
    given.get("columns").and_then(|columns| columns.as_str()) == Some("stream")
}

/// An error in the `table` of a stream.
pub(crate) fn of_table(loaded: &Loaded, table: Option<&Table>, error: SinkError) -> Failure {
    let key = key_in_table(loaded, table, error.key().unwrap_or("columns"));
    let origin = loaded.origin_of(&key);
    Failure { origin: Some(origin.to_string()), ..Failure::usage(TableError { key, source: error }) }
}

/// The key of an option in the `table` of a stream.
fn key_in_table(loaded: &Loaded, table: Option<&Table>, option: &str) -> String {
    let mut streams = loaded.config.streams.iter();
    let stream = streams.find(|(_, stream)| stream.table.as_ref() == table);
    format!("streams.{}.table.{option}", stream.map_or("*", |(name, _)| name))
}

/// A plugin that cannot be loaded.
pub(crate) fn of_plugin(error: LoadError) -> Failure {
    let hint = error.hint().map(str::to_owned);
    Failure { hint, ..Failure::usage(error) }
}

/// The hint for a type that is neither built in nor a plugin.
fn no_plugin(kind: &str, plugins: &Plugins) -> String {
    let library = Plugins::file_name(kind);
    let found = plugins.list().unwrap_or_default().into_keys().collect::<Vec<_>>();
    let found = match &found[..] {
        [] => "no plugin was found".to_owned(),
        names => {
            let names = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            format!("the plugins found are {names}")
        }
    };
    format!(
        "{found}; one with this name would be `{}` in a folder of `plugin_path`: see longhaul sinks",
        library.display()
    )
}

/// `--sink` names neither a configured sink nor a built-in type.
fn not_configured(loaded: &Loaded, name: &str, registry: &Registry) -> Failure {
    let types = registry.iter().map(|(kind, _)| kind);
    let known: Vec<_> = loaded.config.sinks.keys().map(String::as_str).chain(types).collect();
    let suggestion = closest(name, &known);
    ConfigError::new(format!("unknown sink `{name}`{suggestion}"))
        .with_hint(format!("add a table `[sinks.{name}]`"))
        .into()
}

/// An error in the options of a sink, and where the option is configured.
pub(crate) fn of_options(loaded: &Loaded, name: &str, error: SinkError) -> Failure {
    let key = match error.key() {
        Some(option) => format!("sinks.{name}.{option}"),
        None => format!("sinks.{name}"),
    };
    let (exit, hint) = match error.kind() {
        SinkErrorKind::Config => (Exit::Usage, None),
        SinkErrorKind::Broken => (Exit::Sink, Some(broken_sink(name))),
        _ => (Exit::Sink, Some("fix the problem, then run the same command again".to_owned())),
    };
    let origin = origin(loaded, name, &key);
    let error = SinkOptionsError { name: name.to_owned(), source: error };
    Failure { origin, hint, ..Failure::new(exit, error) }
}

/// Where `key` is configured, or else the type of the sink, or else the sink.
fn origin(loaded: &Loaded, name: &str, key: &str) -> Option<String> {
    let places = [key.to_owned(), format!("sinks.{name}.type"), format!("sinks.{name}")];
    let origin = places.iter().map(|key| loaded.origin_of(key)).find(|origin| *origin != Origin::Default);
    origin.map(|origin| origin.to_string())
}

/// Names the table.
#[derive(Debug, thiserror::Error)]
#[error("cannot use `{key}`")]
struct TableError {
    key: String,
    source: SinkError,
}

/// Names the sink.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up the sink `{name}`")]
struct SinkOptionsError {
    name: String,
    source: SinkError,
}
