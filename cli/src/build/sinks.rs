//! From `[sinks.*]` to sinks that can be opened.

use std::{
    collections::{BTreeMap, btree_map::Entry},
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
use serde_json::Value;

use crate::{
    config::{ConfigError, Loaded, Origin, Sink, Table},
    exit::Exit,
    terminal::{failure::Failure, hints::broken_sink},
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

/// A sink by its name, for a stream that brings this table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SinkFor<'s> {
    /// The sink's name.
    pub(crate) name: &'s str,
    /// What the stream looks like in a sink that writes tables and lists no columns itself.
    pub(crate) table: Option<&'s Table>,
}

/// The configured sinks that a run needs, each under its name, once for every table that streams bring.
#[derive(Debug)]
pub(crate) struct ConfiguredSinks(BTreeMap<(String, String), Configured>);

/// A configured sink.
#[derive(Debug)]
struct Configured {
    sink: Box<dyn OpenSink>,
    /// The names of the options that its type knows.
    options: Vec<String>,
}

impl ConfiguredSinks {
    /// Configures these sinks. `stdout` need not stand in the configuration.
    pub(crate) fn configure<'n>(
        loaded: &Loaded,
        wanted: impl IntoIterator<Item = SinkFor<'n>>,
        plugins: &Plugins,
    ) -> Result<Self, Failure> {
        let registry = registry();
        let mut sinks = BTreeMap::new();
        for sink in wanted {
            if let Entry::Vacant(vacant) = sinks.entry(sink.key()) {
                vacant.insert(configure(loaded, sink, &registry, plugins)?);
            }
        }
        Ok(Self(sinks))
    }

    /// That sink, if it was configured.
    pub(crate) fn get(&self, sink: SinkFor<'_>) -> Option<&dyn OpenSink> {
        self.0.get(&sink.key()).map(|configured| configured.sink.as_ref())
    }

    /// Whether the sink's type knows this option.
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
    registry: &Registry,
    plugins: &Plugins,
) -> Result<Configured, Failure> {
    let SinkFor { name, table } = sink;
    let configured = loaded.config.sinks.get(name);
    let kind = configured.map_or(name, |sink| sink.kind.as_str());
    let key = format!("sinks.{name}.type");
    let wrong = |error: String| Failure::from(ConfigError::new(error).at(&key, loaded.origin_of(&key)));
    let (sink, options, suggested) = match registry.get(kind) {
        Ok(sink_type) => {
            let known = sink_type.options();
            let mut options = match configured {
                Some(sink) => sink.options.clone(),
                None => path_of(kind, &known),
            };
            let suggested = suggested(table, &known, &options, configured);
            if asks_for_table(&options) && suggested.is_empty() {
                let key = format!("sinks.{name}.columns");
                let clause = format!("`{key}`: the stream has no table of its own");
                let error = ConfigError::new(clause).at(&key, loaded.origin_of(&key));
                return Err(error
                    .with_hint("list the columns, or write a table `[streams.NAME.table]`")
                    .into());
            }
            options.extend(suggested.clone());
            (sink_type.configure(&options), known, suggested)
        }
        Err(unknown) => match plugins.find(kind) {
            Ok(Some(plugin)) => {
                let options = configured.map(|sink| sink.options.clone()).unwrap_or_default();
                (plugin.configure(&options), plugin.options(), Options::new())
            }
            Ok(None) | Err(LoadError::Name { .. }) if configured.is_none() => {
                return Err(not_configured(loaded, name, registry));
            }
            Ok(None) => return Err(wrong(unknown.to_string()).hint(no_plugin(kind))),
            Err(LoadError::Name { .. }) => return Err(wrong(unknown.to_string())),
            Err(error) => {
                return Err(Failure { written: written(loaded, name, &key), ..of_plugin(error) });
            }
        },
    };
    let sink = sink.map_err(|error| match error.key() {
        Some(key) if suggested.contains_key(key) => of_table(loaded, table, error),
        _ => of_options(loaded, name, error),
    })?;
    Ok(Configured { sink, options })
}

/// A type that is named in place of a sink writes to a file named after the stream, where it needs a file.
fn path_of(kind: &str, known: &[String]) -> Options {
    let path = known.iter().find(|option| *option == "path");
    path.into_iter().map(|path| (path.clone(), format!("{{stream}}.{kind}").into())).collect()
}

