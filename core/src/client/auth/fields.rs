//! The fields of a token request that the user writes.

use std::fmt;

use serde_json::{Map, Value};

use crate::suggest::closest;

/// The fields of a token request. Their texts may have placeholders such as `{username}`. `Debug` does not show them,
/// because a text may be a secret.
#[derive(Clone)]
pub struct Fields(Map<String, Value>);

/// A placeholder that has no value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceholderError {
    /// It has an unknown name.
    #[error("`{{{name}}}` is not a known placeholder{}", closest(name, known))]
    Unknown {
        /// The name.
        name: String,
        /// The names of the others.
        known: Vec<String>,
    },
    /// It looks like a variable of a shell.
    #[error("`${{{name}}}` is not replaced, because the text is not a shell's")]
    OfShell {
        /// The name.
        name: String,
    },
}

impl Fields {
    /// Fields with placeholders of these names. `{{` stands for a brace.
    ///
    /// # Errors
    /// There is another placeholder.
    pub fn new(fields: Map<String, Value>, known: &[&str]) -> Result<Self, PlaceholderError> {
        check(&mut fields.values(), known)?;
        Ok(Self(fields))
    }

    /// Whether a text has the placeholder `{name}`.
    pub fn mention(&self, name: &str) -> bool {
        // The texts were checked, so an unknown placeholder is this one.
        let others: Vec<_> = PLACEHOLDERS.into_iter().filter(|other| *other != name).collect();
        check(&mut self.0.values(), &others).is_err()
    }

    /// The fields, with each placeholder replaced by its value.
    pub(super) fn fill(&self, value: &impl Fn(&str) -> Option<String>) -> Vec<(String, Value)> {
        self.0.iter().map(|(name, field)| (name.clone(), filled(field, value))).collect()
    }
}

/// The placeholders that there may be, depending on the type.
const PLACEHOLDERS: [&str; 8] = [
    "assertion",
    "client_assertion",
    "client_id",
    "client_secret",
    "password",
    "refresh_token",
    "scope",
    "username",
];

fn check(values: &mut dyn Iterator<Item = &Value>, known: &[&str]) -> Result<(), PlaceholderError> {
    for value in values {
        match value {
            Value::String(text) => {
                expand(text, &|name| known.contains(&name).then(String::new))
                    .map_err(|error| error.knowing(known))?;
            }
            Value::Array(values) => check(&mut values.iter(), known)?,
            Value::Object(members) => check(&mut members.values(), known)?,
            _ => {}
        }
    }
    Ok(())
}

impl PlaceholderError {
    fn knowing(self, names: &[&str]) -> Self {
        match self {
            Self::Unknown { name, .. } => {
                Self::Unknown { name, known: names.iter().map(|name| (*name).to_owned()).collect() }
            }
            other @ Self::OfShell { .. } => other,
        }
    }
}

fn filled(field: &Value, value: &impl Fn(&str) -> Option<String>) -> Value {
    match field {
        // Every placeholder was checked.
        Value::String(text) => expand(text, value).unwrap_or_default().into(),
        Value::Array(fields) => fields.iter().map(|field| filled(field, value)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, field)| (name.clone(), filled(field, value))).collect()
        }
        other => other.clone(),
    }
}

/// `text` with each placeholder replaced. Braces around anything but a lowercase name are kept.
fn expand(text: &str, value: &impl Fn(&str) -> Option<String>) -> Result<String, PlaceholderError> {
    let (mut expanded, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once('{') {
        expanded.push_str(before);
        let inside = after.split_once('}').map(|(inside, _)| inside);
        if let Some(rest_after) = after.strip_prefix('{') {
            expanded.push('{');
            rest = rest_after;
        } else if let Some(name) = inside.filter(|name| before.ends_with('$') && is_variable(name)) {
            return Err(PlaceholderError::OfShell { name: name.to_owned() });
        } else if let Some(name) = inside.filter(|name| is_name(name)) {
            let known = Vec::new();
            let unknown = || PlaceholderError::Unknown { name: name.to_owned(), known };
            expanded.push_str(&value(name).ok_or_else(unknown)?);
            rest = &after[name.len() + 1..];
        } else {
            expanded.push('{');
            rest = after;
        }
    }
    expanded.push_str(rest);
    Ok(expanded)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '.')
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fields({})", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: Value, known: &[&str]) -> Result<Fields, PlaceholderError> {
        let Value::Object(fields) = value else { panic!("not fields") };
        Fields::new(fields, known)
    }

    #[test]
    fn placeholders_are_replaced_at_any_depth() {
        let written =
            json!({ "a": "{username}:{{password}", "b": { "c": ["{password}", 7, "{}", "{A b}"] } });
        let fields = fields(written, &["username", "password"]).unwrap();
        assert!(fields.mention("username") && !fields.mention("client_id"));
        // A value is not searched for placeholders.
        let filled =
            fields.fill(&|name| Some(if name == "username" { "{password}" } else { "p" }.to_owned()));
        let filled = Value::Object(filled.into_iter().collect());
        assert_eq!(filled, json!({ "a": "{password}:{password}", "b": { "c": ["p", 7, "{}", "{A b}"] } }));
        assert_eq!(format!("{fields:?}"), "Fields(2)");
    }

    #[test]
    fn an_unknown_placeholder_is_refused() {
        let refusal = |text: &str| fields(json!({ "a": [text] }), &["username"]).unwrap_err().to_string();
        assert_eq!(
            refusal("x {usrname}"),
            "`{usrname}` is not a known placeholder (did you mean `username`?)"
        );
        assert_eq!(refusal("${USER}"), "`${USER}` is not replaced, because the text is not a shell's");
    }
}
