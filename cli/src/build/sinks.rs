//! Builds sinks from `[sinks.*]`.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

use longhaul_core::{
    Pointer,
    disk::SystemDisk,
    pull::Column,
    sink::{OpenSink, Options, Registry, SinkError, SinkType},
};
use longhaul_plugin_host::{LoadError, Plugins};
use longhaul_sinks::{Children, Objects, Stdout, UploadedFile};
use serde_json::Value;

use super::{
    columns::columns,
    new_files::{NewFiles, NewFilesOnly},
    option_errors::{self, Refusal},
    sink_errors::{
        key_in_table, no_plugin, not_configured, of_options, option_error, plugin_error, table_error,
    },
    stores::{StoreAccess, objects},
};
use crate::{
    config::{ConfigError, Loaded, Origin, Sink, Stream, Table},
    terminal::failure::Failure,
};

/// The built-in sinks.
pub(crate) fn registry() -> Registry {
    let mut registry = Registry::default();
    longhaul_sinks::register(&mut registry, Stdout::of_process(), Arc::new(SystemDisk));
    #[cfg(feature = "linked")]
    super::linked::register(&mut registry);
    registry
}

/// Ends the processes that sinks have started.
pub(crate) fn end_children() {
    Children::of_process().kill_all();
}

/// The types of sinks of a run.
#[derive(Debug)]
pub(crate) struct SinkTypes {
    registry: Registry,
    plugins: Plugins,
    objects: Objects,
}

impl SinkTypes {
    /// The built-in sinks, which write files and objects, and plugins.
    pub(crate) fn new(plugins: Plugins, stores: StoreAccess<'_>) -> Self {
        let mut registry = Registry::default();
        let disk = Arc::new(SystemDisk);
        let credentials = stores.loaded.credential_variables().to_owned();
        let objects = objects(stores);
        longhaul_sinks::register_with_objects(
            &mut registry,
            Stdout::of_process(),
            disk,
            objects.clone(),
            credentials,
        );
        #[cfg(feature = "linked")]
        super::linked::register(&mut registry);
        Self { registry, plugins, objects }
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
    /// The field by which the stream drops duplicates, for sinks without a key of their own.
    pub(crate) unique: Option<&'s Pointer>,
}

/// The sinks of a run, by name and by what they take from the stream.
#[derive(Debug)]
pub(crate) struct ConfiguredSinks(BTreeMap<SinkKey, Configured>);

/// The name of a sink, the table of the stream, and the field by which it drops duplicates.
type SinkKey = (String, String, String);

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
        loaded.in_order(errors)?;
        Ok(Self(sinks))
    }

    /// What is wrong with the sinks of the streams in `loaded`, which has other errors. Sinks that do not exist or that
    /// cannot be loaded are not among these.
    pub(crate) fn errors(loaded: &Loaded, types: &SinkTypes) -> Vec<ConfigError> {
        let streams = loaded.streams();
        let named =
            streams.iter().flat_map(|(_, stream)| stream.sinks.iter().map(|name| SinkFor::of(name, stream)));
        let existing = named.filter(|sink| loaded.config.sinks.contains_key(sink.name));
        let errors = existing.map(|sink| match configure(loaded, sink, types, &|options| options) {
            Err(Refused::Configuration(errors)) => errors,
            _ => Vec::new(),
        });
        errors.flatten().collect()
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

    /// Whether the type of the sink has this option.
    pub(crate) fn knows(&self, sink: SinkFor<'_>, option: &str) -> bool {
        self.0
            .get(&sink.key())
            .is_some_and(|configured| configured.options.iter().any(|known| known == option))
    }
}

impl<'s> SinkFor<'s> {
    /// The sink `name` of a stream.
    pub(crate) fn of(name: &'s str, stream: &'s Stream) -> Self {
        Self { name, table: stream.table.as_ref(), unique: stream.unique.as_ref() }
    }

    fn key(&self) -> SinkKey {
        let table = self.table.map(|table| Value::from(table.options()).to_string());
        let unique = self.unique.map(ToString::to_string);
        (self.name.to_owned(), table.unwrap_or_default(), unique.unwrap_or_default())
    }
}

/// Why a sink cannot be configured.
enum Refused {
    /// The configuration is wrong: everything that is.
    Configuration(Vec<ConfigError>),
    /// The sink failed.
    Sink(Failure),
}

impl From<ConfigError> for Refused {
    fn from(error: ConfigError) -> Self {
        Self::Configuration(vec![error])
    }
}

