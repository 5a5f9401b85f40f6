//! Reads the merged values into types, and explains errors in the words of the documentation.

use figment::{
    Error, Figment,
    error::{Actual, Kind},
    providers::Serialized,
    value::{Dict, Value},
};
use longhaul_core::suggest;
use serde::Deserialize;

use crate::{
    error::ConfigError,
    load::{
        defaults,
        deserializer::Merged,
        keys,
        stack::{Stack, tree_of},
    },
    sections::root::Config,
    tree,
    values::kind,
};

/// The configuration that the layers of `stack` give.
pub(crate) fn extract(stack: &Stack) -> Result<Config, ConfigError> {
    read(stack.values()).map_err(|error| explain(*error, stack))
}

/// The configuration that `values` and the defaults below them give.
pub(crate) fn read(values: Dict) -> Result<Config, Box<Error>> {
    let defaults = Serialized::defaults(defaults::beneath(&values));
    let merged = Figment::from(Serialized::defaults(values)).join(defaults);
    Config::deserialize(Merged(&Value::from(tree_of(&merged)))).map_err(Box::new)
}

/// Explains an error that occurred in reading values of `stack`.
pub(crate) fn explain(error: Error, stack: &Stack) -> ConfigError {
    let mut path = error.path;
    let length = to_the_key(&path).len();
    let origin = |path: &[String]| stack.locate(path, stack.origin(&path[..length.min(path.len())]));
    if let Kind::MissingField(name) = &error.kind
        && length < path.len()
    {
        let key = tree::dotted(&path[..length]);
        let message = format!("`{key}`: `{name}` is missing");
        let error = ConfigError::new(message).at(&key, origin(&path));
        path.push(name.clone().into_owned());
        return error.inside(&path[length..]);
    }
    if let Kind::MissingField(name) = &error.kind {
        let near = stack.origin(&path);
        path.push(name.clone().into_owned());
        return stack.missing(&path, near);
    }
    let is_inside = length < path.len();
    let key = tree::dotted(&path[..length]);
    let (message, hint) = match error.kind {
        Kind::UnknownField(name, known) if is_inside => {
            (format!("`{key}`: unknown key `{name}`{}", suggest::closest(&name, known)), None)
        }
        Kind::UnknownField(name, known) => {
            (format!("unknown key `{key}`{}", suggest::closest(&name, known)), None)
        }
        Kind::UnknownVariant(found, known) => {
            let known_ones = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let suggestion = suggest::closest(&found, known);
            (format!("`{key}`: `{found}` is not one of {known_ones}{suggestion}"), None)
        }
        Kind::InvalidType(found, expected) | Kind::InvalidValue(found, expected) => {
            let expected = in_words(&expected);
            let found = describe(&found, expected);
            let unquoted = expected.starts_with("text") && ["a number", "a boolean"].contains(&&*found);
            (format!("`{key}`: expected {expected}, found {found}"), unquoted.then_some("put it in quotes"))
        }
        Kind::Message(clause) => (format!("`{key}`: {clause}"), None),
        _ => (format!("`{key}` cannot be read"), None),
    };
    let error = ConfigError::new(message).at(&key, origin(&path)).inside(&path[length..]);
    if let Some(hint) = hint { error.with_hint(hint) } else { error }
}

/// `path` up to the key. What follows lies inside a value, such as the index in a list.
fn to_the_key(path: &[String]) -> Vec<String> {
    let whole = (1..path.len()).find(|&length| {
        keys::find_kind(&path[..length]).is_some_and(|kind| {
            matches!(kind, kind::Kind::Command | kind::Kind::List | kind::Kind::Paths | kind::Kind::Text)
        })
    });
    path[..whole.unwrap_or(path.len())].to_vec()
}

/// What serde expected, in the words of the documentation.
fn in_words(expected: &str) -> &str {
    match expected {
        "a boolean" => "`true` or `false`",
        "a sequence" => "a list",
        "a string" => "text",
        "a map" => "a table",
        number if number.contains("nonzero") => "a whole number from 1",
        number if ["u16", "u32", "u64"].contains(&number) => "a whole number",
        name if name.starts_with("struct ") => "a table",
        other => other,
    }
}

/// What was found. Text is shown only if a number or a boolean was expected. Anything else may be a secret in the wrong
/// place.
fn describe(found: &Actual, expected: &str) -> String {
    let harmless = expected.starts_with("a whole number") || expected.starts_with("`true`");
    match found {
        Actual::Str(text) if harmless => format!("`{text}`"),
        Actual::Unsigned(number) if harmless => format!("`{number}`"),
        Actual::Signed(number) if harmless => format!("`{number}`"),
        Actual::Str(_) | Actual::Char(_) => "text".to_owned(),
        Actual::Bool(_) => "a boolean".to_owned(),
        Actual::Unsigned(_) | Actual::Signed(_) | Actual::Float(_) => "a number".to_owned(),
        Actual::Seq => "a list".to_owned(),
        Actual::Map => "a table".to_owned(),
        _ => "nothing".to_owned(),
    }
}
