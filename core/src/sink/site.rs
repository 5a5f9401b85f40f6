//! What a sink is told about the pull it is opened for.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::suggest::closest;

/// What cannot stand in a path segment (RFC 3986 §3.3), and the signs that have a meaning there.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

/// The pull that a sink is opened for: its stream, and what placeholders in a path stand for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Site {
    folder: PathBuf,
    values: BTreeMap<String, String>,
}

impl Site {
    /// The pull of `stream`; relative paths of sinks count from `folder`.
    pub fn new(stream: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), values: BTreeMap::new() }.with("stream", stream)
    }

    /// The same site where `{name}` stands for `value`.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.values.insert(name.into(), value.into());
        self
    }

    /// The stream's name.
    pub fn stream(&self) -> &str {
        self.values.get("stream").map_or("", String::as_str)
    }

    /// The folder from which relative paths of sinks count.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What `{name}` stands for, where it stands for anything.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Every placeholder's name and what it stands for.
    pub fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// `template` with its placeholders replaced, as an absolute path.
    pub fn path(&self, template: &str) -> Result<PathBuf, UnknownPlaceholder> {
        Ok(self.folder.join(self.expand(template)?))
    }

    /// `template` with each known placeholder replaced; any other text in braces may be meant for the server and stays.
    pub fn fill(&self, template: &str) -> String {
        self.fill_as(template, str::to_owned)
    }

    /// The same for a URL's path or query: what a server calls its job must not lead to another path.
    pub fn fill_url(&self, template: &str) -> String {
        self.fill_as(template, |value| utf8_percent_encode(value, SEGMENT).to_string())
    }

    fn fill_as(&self, template: &str, written: impl Fn(&str) -> String) -> String {
        self.values.iter().fold(template.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{name}}}"), &written(value))
        })
    }

    /// `template` with each `{name}` replaced by what it stands for. A brace that encloses no lowercase name, as in
    /// JSON, stays as it is.
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

/// A placeholder that stands for nothing here.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{{{name}}}` is not a known placeholder{}", closest(name, known))]
pub struct UnknownPlaceholder {
    name: String,
    known: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::Site;

    #[test]
    fn known_placeholders_are_replaced_and_json_is_left_alone() {
        let site = Site::new("users", "/data").with("date", "20260101");
        assert_eq!(site.expand("{stream}-{date}.x").unwrap(), "users-20260101.x");
        assert_eq!(site.expand(r#"{"a":{"b":1}} {} {A}"#).unwrap(), r#"{"a":{"b":1}} {} {A}"#);
        assert_eq!(site.fill("{stream}/{other}"), "users/{other}");
        assert_eq!(Site::new("a/../b?c:d", "").fill_url("/x/{stream}"), "/x/a%2F..%2Fb%3Fc:d");
        assert_eq!(site.path("out/{stream}").unwrap(), std::path::Path::new("/data/out/users"));
        assert_eq!(site.path("/abs").unwrap(), std::path::Path::new("/abs"));
        assert_eq!(
            site.expand("{steam}").unwrap_err().to_string(),
            "`{steam}` is not a known placeholder (did you mean `stream`?)"
        );
    }
}
