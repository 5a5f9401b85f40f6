//! Presets: configuration files for one system, below all other layers.

use std::path::Path;

use figment::value::{Dict, Value};
use longhaul_core::suggest;

use crate::{
    error::ConfigError,
    load::{
        file::{ConfigFile, ENDINGS},
        keys,
        layer::Layer,
        stack::Stack,
    },
    origin::Origin,
    tree,
};

/// The built-in presets, by name.
pub(crate) const EMBEDDED: &[(&str, &str)] = &[
    ("cxone", include_str!("../../presets/cxone.toml")),
    ("genesys", include_str!("../../presets/genesys.toml")),
    ("github", include_str!("../../presets/github.toml")),
    ("hubspot", include_str!("../../presets/hubspot.toml")),
    ("jira", include_str!("../../presets/jira.toml")),
    ("microsoft_graph", include_str!("../../presets/microsoft_graph.toml")),
    ("salesforce", include_str!("../../presets/salesforce.toml")),
    ("servicenow", include_str!("../../presets/servicenow.toml")),
    ("shopify", include_str!("../../presets/shopify.toml")),
    ("slack", include_str!("../../presets/slack.toml")),
    ("stripe", include_str!("../../presets/stripe.toml")),
    ("talkdesk", include_str!("../../presets/talkdesk.toml")),
    ("zendesk", include_str!("../../presets/zendesk.toml")),
];

/// The preset that `system` names in `own`, the layers of the user.
pub(crate) fn named(own: &Stack, cwd: &Path) -> Result<Option<(ConfigFile, Layer)>, ConfigError> {
    let values = own.values();
    let Some(system) = values.get("system") else { return Ok(None) };
    let origin = own.origin(&["system".to_owned()]);
    let Some(system) = system.as_str() else {
        return Err(ConfigError::new("`system`: expected text").at("system", origin));
    };
    let (file, mut layer) = if is_path(system) {
        let folder = match &origin {
            Origin::File { path, .. } => cwd.join(path).parent().unwrap_or(cwd).to_owned(),
            _ => cwd.to_owned(),
        };
        let missing = || {
            ConfigError::new(format!("`system`: the preset `{system}` does not exist")).at("system", origin)
        };
        ConfigFile::read(&folder.join(system), cwd)?.ok_or_else(missing)?
    } else {
        let (name, text) = embedded(system).map_err(|error| error.at("system", origin))?;
        ConfigFile::embedded(name, text)?
    };
    if layer.values.contains_key("system") {
        let origin = layer.origin.on(file.lines.find(&["system".to_owned()]));
        return Err(ConfigError::new("`system`: a preset cannot use another preset").at("system", origin));
    }
    fit(&mut layer.values, &[&values]);
    Ok(Some((file, layer)))
}

/// Removes keys from `values` that do not belong to the type that a table has in `above`, the topmost layer first. For
/// example, the preset has a token endpoint, and the user has a fixed token.
pub(crate) fn fit(values: &mut Dict, above: &[&Dict]) {
    for table in keys::typed_tables(values) {
        let path: Vec<_> = table.iter().map(String::as_str).collect();
        let kind_in =
            |values: &Dict| tree::at(values, &[&*path, &["type"]].concat())?.as_str().map(str::to_owned);
        let kind = above.iter().find_map(|values| kind_in(values));
        let Some(kind) = kind.filter(|kind| kind_in(values).as_ref() != Some(kind)) else { continue };
        let known = keys::of_type(&path, &kind);
        if let (Some(known), Some(Value::Dict(_, table))) = (known, tree::at_mut(values, &path)) {
            table.retain(|key, _| known.contains(&key.as_str()));
        }
    }
}

fn is_path(system: &str) -> bool {
    let ending = Path::new(system).extension().and_then(|ending| ending.to_str());
    system.contains('/') || ending.is_some_and(|ending| ENDINGS.contains(&ending))
}

fn embedded(system: &str) -> Result<(&'static str, &'static str), ConfigError> {
    let found = EMBEDDED.iter().find(|(name, _)| *name == system);
    found.copied().ok_or_else(|| {
        let names: Vec<_> = EMBEDDED.iter().map(|(name, _)| *name).collect();
        let suggestion = suggest::closest(system, &names);
        let known = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        ConfigError::new(format!("`system`: unknown preset `{system}`{suggestion}")).with_hint(format!(
            "longhaul systems lists the built-in presets: {known}; for a file of your own, write its path, \
             such as `./crm.toml`"
        ))
    })
}
