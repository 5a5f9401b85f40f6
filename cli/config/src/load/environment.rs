//! The environment as a layer: `LONGHAUL_AUTH__CLIENT_ID` is `auth.client_id`.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
};

use figment::value::{Dict, Value};
use longhaul_core::suggest;

use toml_edit::Key;

use crate::{
    error::ConfigError,
    load::{keys, layer::Layer, stack::Stack},
    origin::Origin,
    tree,
};

/// Variables that are not keys: the command line reads them.
const READ_ELSEWHERE: [&str; 2] = ["LONGHAUL_LOG", "LONGHAUL_PLUGIN_PATH"];

/// The layers of the environment.
pub(crate) struct Environment {
    /// One layer per variable, whose name is the origin of the value.
    pub(crate) layers: Vec<Layer>,
    pub(crate) warnings: Vec<String>,
}

impl Environment {
    /// Reads the variables. Names that the user chose get the case that they have in `below`.
    ///
    /// A value is taken literally; it is parsed only when its key is read. An empty value is a value, too: empty text
    /// or an empty list. It overrides lower layers.
    pub(crate) fn read(
        variables: &[(OsString, OsString)],
        below: &Dict,
        cwd: &Path,
    ) -> Result<Self, ConfigError> {
        let mut found: Vec<(Vec<String>, String, &OsStr)> = Vec::new();
        let mut warnings = Vec::new();
        let mut variables: Vec<_> = variables.iter().collect();
        variables.sort();
        for (name, value) in variables {
            let name = name.to_string_lossy();
            let Some(rest) = name.strip_prefix(keys::PREFIX) else { continue };
            let typed: Vec<_> = rest.split(keys::BETWEEN_LEVELS).map(str::to_owned).collect();
            match keys::find(&typed, below) {
                _ if READ_ELSEWHERE.contains(&&*name) => {}
                Some((path, _)) => found.push((path, name.into_owned(), value)),
                None if typed.len() > 1 => return Err(unknown(&name, &typed)),
                None => {
                    let suggestion = closest(&typed, str::to_ascii_uppercase);
                    warnings.push(format!(
                        "ignoring the environment variable `{name}`, which is not a key{suggestion}"
                    ));
                }
            }
        }
        refuse_overlap(&found)?;
        let layers = found.into_iter().map(|(path, name, value)| layer(&path, name, value, cwd));
        Ok(Self { layers: layers.collect::<Result<_, _>>()?, warnings })
    }
}

/// The variables that `[environment]` in `stack` lists, with their keys.
pub(crate) fn well_known(stack: &Stack) -> Result<Vec<(String, Vec<String>)>, ConfigError> {
    let values = stack.values();
    let table = values.get("environment").and_then(Value::as_dict).into_iter().flatten();
    let named = table.filter_map(|(name, key)| Some((name, key.as_str()?)));
    let known = named.map(|(name, key)| {
        let typed: Vec<_> =
            Key::parse(key).unwrap_or_default().iter().map(|level| level.get().to_owned()).collect();
        match keys::find(&typed, &values) {
            Some((path, _)) if path == typed => Ok((name.clone(), path)),
            _ => {
                let path = ["environment".to_owned(), name.clone()];
                let (place, suggestion) = (tree::dotted(&path), closest(&typed, str::to_owned));
                let message = format!("`{place}`: `{key}` is not a key{suggestion}");
                Err(ConfigError::new(message).at(&place, stack.origin(&path)))
            }
        }
    });
    known.collect()
}

/// The layers of those variables in `names` that are set.
pub(crate) fn layers_of(
    names: &[(String, Vec<String>)],
    variables: &[(OsString, OsString)],
    cwd: &Path,
) -> Result<Vec<Layer>, ConfigError> {
    let mut found: Vec<(Vec<String>, String, &OsStr)> = Vec::new();
    for (name, path) in names {
        let Some((_, value)) = variables.iter().find(|(candidate, _)| candidate == name.as_str()) else {
            continue;
        };
        let says_the_same =
            |(other, _, known): &(Vec<String>, String, &OsStr)| other == path && *known == value;
        if !found.iter().any(says_the_same) {
            found.push((path.clone(), name.clone(), value));
        }
    }
    refuse_overlap(&found)?;
    found.into_iter().map(|(path, name, value)| layer(&path, name, value, cwd)).collect()
}

fn layer(path: &[String], name: String, value: &OsStr, cwd: &Path) -> Result<Layer, ConfigError> {
    let not_text = format!("the value of the environment variable `{name}` is not UTF-8");
    let origin = Origin::Environment { name };
    let Some(text) = value.to_str() else {
        return Err(ConfigError::new(not_text).at(&tree::dotted(path), origin));
    };
    Ok(Layer { origin, folder: cwd.to_owned(), values: tree::nest(path, Value::from(text)) })
}

/// Refuses two variables for the same key, or for a key and a key inside it, because neither overrides the other.
fn refuse_overlap(found: &[(Vec<String>, String, &OsStr)]) -> Result<(), ConfigError> {
    for (index, (path, name, _)) in found.iter().enumerate() {
        let overlap =
            |other: &&(Vec<String>, String, &OsStr)| other.0.starts_with(path) || path.starts_with(&other.0);
        if let Some((_, other, _)) = found[..index].iter().find(overlap) {
            let key = tree::dotted(path);
            let message = format!("the environment variables `{other}` and `{name}` both set `{key}`");
            return Err(ConfigError::new(message).at(&key, Origin::Environment { name: name.clone() }));
        }
    }
    Ok(())
}

fn unknown(name: &str, typed: &[String]) -> ConfigError {
    let origin = Origin::Environment { name: name.to_owned() };
    let error = if keys::is_table(typed) {
        ConfigError::new(format!("the environment variable `{name}` names a table, not a key"))
            .with_hint(format!("set one of its keys, as in `{name}__KEY`"))
    } else {
        ConfigError::new(format!(
            "the environment variable `{name}` is not a key{}",
            closest(typed, str::to_ascii_uppercase)
        ))
    };
    error.written(origin)
}

/// A suggestion for the first level of `typed` that is unknown, in the spelling of `spell`.
fn closest(typed: &[String], spell: fn(&str) -> String) -> String {
    let agree = |row: &[&str], depth: usize| {
        row.len() > depth
            && row
                .iter()
                .zip(&typed[..depth])
                .all(|(key, name)| key.starts_with('*') || key.eq_ignore_ascii_case(name))
    };
    for (depth, name) in typed.iter().enumerate() {
        let here: Vec<_> =
            keys::rows().iter().filter(|row| agree(&row.path, depth)).map(|row| row.path[depth]).collect();
        if !here.iter().any(|key| key.starts_with('*') || key.eq_ignore_ascii_case(name)) {
            return suggest::closest(name, &here.into_iter().map(spell).collect::<Vec<_>>());
        }
    }
    String::new()
}