/// What of `table` goes to a sink that knows these options and was given those: all, where it asks for it, or writes
/// tables and nobody has said what is in them.
fn suggested(table: Option<&Table>, known: &[String], given: &Options, configured: Option<&Sink>) -> Options {
    let knows = |option: &str| known.iter().any(|known| known == option);
    let is_csv_of_stdout = knows("format") && given.get("format") == Some(&"csv".into());
    let says_itself = ["columns", "rows", "rows_optional"].iter().any(|option| given.contains_key(*option));
    // A file that was configured without columns has all of them.
    let lacks_columns =
        !says_itself && (is_csv_of_stdout || (knows("columns") && !knows("format") && configured.is_none()));
    table.filter(|_| lacks_columns || asks_for_table(given)).map(Table::options).unwrap_or_default()
}

fn asks_for_table(given: &Options) -> bool {
    given.get("columns").and_then(|columns| columns.as_str()) == Some("stream")
}

/// A sink's complaint about what a stream suggested.
pub(crate) fn of_table(loaded: &Loaded, table: Option<&Table>, error: SinkError) -> Failure {
    let mut streams = loaded.config.streams.iter();
    let stream = streams.find(|(_, stream)| stream.table.as_ref() == table);
    let (stream, option) = (stream.map_or("*", |(name, _)| name), error.key().unwrap_or("columns"));
    let key = format!("streams.{stream}.table.{option}");
    let written = loaded.origin_of(&key);
    Failure { written: Some(written.to_string()), ..Failure::usage(TableError { key, source: error }) }
}

/// A plugin that is not loaded, with what to do about it.
pub(crate) fn of_plugin(error: LoadError) -> Failure {
    let hint = error.hint().map(str::to_owned);
    Failure { hint, ..Failure::usage(error) }
}

/// What to do about a type that is neither built in nor found as a plugin.
fn no_plugin(kind: &str) -> String {
    let library = Plugins::file_name(kind);
    format!(
        "a plugin of that name would be `{}`, in a folder of `plugin_path`; longhaul sinks lists those that are found",
        library.display()
    )
}

/// `--sink` may name what is neither configured nor a type that needs no configuration.
fn not_configured(loaded: &Loaded, name: &str, registry: &Registry) -> Failure {
    let types = registry.iter().map(|(kind, _)| kind);
    let known: Vec<_> = loaded.config.sinks.keys().map(String::as_str).chain(types).collect();
    let suggestion = closest(name, &known);
    ConfigError::new(format!("unknown sink `{name}`{suggestion}"))
        .with_hint(format!("add a table `[sinks.{name}]`"))
        .into()
}

/// A sink's complaint about its options, with the place where the option was written.
pub(crate) fn of_options(loaded: &Loaded, name: &str, error: SinkError) -> Failure {
    let key = match error.key() {
        Some(option) => format!("sinks.{name}.{option}"),
        None => format!("sinks.{name}"),
    };
    let (exit, hint) = match error.kind() {
        SinkErrorKind::Config => (Exit::Usage, None),
        SinkErrorKind::Broken => (Exit::Sink, Some(broken_sink(name))),
        _ => (Exit::Sink, Some("mend the cause, then run the same command again".to_owned())),
    };
    let written = written(loaded, name, &key);
    let error = SinkOptionsError { name: name.to_owned(), source: error };
    Failure { written, hint, ..Failure::new(exit, error) }
}

/// Where `key` was written, or else the sink's type, or the sink at all.
fn written(loaded: &Loaded, name: &str, key: &str) -> Option<String> {
    let places = [key.to_owned(), format!("sinks.{name}.type"), format!("sinks.{name}")];
    let origin = places.iter().map(|key| loaded.origin_of(key)).find(|origin| *origin != Origin::Default);
    origin.map(|origin| origin.to_string())
}

/// Which table it was.
#[derive(Debug, thiserror::Error)]
#[error("`{key}` cannot be used")]
struct TableError {
    key: String,
    source: SinkError,
}

/// Which sink it was.
#[derive(Debug, thiserror::Error)]
#[error("the sink `{name}` cannot be used as it is configured")]
struct SinkOptionsError {
    name: String,
    source: SinkError,
}
