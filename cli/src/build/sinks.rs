//! Builds sinks from `[sinks.*]`.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    path::Path,
    sync::Arc,
};

use longhaul_core::{
    Pointer,
    disk::SystemDisk,
    pull::{
        Column,
        lookup::{Lookup, NamingSink, SharedNames},
    },
    sink::{OpenSink, Options, Registry, SinkError, SinkErrorKind, SinkType},
};
use longhaul_plugin_host::{LoadError, Plugins};
use longhaul_sinks::{Children, Objects, Stdout};
use serde_json::Value;

use super::{
    columns::columns,
    lookups::{self, NameSource, NamedColumn},
    new_files::{NewFiles, NewFilesOnly},
    option_errors::{self, Refusal},
    sink_errors::{
        key_in_table, no_plugin, not_configured, of_options, option_error, plugin_error, table_error,
    },
    stores::{StoreAccess, objects},
    stream_table::{check_table, options_from_table},
};
use crate::{
    config::{ConfigError, Loaded, Origin, Sink, Stream, placeholders},
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

    /// Checks that the store of the object at `address` can be used.
    pub(crate) fn check_object(&self, address: &str) -> Result<(), SinkError> {
        self.objects.check(address)
    }
}

/// The sink of a stream that names no sink.
pub(crate) const STDOUT: &str = "stdout";

/// The name of a sink, and the stream that uses it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SinkFor<'s> {
    /// The sink's name.
    pub(crate) name: &'s str,
    /// The stream. Its table is for sinks without their own list of columns, and the field by which it drops duplicates
    /// for sinks without a key of their own.
    stream: &'s Stream,
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
    /// The names that its columns have.
    names: BTreeMap<NameSource, SharedNames>,
}

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
        errors.extend(wanted.into_iter().filter_map(|sink| sinks.wrong_path(loaded, sink, folder)));
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
        errors.extend(existing.into_iter().filter_map(|sink| sinks.wrong_path(loaded, sink, folder)));
        errors
    }

    /// What is wrong with the path of a sink, as far as that is known without the values of its placeholders.
    fn wrong_path(&self, loaded: &Loaded, sink: SinkFor<'_>, folder: &Path) -> Option<ConfigError> {
        let mut streams = loaded.config.streams.iter();
        let (stream, _) = streams.find(|(_, stream)| std::ptr::eq(*stream, sink.stream))?;
        let known = placeholders::of_sinks(stream, sink.stream, folder);
        let error = self.get(sink)?.destination(&known).err()?;
        if error.kind() != SinkErrorKind::Config {
            return None;
        }
        let hint = placeholders::hint(stream, sink.stream, &error.to_string());
        let error = option_error(loaded, sink.name, error);
        Some(match hint {
            Some(hint) => error.with_hint(hint),
            None => error,
        })
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

impl<'s> SinkFor<'s> {
    /// The sink `name` of a stream.
    pub(crate) fn of(name: &'s str, stream: &'s Stream) -> Self {
        Self { name, stream }
    }

    fn key(&self) -> SinkKey {
        let table = self.stream.table.as_ref().map(|table| Value::from(table.options()).to_string());
        let unique = self.stream.unique.as_ref().map(ToString::to_string);
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
    SinkTypes { registry, plugins, .. }: &SinkTypes,
    change: &dyn Fn(Options) -> Options,
) -> Result<Configured, Refused> {
    let SinkFor { name, stream } = sink;
    let (table, unique) = (stream.table.as_ref(), stream.unique.as_ref());
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
            check_table(loaded, name, kind, &known, &options, &from_table)?;
            options.extend(from_table.clone());
            add_defaults(&mut options, &known, loaded, unique);
            if options.contains_key("command") {
                loaded.may_run(&format!("sinks.{name}.command"))?;
            }
            let options = change(options);
            let sink = with_names(&known, &options, |options| sink_type.configure(options));
            (sink, known, options, from_table)
        }
        Err(unknown) => match plugins.find(kind) {
            Ok(Some(plugin)) => {
                let known = plugin.options();
                let mut options = configured.map(|sink| sink.options.clone()).unwrap_or_default();
                let from_table = options_from_table(table, &known, &options, by_user);
                check_table(loaded, name, kind, &known, &options, &from_table)?;
                options.extend(from_table.clone());
                let options = change(options);
                let sink = with_names(&known, &options, |options| plugin.configure(options));
                (sink, known, options, from_table)
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
    let (sink, named) = sink.map_err(|refusal| match refusal {
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
    let mut names = BTreeMap::<_, SharedNames>::new();
    let lookups = named.into_iter().map(|NamedColumn { source, place }| {
        check_source(loaded, name, &source)?;
        Ok(Lookup { place, names: names.entry(source).or_default().clone() })
    });
    let lookups = lookups.collect::<Result<Vec<_>, ConfigError>>()?;
    let sink = if lookups.is_empty() { sink } else { Box::new(NamingSink::new(sink, lookups)) };
    Ok(Configured { sink, options: known, columns, names })
}

/// Configures a sink without the columns with names, and returns these.
fn with_names(
    known: &[String],
    options: &Options,
    configure: impl Fn(&Options) -> Result<Box<dyn OpenSink>, SinkError>,
) -> Result<(Box<dyn OpenSink>, Vec<NamedColumn>), Refusal> {
    let mut options = options.clone();
    let named = lookups::take(&mut options).map_err(|error| Refusal::Options(vec![error]))?;
    Ok((option_errors::configure(known, &options, configure)?, named))
}

/// Checks that the names of a stream can be looked up.
fn check_source(
    loaded: &Loaded,
    sink: &str,
    NameSource { stream, .. }: &NameSource,
) -> Result<(), ConfigError> {
    let key = format!("sinks.{sink}.columns");
    let is_incremental = loaded.stream(stream)?.is_incremental();
    if is_incremental {
        let clause =
            format!("`lookup`: `{stream}` is incremental, so it would only have the names of new records");
        return Err(ConfigError::new(clause).at(&key, loaded.origin_of(&key)));
    }
    Ok(())
}

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

/// Adds what a Singer target needs and the configuration has elsewhere: the key of the records, and a folder for those that
/// it has not confirmed.
fn add_defaults(options: &mut Options, known: &[String], loaded: &Loaded, unique: Option<&Pointer>) {
    let knows = |option: &str| known.iter().any(|known| known == option);
    let state_folder = loaded.config.state_dir.to_str();
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
