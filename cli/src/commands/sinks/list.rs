//! `longhaul sinks`: the built-in sinks and the plugins.

use std::fmt::Write;

use longhaul_core::sink::{Options, SinkType};
use serde_json::Value;

use crate::{
    build,
    commands::print_text,
    config::{self, Sources},
    exit::Exit,
    terminal::{failure::Failure, report::Chain},
};

/// Prints the built-in sinks and the plugins that are found. If the configuration is missing or invalid, only its
/// `plugin_path` is not searched.
pub(crate) fn list(sources: &Sources) -> Result<Exit, Failure> {
    let plugin_path = match config::load(sources) {
        Ok(loaded) => loaded.config.plugin_path,
        Err(error) => {
            log::debug!("ignoring `plugin_path`: {error}");
            Vec::new()
        }
    };
    let plugins = build::plugins(&plugin_path, &sources.environment, &sources.cwd).map_err(Failure::usage)?;
    let mut text = String::new();
    for (name, sink_type) in build::registry().iter() {
        describe(&mut text, name, sink_type);
        text.push_str("  built in\n");
    }
    for (name, plugin) in plugins.list().map_err(Failure::usage)? {
        match plugin {
            Ok(plugin) => {
                describe(&mut text, &name, &plugin);
                explain(&mut text, plugin.schema());
                let _ = writeln!(text, "  plugin {}, {}", plugin.version(), plugin.library().display());
            }
            // Writing to a string does not fail.
            Err(error) => drop(writeln!(text, "{name}\n  cannot be used: {}", Chain(&error))),
        }
    }
    print_text(&text)
}

fn describe(text: &mut String, name: &str, sink_type: &dyn SinkType) {
    let options = sink_type.options().join(", ");
    let _ = writeln!(text, "{name}\n  {}\n  options: {options}", sink_type.summary());
}

/// One line for each option, from the schema of the plugin.
fn explain(text: &mut String, schema: &Options) {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|each| each == name));
    for (name, option) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let kind = option.get("type").or_else(|| option.get("enum")).map(plain);
        let default = option.get("default").map(|value| format!("default {value}"));
        let required = is_required(name).then(|| "required".to_owned());
        let traits = [kind, required, default].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let description = option.get("description").map(plain);
        let parts = [traits, description.unwrap_or_default()];
        let parts = parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>();
        if !parts.is_empty() {
            let _ = writeln!(text, "    {name}: {}", parts.join("; "));
        }
    }
}

/// A value without quotes; an array as alternatives.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(plain).collect::<Vec<_>>().join(" or "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn options_are_explained_from_the_schema() {
        let schema = json!({
            "properties": {
                "bare": {},
                "mode": { "enum": ["replace", "append"], "default": "replace" },
                "path": { "type": "string", "description": "the file" },
                "size": { "type": ["integer", "string"], "description": "how many" },
            },
            "required": ["path"],
        });
        let mut text = String::new();
        explain(&mut text, schema.as_object().unwrap());
        assert_eq!(
            text,
            "    mode: replace or append, default \"replace\"\n    path: string, required; the file\n    \
             size: integer or string; how many\n"
        );
    }
}
