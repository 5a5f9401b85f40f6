//! `longhaul sinks`: where records can go.

use std::fmt::Write;

use longhaul_core::sink::SinkType;

use crate::{
    commands::print,
    config::{self, Sources},
    exit::Exit,
    failure::Failure,
    report::Chain,
    wire,
};

/// Prints the built-in sinks and the plugins that are found. Someone who asks may not have a configuration yet, so one
/// that cannot be used only means that its `plugin_path` is not searched.
pub(crate) fn execute(sources: &Sources) -> Result<Exit, Failure> {
    let plugin_path = match config::load(sources) {
        Ok(loaded) => loaded.config.plugin_path,
        Err(error) => {
            log::debug!("`plugin_path` is not known: {error}");
            Vec::new()
        }
    };
    let plugins = wire::plugins(&plugin_path, &sources.environment, &sources.cwd).map_err(Failure::usage)?;
    let mut text = String::new();
    for (name, sink_type) in wire::registry().iter() {
        describe(&mut text, name, "built in", sink_type);
    }
    for (name, plugin) in plugins.list().map_err(Failure::usage)? {
        match plugin {
            Ok(plugin) => {
                let place = format!("plugin {}, {}", plugin.version(), plugin.library().display());
                describe(&mut text, &name, &place, &plugin);
            }
            // Writing to a string does not fail.
            Err(error) => drop(writeln!(text, "{name}\n  cannot be used: {}", Chain(&error))),
        }
    }
    print(&text)
}

fn describe(text: &mut String, name: &str, place: &str, sink_type: &dyn SinkType) {
    let options = sink_type.options().join(", ");
    let _ = writeln!(text, "{name}\n  {}\n  options: {options}\n  {place}", sink_type.summary());
}
