//! The variables of a pull.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::suggest::closest;

/// The characters to escape in a path segment: those that RFC 3986 §3.3 does not allow, and those with a meaning there.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

/// The variables of a pull: the values of the placeholders in its paths, URLs and bodies. `{stream}` is one of them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Variables {
    folder: PathBuf,
    values: BTreeMap<String, String>,
}

impl Variables {
    /// The variables of a pull of `stream`. Relative paths of sinks are relative to `folder`.
    pub fn new(stream: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), values: BTreeMap::new() }.with("stream", stream)
    }

    /// Sets the value of `{name}`.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.values.insert(name.into(), value.into());
        self
    }

    /// The name of the stream.
    pub fn stream(&self) -> &str {
        self.values.get("stream").map_or("", String::as_str)
    }

    /// The folder that relative paths of sinks are relative to.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The value of `{name}`, if it is known.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The value of `{name}`.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The names and values of all placeholders, ordered by name.
    pub fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// `template` with its placeholders replaced, as a path below [`folder`](Self::folder) unless it is absolute.
    ///
    /// # Errors
    /// It has an unknown placeholder.
    pub fn path(&self, template: &str) -> Result<PathBuf, UnknownPlaceholder> {
        Ok(self.folder.join(self.expand(template)?))
    }

    /// `template` with the known placeholders replaced. Other text in braces is kept, because it may be meant for the
    /// server.
    pub fn fill(&self, template: &str) -> String {
        self.fill_as(template, str::to_owned)
    }

    /// Does what [`fill`](Self::fill) does, for a path or query of a URL. Values are escaped, so that the name that a server
    /// gives to a job cannot change the path.
    pub fn fill_url(&self, template: &str) -> String {
        self.fill_as(template, |value| utf8_percent_encode(value, SEGMENT).to_string())
    }

    fn fill_as(&self, template: &str, written: impl Fn(&str) -> String) -> String {
        self.values.iter().fold(template.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), &written(value))
        })
    }

    /// `template` with each `{name}` replaced by its value. Braces around anything but a lowercase name, as in JSON, are
    /// kept.
    ///
    /// # Errors
    /// It has an unknown placeholder.
    pub fn expand(&self, template: &str) -> Result<String, UnknownPlaceholder> {
        let mut text = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let name = after.split_once('}').map(|(name, _)| name).filter(|name| is_name(name));
            let Some(name) = name else {
                text.push('{');
                rest = after;
                continue;
            };
            let value = self.values.get(name).ok_or_else(|| UnknownPlaceholder {
                name: name.to_owned(),
                known: self.values.keys().cloned().collect(),
            })?;
            text.push_str(value);
            rest = &after[name.len() + 1..];
        }
        text.push_str(rest);
        Ok(text)
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c == '.' || c == '_')
}

/// A placeholder that has no value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{{{name}}}` is not a known placeholder{}", closest(name, known))]
pub struct UnknownPlaceholder {
    name: String,
    known: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::Variables;

    #[test]
    fn known_placeholders_are_replaced_and_json_is_left_alone() {
        let variables = Variables::new("users", "/data").with("date", "20260101");
        assert_eq!(variables.expand("{stream}-{date}.x").unwrap(), "users-20260101.x");
        assert_eq!(variables.expand(r#"{"a":{"b":1}} {} {A}"#).unwrap(), r#"{"a":{"b":1}} {} {A}"#);
        assert_eq!(variables.fill("{stream}/{other}"), "users/{other}");
        assert_eq!(Variables::new("a/../b?c:d", "").fill_url("/x/{stream}"), "/x/a%2F..%2Fb%3Fc:d");
        assert_eq!(variables.path("out/{stream}").unwrap(), std::path::Path::new("/data/out/users"));
        assert_eq!(variables.path("/abs").unwrap(), std::path::Path::new("/abs"));
        assert_eq!(
            variables.expand("{steam}").unwrap_err().to_string(),
            "`{steam}` is not a known placeholder (did you mean `stream`?)"
        );
    }
}
