//! Finds every error of a configuration, so that nobody has to correct them one by one.

use figment::value::{Dict, Value};

use crate::{
    check, elements,
    error::ConfigError,
    load::{extract, stack::Stack},
    origin::Origin,
    sections::root::Config,
    tree,
};

/// Every error in `stack`, which has at least one, and what can be read of the configuration.
///
/// Values that cannot be read are left out one by one, until the rest can be read and checked.
pub(super) fn every_error(stack: &Stack, first: ConfigError) -> (ConfigError, Option<Config>) {
    let mut values = stack.values();
    let (mut errors, mut left_out, mut lists) = (Vec::new(), Vec::new(), Vec::new());
    // Tables with unknown keys, and unknown keys that are no other key misspelt.
    let (mut unknown, mut meaningless) = (Vec::new(), Vec::new());
    let config = loop {
        let error = match extract::read(values.clone()) {
            Ok(config) => break Some(config),
            Err(error) => extract::explain(*error, stack),
        };
        let path = error.path_of_key();
        if path != error.path()
            && !lists.contains(&path)
            && let Some((of_elements, sound)) = elements::errors(&values, stack, &path)
        {
            errors.extend(of_elements);
            if sound.is_empty() && !may_be_empty(&path) {
                left_out.push(path.clone());
            }
            tree::replace(&mut values, &path, Value::from(sound));
            lists.push(path);
            continue;
        }
        let is_missing = tree::at(&values, &path).is_none();
        // A missing key may be there under an unknown name, which is named already.
        let is_consequence = is_missing && unknown.contains(&above(&path));
        if !left_out.contains(&path) && !is_consequence {
            if error.to_string().starts_with("unknown key") {
                unknown.push(above(&path));
                if !error.to_string().contains("did you mean") {
                    meaningless.push(path.clone());
                }
            }
            errors.push(error);
        }
        match leave_out(&mut values, &path) {
            Some(path) if !left_out.contains(&path) => left_out.push(path),
            _ => break None,
        }
    };
    let of_checks = config.as_ref().and_then(|config| check::check(config, stack).err());
    let is_consequence = |error: &ConfigError| {
        let path = error.path();
        // What is wrong with a table may follow from a value in it that cannot be read.
        let is_affected = |left_out: &Vec<String>| {
            path.starts_with(left_out) || above(left_out) == above(&path) || hides_sinks(left_out, &path)
        };
        left_out.iter().filter(|path| !meaningless.contains(path)).any(is_affected)
    };
    errors.extend(of_checks.into_iter().flat_map(ConfigError::apart).filter(|error| !is_consequence(error)));
    let all = ConfigError::all(errors.into_iter().map(Err)).err();
    (all.unwrap_or(first), config)
}

/// The same errors in the order of the files. Errors elsewhere follow.
pub(super) fn in_order(stack: &Stack, errors: ConfigError) -> ConfigError {
    let place = |error: &ConfigError| {
        let origin = error.origin().cloned().unwrap_or_default();
        let line = match &origin {
            Origin::File { line, .. } | Origin::Preset { line, .. } => *line,
            _ => None,
        };
        let file = origin.on(None);
        (stack.files().position(|known| *known == file).unwrap_or(usize::MAX), line)
    };
    errors.sorted_by_key(place)
}

/// The table around the key at `path`.
fn above(path: &[String]) -> Vec<String> {
    path[..path.len().saturating_sub(1)].to_vec()
}

/// Whether nothing follows from it if the list at `path` is empty.
fn may_be_empty(path: &[String]) -> bool {
    path.last().is_some_and(|name| ["answers", "end", "where"].contains(&name.as_str()))
}

/// Removes the value at `path`, or, if it is missing, the table that needs it. Returns the path of what was removed.
fn leave_out(values: &mut Dict, path: &[String]) -> Option<Vec<String>> {
    let left_out = [path.to_vec(), above(path)].into_iter().find(|path| tree::remove(values, path))?;
    // Without these tables, no other could be checked.
    let stand_in = match &left_out[..] {
        [table] if table == "api" => Some(["api", "base_url", "http://127.0.0.1"]),
        [table] if table == "auth" => Some(["auth", "type", "none"]),
        _ => None,
    };
    if let Some([table, key, value]) = stand_in {
        values.extend(tree::nest(&[table, key], Value::from(value)));
    }
    Some(left_out)
}

/// Whether `path` is a list of sinks, and a sink was left out.
fn hides_sinks(left_out: &[String], path: &[String]) -> bool {
    left_out.len() <= 2
        && left_out.first().is_some_and(|table| table == "sinks")
        && path.last().is_some_and(|key| key == "sinks")
}
