//! Errors in `[sinks.*]`, and where their cause is configured.

use longhaul_core::{
    sink::{Registry, SinkError, SinkErrorKind},
    suggest::closest,
};
use longhaul_plugin_host::{LoadError, Plugins};

use crate::{
    config::{ConfigError, Loaded, Origin, Table},
    exit::Exit,
    terminal::{failure::Failure, hints::broken_sink},
};

/// An error in the `table` of a stream.
pub(crate) fn of_table(loaded: &Loaded, table: Option<&Table>, error: SinkError) -> Failure {
    table_error(loaded, table, error).into()
}

/// An error in the `table` of a stream, as one of the configuration.
pub(super) fn table_error(loaded: &Loaded, table: Option<&Table>, error: SinkError) -> ConfigError {
    let key = key_in_table(loaded, table, error.key().unwrap_or("columns"));
    let origin = loaded.origin_of(&key);
    ConfigError::new(format!("cannot use `{key}`")).at(&key, origin).because(error)
}

/// The key of an option in the `table` of a stream.
pub(super) fn key_in_table(loaded: &Loaded, table: Option<&Table>, option: &str) -> String {
    let mut streams = loaded.config.streams.iter();
    let stream = streams.find(|(_, stream)| stream.table.as_ref() == table);
    format!("streams.{}.table.{option}", stream.map_or("*", |(name, _)| name))
}

/// A plugin that cannot be loaded.
pub(crate) fn of_plugin(error: LoadError) -> Failure {
    let hint = error.hint().map(str::to_owned);
    Failure { hint, ..Failure::usage(error) }
}

/// The plugin of the sink `name`, which cannot be loaded, as an error of the configuration.
pub(super) fn plugin_error(loaded: &Loaded, name: &str, error: LoadError) -> ConfigError {
    let key = format!("sinks.{name}.type");
    let hint = error.hint().map(str::to_owned);
    let explained = ConfigError::new(error.to_string()).at(&key, origin(loaded, name, &key)).because(error);
    match hint {
        Some(hint) => explained.with_hint(hint),
        None => explained,
    }
}

/// The hint for a type that is neither built in nor a plugin.
pub(super) fn no_plugin(kind: &str, plugins: &Plugins) -> String {
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

/// The sinks that are plugins here, and can be built into the command.
const BUILT_IN_BY_FEATURE: [&str; 4] = ["parquet", "postgres", "sqlite", "xlsx"];

/// `--sink` names neither a configured sink nor a built-in type.
pub(super) fn not_configured(loaded: &Loaded, name: &str, registry: &Registry) -> ConfigError {
    if BUILT_IN_BY_FEATURE.contains(&name) {
        let hint = format!(
            "put the plugin `{}` into a folder of `plugin_path`, or build longhaul with --features {name}",
            Plugins::file_name(name).display()
        );
        return ConfigError::new(format!("the sink `{name}` is not in this build, and has no plugin"))
            .with_hint(hint);
    }
    let types = registry.iter().map(|(kind, _)| kind);
    // `--out` has added the options of the sink under its name.
    let configured = loaded.config.sinks.keys().map(String::as_str).filter(|known| *known != name);
    let known: Vec<_> = configured.chain(types).collect();
    let suggestion = closest(name, &known);
    ConfigError::new(format!("unknown sink `{name}`{suggestion}"))
        .with_hint(format!("add a table `[sinks.{name}]`"))
}

/// An error in the options of a sink, or another one of the sink.
pub(crate) fn of_options(loaded: &Loaded, name: &str, error: SinkError) -> Failure {
    let exit = if error.kind() == SinkErrorKind::Config { Exit::Usage } else { Exit::Sink };
    let explained = option_error(loaded, name, error);
    Failure { exit, ..Failure::from(explained) }
}

/// An error of a sink, and where its option is configured.
pub(super) fn option_error(loaded: &Loaded, name: &str, error: SinkError) -> ConfigError {
    let key = match error.key() {
        Some(option) => format!("sinks.{name}.{option}"),
        None => format!("sinks.{name}"),
    };
    let hint = match error.kind() {
        SinkErrorKind::Config => None,
        SinkErrorKind::Broken => Some(broken_sink(name)),
        _ => Some("fix the problem, then run the same command again".to_owned()),
    };
    let explained = ConfigError::new(format!("cannot set up the sink `{name}`"));
    let explained = explained.at(&key, origin(loaded, name, &key)).because(error);
    match hint {
        Some(hint) => explained.with_hint(hint),
        None => explained,
    }
}

/// Where `key` is configured, or else the type of the sink, or else the sink.
fn origin(loaded: &Loaded, name: &str, key: &str) -> Origin {
    let places = [key.to_owned(), format!("sinks.{name}.type"), format!("sinks.{name}")];
    let found = places.iter().map(|key| loaded.origin_of(key)).find(|origin| *origin != Origin::Default);
    found.unwrap_or_default()
}
