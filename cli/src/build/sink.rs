//! Configures one sink from `[sinks.*]`.

use std::collections::BTreeMap;

use longhaul_core::{
    Pointer,
    pull::{
        Column,
        lookup::{Lookup, NamingSink, SharedNames},
    },
    sink::{OpenSink, Options, SinkError, SinkType},
};
use longhaul_plugin_host::LoadError;
use longhaul_sinks::{Objects, UploadedFile};
use serde_json::Value;

use super::{
    columns::columns,
    lookups::{self, NameSource, NamedColumn},
    option_errors::{self, Refusal},
    sink_errors::{
        key_in_table, no_plugin, not_configured, of_options, option_error, plugin_error, table_error,
    },
    sink_types::SinkTypes,
    stream_table::{check_table, options_from_table},
};
use crate::{
    config::{ConfigError, Loaded, Origin, Sink, Stream},
    terminal::failure::Failure,
};

/// The name of a sink, and the stream that uses it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SinkFor<'s> {
    /// The sink's name.
    pub(crate) name: &'s str,
    /// The stream. Its table is for sinks without their own list of columns, and the field by which it drops duplicates
    /// for sinks without a key of their own.
    pub(super) stream: &'s Stream,
}

/// The name of a sink, the table of the stream, and the field by which it drops duplicates.
pub(super) type SinkKey = (String, String, String);

/// A configured sink.
#[derive(Debug)]
pub(super) struct Configured {
    pub(super) sink: Box<dyn OpenSink>,
    /// The options of its type.
    pub(super) options: Vec<String>,
    /// The columns that the user listed.
    pub(super) columns: Vec<Column>,
    /// The names that its columns have.
    pub(super) names: BTreeMap<NameSource, SharedNames>,
}

impl<'s> SinkFor<'s> {
    /// The sink `name` of a stream.
    pub(crate) fn of(name: &'s str, stream: &'s Stream) -> Self {
        Self { name, stream }
    }

    pub(super) fn key(&self) -> SinkKey {
        let table = self.stream.table.as_ref().map(|table| Value::from(table.options()).to_string());
        let unique = self.stream.unique.as_ref().map(ToString::to_string);
        (self.name.to_owned(), table.unwrap_or_default(), unique.unwrap_or_default())
    }
}

/// Why a sink cannot be configured.
pub(super) enum Refused {
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

/// Configures a sink, with its options as `change` makes them.
pub(super) fn configure(
    loaded: &Loaded,
    sink: SinkFor<'_>,
    SinkTypes { registry, plugins, objects, .. }: &SinkTypes,
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
            let from_table = options_from_table(table, kind, &known, &options, by_user);
            check_table(loaded, name, &options, &from_table)?;
            options.extend(from_table.clone());
            add_defaults(&mut options, &known, loaded, unique);
            if options.contains_key("command") {
                loaded.may_run(&format!("sinks.{name}.command"))?;
            }
            let options = change(options);
            let sink = with_names(&known, &options, |options| {
                as_object(kind, options, objects, |options| sink_type.configure(options))
            });
            (sink, known, options, from_table)
        }
        Err(unknown) => match plugins.find(kind) {
            Ok(Some(plugin)) => {
                let known = plugin.options();
                let mut options = configured.map(|sink| sink.options.clone()).unwrap_or_default();
                let from_table = options_from_table(table, kind, &known, &options, by_user);
                check_table(loaded, name, &options, &from_table)?;
                options.extend(from_table.clone());
                let options = change(options);
                let sink = with_names(&known, &options, |options| {
                    as_object(kind, options, objects, |options| plugin.configure(options))
                });
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