fn configure(
    loaded: &Loaded,
    sink: SinkFor<'_>,
    SinkTypes { registry, plugins, objects }: &SinkTypes,
    change: &dyn Fn(Options) -> Options,
) -> Result<Configured, Refused> {
    let SinkFor { name, table, unique } = sink;
    let configured = loaded.config.sinks.get(name);
    // `--out` alone does not make it one that the user has configured.
    let by_user = configured.filter(|sink| !is_of_command(loaded, name, sink));
    let kind = configured.map_or(name, |sink| sink.kind.as_str());
    let key = format!("sinks.{name}.type");
    let invalid = |error: String| ConfigError::new(error).at(&key, loaded.origin_of(&key));
    let (sink, known, options, from_table) = match registry.get(kind) {
        Ok(sink_type) => {
            let known = sink_type.options();
            let mut options = match configured {
                Some(sink) => sink.options.clone(),
                None => default_options(kind, &known),
            };
            let from_table = options_from_table(table, &known, &options, by_user);
            if wants_stream_table(&options) && from_table.is_empty() {
                let key = format!("sinks.{name}.columns");
                let clause = format!("`{key}`: the stream has no `table`");
                let error = ConfigError::new(clause).at(&key, loaded.origin_of(&key));
                return Err(error
                    .with_hint("list the columns, or add a table `[streams.NAME.table]`")
                    .into());
            }
            options.extend(from_table.clone());
            add_defaults(&mut options, &known, loaded, unique);
            if options.contains_key("command") {
                loaded.may_run(&format!("sinks.{name}.command"))?;
            }
            let options = change(options);
            let sink = option_errors::configure(&known, &options, |options| {
                as_object(kind, options, objects, |options| sink_type.configure(options))
            });
            (sink, known, options, from_table)
        }
        Err(unknown) => match plugins.find(kind) {
            Ok(Some(plugin)) => {
                let options = change(configured.map(|sink| sink.options.clone()).unwrap_or_default());
                let known = plugin.options();
                let sink = option_errors::configure(&known, &options, |options| {
                    as_object(kind, options, objects, |options| plugin.configure(options))
                });
                (sink, known, options, Options::new())
            }
            Ok(None) | Err(LoadError::Name { .. }) if by_user.is_none() => {
                return Err(not_configured(loaded, name, registry).into());
            }
            Ok(None) => {
                return Err(invalid(unknown.to_string()).with_hint(no_plugin(kind, plugins)).into());
            }
            Err(LoadError::Name { .. }) => return Err(invalid(unknown.to_string()).into()),
            Err(error) => return Err(plugin_error(loaded, name, error).into()),
        },
    };
    let sink = sink.map_err(|refusal| match refusal {
        Refusal::Other(error) => Refused::Sink(of_options(loaded, name, error)),
        Refusal::Options(errors) => {
            let explained = errors.into_iter().map(|error| match error.key() {
                Some(key) if from_table.contains_key(key) => table_error(loaded, table, error),
                _ => option_error(loaded, name, error),
            });
            Refused::Configuration(explained.collect())
        }
    })?;
    let is_of_preset = !from_table.is_empty()
        && matches!(loaded.origin_of(&key_in_table(loaded, table, "columns")), Origin::Preset { .. });
    let columns = if is_of_preset { Vec::new() } else { columns(name, &options) };
    Ok(Configured { sink, options: known, columns })
}

/// Configures a sink. If it writes whole files, and its path leads to a store, its file is uploaded once it is complete.
fn as_object(
    kind: &str,
    options: &Options,
    objects: &Objects,
    configure: impl Fn(&Options) -> Result<Box<dyn OpenSink>, SinkError>,
) -> Result<Box<dyn OpenSink>, SinkError> {
    if !WHOLE_FILES.contains(&kind) {
        return configure(options);
    }
    match UploadedFile::configure(options, objects, &configure)? {
        Some(uploaded) => Ok(Box::new(uploaded)),
        None => configure(options),
    }
}

/// The types of sinks that know nothing of stores, and write files that are published as a whole.
const WHOLE_FILES: [&str; 2] = ["parquet", "xlsx"];

/// Whether nothing but flags of the command configures the sink.
fn is_of_command(loaded: &Loaded, name: &str, sink: &Sink) -> bool {
    let key = |option: &str| format!("sinks.{name}.{option}");
    let is_default = loaded.origin_of(&key("type")) == Origin::Default;
    is_default
        && sink.options.keys().all(|option| matches!(loaded.origin_of(&key(option)), Origin::Command { .. }))
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
        && (is_csv_of_stdout
            || (knows("columns") && knows("rows") && !knows("format") && configured.is_none()));
    table.filter(|_| lacks_columns || wants_stream_table(given)).map(Table::options).unwrap_or_default()
}

/// Adds what a Singer target needs and the configuration has elsewhere: the key of the records, and a folder for those that
/// it has not confirmed.
fn add_defaults(options: &mut Options, known: &[String], loaded: &Loaded, unique: Option<&Pointer>) {
    let knows = |option: &str| known.iter().any(|known| known == option);
    let state_folder = loaded.config.local_dir().to_str();
    if let Some(folder) = state_folder.filter(|_| knows("spool") && !options.contains_key("spool")) {
        // A brace is not a placeholder here.
        options.insert("spool".into(), format!("{}/spool", folder.replace('{', "{{")).into());
    }
    let sends_messages = knows("command") || options.get("format") == Some(&"singer".into());
    if let Some(unique) = unique.filter(|_| sends_messages && knows("key") && !options.contains_key("key")) {
        let at = unique.to_string();
        let is_field = match options.get("columns").and_then(Value::as_array) {
            Some(columns) => {
                columns.iter().any(|column| *column == *at || column.get("at") == Some(&at.as_str().into()))
            }
            None => unique.tokens().len() == 1,
        };
        if is_field {
            options.insert("key".into(), at.into());
        }
    }
}

fn wants_stream_table(given: &Options) -> bool {
    given.get("columns").and_then(|columns| columns.as_str()) == Some("stream")
}
