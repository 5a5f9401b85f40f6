//! A folder without a configuration.

use std::path::Path;

use crate::{
    config::{Sources, System, systems},
    terminal::failure::Failure,
};

/// The same sources, if there is anything to configure a command with: a file, a variable, `--set` or `--system`. If
/// nothing names an API, a preset is used if its own variables are set and it has the streams that the command names.
pub(crate) fn configured(mut sources: Sources, streams: &[String]) -> Result<Sources, Failure> {
    let searched = sources.searched();
    let is_key =
        |name: &str| name == "LONGHAUL_SYSTEM" || (name.starts_with("LONGHAUL_") && name.contains("__"));
    let mut variables = sources.environment.iter().filter_map(|(name, _)| name.to_str());
    let names_api = |set: &String| set.starts_with("system") || set.starts_with("api.");
    // A file that is named but does not exist has an error of its own.
    if searched.iter().any(|path| path.exists())
        || !sources.files.is_empty()
        || sources.system.is_some()
        || sources.set.iter().any(names_api)
        || variables.any(is_key)
    {
        return Ok(sources);
    }
    let offered = if streams.is_empty() { Vec::new() } else { offering(&sources, streams) };
    match &offered[..] {
        [] if !sources.set.is_empty() => Ok(sources),
        [] => Err(absent(&searched, streams, &offering(&sources, &[]))),
        [(system, variable)] => {
            log::info!("using the preset `{0}`, because `{variable}` is set", system.name);
            sources.system = Some(system.name.to_owned());
            Ok(sources)
        }
        [(first, _), ..] => {
            let names = offered.iter().map(|(system, variable)| format!("`{}` (`{variable}`)", system.name));
            let names = names.collect::<Vec<_>>().join(", ");
            let clause =
                format!("the variables of several presets with `{}` are set: {names}", streams.join("`, `"));
            Err(Failure::usage(clause).hint(format!("choose one, for example with --system {}", first.name)))
        }
    }
}

/// The presets with these streams, each with a variable of its own that is set. Any preset if there are no streams.
fn offering(sources: &Sources, streams: &[String]) -> Vec<(System, String)> {
    let is_set =
        |name: &str| sources.environment.iter().any(|(known, value)| known == name && !value.is_empty());
    let with_variable = |system: System| {
        let (variable, _) = system.variables.iter().find(|(name, _)| is_set(name))?.clone();
        Some((system, variable))
    };
    systems().into_iter().filter(|system| offers(system, streams)).filter_map(with_variable).collect()
}

/// `prepared` are the presets whose variables are set.
fn absent(searched: &[impl AsRef<Path>], streams: &[String], prepared: &[(System, String)]) -> Failure {
    let shown = searched.iter().map(|path| format!("`{}`", path.as_ref().display()));
    let places = shown.collect::<Vec<_>>().join(", ");
    let mut hint = "longhaul init URL writes a configuration for the API with this URL, and longhaul init genesys one for \
                    Genesys Cloud; longhaul demo shows a pull without one"
        .to_owned();
    let presets: Vec<_> = systems().into_iter().filter(|system| offers(system, streams)).collect();
    let which = if streams.len() == 1 { "this stream" } else { "these streams" };
    match &presets[..] {
        several_or_none if streams.is_empty() || several_or_none.is_empty() => {
            hint.insert_str(0, &use_of(prepared));
        }
        [only] => {
            hint = format!(
                "the preset `{0}` has {which}: add --system {0}, and set what longhaul systems names for it",
                only.name
            );
        }
        several => {
            let names =
                several.iter().map(|system| format!("`{}`", system.name)).collect::<Vec<_>>().join(", ");
            hint = format!(
                "these presets have {which}: {names}; add --system NAME, and set what longhaul systems names for it"
            );
        }
    }
    Failure::usage(format!("found no configuration; looked for {places}")).hint(hint)
}

/// How to use a preset whose variables are set, before other hints.
fn use_of(prepared: &[(System, String)]) -> String {
    let (set, which, name) = match prepared {
        [] => return String::new(),
        [(system, variable)] => {
            (format!("`{variable}` is set"), format!("the preset `{}`", system.name), system.name)
        }
        several => {
            let names: Vec<_> = several.iter().map(|(system, _)| format!("`{}`", system.name)).collect();
            (format!("variables of the presets {} are set", names.join(", ")), "one".to_owned(), "NAME")
        }
    };
    format!("{set}: to use {which}, add --system {name}, or write `system = \"{name}\"` to longhaul.toml; ")
}

fn offers(system: &System, streams: &[String]) -> bool {
    streams.iter().all(|stream| system.streams.contains(stream))
}
