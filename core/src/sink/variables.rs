//! The variables of a pull.

use std::{
    collections::BTreeMap,
    iter,
    path::{Path, PathBuf},
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{json::ExactValue, suggest::closest};

/// The characters to escape in a path segment: those that RFC 3986 §3.3 does not allow, and those with a meaning there.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

/// The characters to escape in the name of a file.
const FILE_NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The variables of a pull: the values of the placeholders in its paths, URLs and bodies. `{stream}` is one of them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Variables {
    folder: PathBuf,
    values: BTreeMap<String, Known>,
}

/// The value of a placeholder.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Known {
    text: String,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Text,
    Number,
}

impl Variables {
    /// The variables of a pull of `stream`. Relative paths of sinks are relative to `folder`.
    pub fn new(stream: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), values: BTreeMap::new() }.with("stream", stream)
    }

    /// Sets the value of `{name}`.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.values.insert(name.into(), Known { text: value.into(), kind: Kind::Text });
        self
    }

    /// Sets the value of `{name}` to a number, as it is written in JSON.
    #[must_use]
    pub fn with_number(mut self, name: impl Into<String>, digits: impl Into<String>) -> Self {
        self.values.insert(name.into(), Known { text: digits.into(), kind: Kind::Number });
        self
    }

    /// The name of the stream.
    pub fn stream(&self) -> &str {
        self.get("stream").unwrap_or_default()
    }

    /// The folder that relative paths of sinks are relative to.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The value of `{name}`, if it is known.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|known| known.text.as_str())
    }

    /// The names and values of all placeholders, ordered by name.
    pub fn values(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.iter().map(|(name, value)| (name.as_str(), value.text.as_str()))
    }

    /// `template` with its placeholders replaced, as a path below [`folder`](Self::folder) unless it is absolute.
    ///
    /// # Errors
    /// It has an unknown placeholder.
    pub fn path(&self, template: &str) -> Result<PathBuf, UnknownPlaceholder> {
        Ok(self.folder.join(self.expand(template)?))
    }

    /// `template` with the known placeholders replaced. Unknown ones are kept.
    pub fn fill(&self, template: &str) -> String {
        // In one pass, so that braces in a value are kept.
        parts(template).fold(String::with_capacity(template.len()), |mut text, part| {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Placeholder { name, whole, .. } => text.push_str(self.get(name).unwrap_or(whole)),
            }
            text
        })
    }

    /// Does what [`fill`](Self::fill) does, for a path or query of a URL. Values are escaped, so that the name that a server
    /// gives to a job cannot change the path. A `/` in the value of `{+name}` is kept (RFC 6570 §3.2.3): the value is the name
    /// of a resource, such as `customers/1`.
    ///
    /// # Errors
    /// The value of a `{+name}` has a part that is empty, `.` or `..`, which would lead to another resource.
    pub fn fill_url(&self, template: &str) -> Result<String, NotResource> {
        let escaped = |value: &str| utf8_percent_encode(value, SEGMENT).to_string();
        let mut url = String::with_capacity(template.len());
        for part in parts(template) {
            match part {
                Part::Text(plain) => url.push_str(plain),
                Part::Placeholder { name, whole, operator } => match (self.get(name), operator) {
                    (None, _) => url.push_str(whole),
                    (Some(value), Operator::None) => url.push_str(&escaped(value)),
                    (Some(value), Operator::Reserved) => {
                        if value.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
                            return Err(NotResource {
                                placeholder: whole.to_owned(),
                                value: value.to_owned(),
                            });
                        }
                        url.push_str(&value.split('/').map(escaped).collect::<Vec<_>>().join("/"));
                    }
                },
            }
        }
        Ok(url)
    }

    /// `value` as part of a file name: it has no character that separates folders or that some system does not allow.
    pub fn file_name(value: &str) -> String {
        utf8_percent_encode(value, FILE_NAME).to_string()
    }

    /// Does what [`fill`](Self::fill) does, for a string in a JSON document. A string that is a single placeholder whose value is
    /// a number becomes that number, with every digit.
    pub fn fill_json(&self, template: &str) -> ExactValue {
        let name = template.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        match name.and_then(|name| self.values.get(name)) {
            Some(Known { text, kind: Kind::Number }) => ExactValue::number(text),
            _ => self.fill(template).into(),
        }
    }

    /// Checks the placeholders of a path or query of a URL, which may also be written `{+name}`.
    ///
    /// # Errors
    /// It has an unknown placeholder, or a `${NAME}` as in a shell.
    pub fn check_url(&self, template: &str) -> Result<(), UnknownPlaceholder> {
        self.expand_as(template, &[Operator::None, Operator::Reserved]).map(drop)
    }

    /// `template` with each `{name}` replaced by its value, and each `{{` by a brace. Braces around anything but a lowercase
    /// name, as in JSON, are kept.
    ///
    /// # Errors
    /// It has an unknown placeholder, a `{+name}`, or a `${NAME}` as in a shell.
    pub fn expand(&self, template: &str) -> Result<String, UnknownPlaceholder> {
        self.expand_as(template, &[Operator::None])
    }

    fn expand_as(&self, template: &str, allowed: &[Operator]) -> Result<String, UnknownPlaceholder> {
        let mut text = String::with_capacity(template.len());
        if let Some(name) = of_shell(template) {
            return Err(UnknownPlaceholder(vec![Problem::OfShell { name: name.to_owned() }]));
        }
        let mut problems = Vec::new();
        for part in parts(template) {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Placeholder { name, operator, .. } => match self.get(name) {
                    None => problems.extend(Some(self.unknown(name)).filter(|new| !problems.contains(new))),
                    Some(_) if !allowed.contains(&operator) => {
                        problems.push(Problem::NotInUrl { name: name.to_owned() });
                    }
                    Some(value) => text.push_str(value),
                },
            }
        }
        if problems.is_empty() { Ok(text) } else { Err(UnknownPlaceholder(problems)) }
    }

    fn unknown(&self, name: &str) -> Problem {
        Problem::Unknown { name: name.to_owned(), known: self.values.keys().cloned().collect() }
    }
}

/// A part of a template.
enum Part<'t> {
    Text(&'t str),
    /// `{name}` or `{+name}`
    Placeholder {
        name: &'t str,
        whole: &'t str,
        operator: Operator,
    },
}

/// The operator before the name of a placeholder (RFC 6570 §2.2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Operator {
    None,
    /// `+`: the value keeps each `/`.
    Reserved,
}

/// The parts of a template. `{{` is text: a single brace.
fn parts(template: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = template;
    iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (length, skipped, part) = if let Some(after) = rest.strip_prefix("{{") {
            let brace = &rest[..1];
            (brace.len(), rest.len() - after.len() - 1, Part::Text(brace))
        } else if let Some((operator, name)) = placeholder(rest) {
            let whole = &rest[..=name.len() + if operator == Operator::None { 1 } else { 2 }];
            (whole.len(), 0, Part::Placeholder { name, whole, operator })
        } else {
            // A brace that starts nothing is text, together with what follows it.
            let next = rest.char_indices().skip(1).find(|(_, char)| *char == '{');
            let length = next.map_or(rest.len(), |(at, _)| at);
            (length, 0, Part::Text(&rest[..length]))
        };
        rest = &rest[length + skipped..];
        Some(part)
    })
}

/// The placeholder that `text` starts with.
fn placeholder(text: &str) -> Option<(Operator, &str)> {
    let (inside, _) = text.strip_prefix('{')?.split_once('}')?;
    let (operator, name) =
        inside.strip_prefix('+').map_or((Operator::None, inside), |name| (Operator::Reserved, name));
    is_name(name).then_some((operator, name))
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '_')
}

/// The name of a variable that is written as in a shell: `${NAME}`.
fn of_shell(template: &str) -> Option<&str> {
    let is_name = |name: &&str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let after = template.split("${").skip(1);
    after.filter_map(|after| Some(after.split_once('}')?.0)).find(is_name)
}

/// Placeholders that have no value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{}", listed(_0))]
pub struct UnknownPlaceholder(Vec<Problem>);

impl UnknownPlaceholder {
    /// These and the others, each once.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        let new: Vec<_> = others.0.into_iter().filter(|problem| !self.0.contains(problem)).collect();
        self.0.extend(new);
        self
    }
}

fn listed(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
enum Problem {
    #[error("`{{{name}}}` is not a known placeholder{}", closest(name, known))]
    Unknown { name: String, known: Vec<String> },
    #[error("`{{+{name}}}` may stand only in a path; write `{{{name}}}` here")]
    NotInUrl { name: String },
    #[error(
        "`${{{name}}}` is not replaced; for a variable of the environment, write `{{ env = \"{name}\" }}` as the whole value"
    )]
    OfShell { name: String },
}

/// The value of a `{+name}` that is not the name of a resource.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "the value `{value}` for `{placeholder}` is not the name of a resource: a part of it is empty, `.` or `..`"
)]
pub struct NotResource {
    placeholder: String,
    value: String,
}

#[cfg(test)]
mod tests {
    use super::Variables;

    #[test]
    fn values_are_written_as_their_place_requires() {
        let variables = Variables::new("x", "/")
            .with("each.id", "a/{stream}")
            .with_number("each.n", "7")
            .with_number("each.big", "12345678901234567890123");
        assert_eq!(variables.fill("{each.id}"), "a/{stream}", "a value is not a template");
        assert_eq!(variables.fill_url("/{each.id}/{each.n}").unwrap(), "/a%2F%7Bstream%7D/7");
        let json = |template: &str| variables.fill_json(template).to_string();
        assert_eq!(json("{each.n}"), "7");
        assert_eq!(json("n{each.n}"), "\"n7\"");
        assert_eq!(json("{each.id}"), "\"a/{stream}\"");
        assert_eq!(json("{each.big}"), "12345678901234567890123");
    }

    #[test]
    fn the_name_of_a_resource_keeps_its_slashes_and_stays_in_its_place() {
        let url = |value: &str| {
            Variables::new("x", "/").with("each.r", value).fill_url("/v1/{+each.r}/items?of={+each.r}")
        };
        assert_eq!(url("customers/1").unwrap(), "/v1/customers/1/items?of=customers/1");
        assert_eq!(url("a?b#c").unwrap(), "/v1/a%3Fb%23c/items?of=a%3Fb%23c");
        assert_eq!(url("%2e%2e/\\").unwrap(), "/v1/%252e%252e/%5C/items?of=%252e%252e/%5C");
        for value in ["", "/", "/a", "a/", "a//b", "..", "a/../b", "./a", "https://evil.example/x"] {
            assert_eq!(
                url(value).unwrap_err().to_string(),
                format!(
                    "the value `{value}` for `{{+each.r}}` is not the name of a resource: a part of it is empty, `.` or `..`"
                )
            );
        }
        let variables = Variables::new("x", "/");
        assert_eq!(variables.check_url("/{+stream}/{stream}"), Ok(()));
        assert_eq!(
            variables.check_url("/{+steam}").unwrap_err().to_string(),
            "`{steam}` is not a known placeholder (did you mean `stream`?)"
        );
        assert_eq!(
            variables.expand("{+stream}").unwrap_err().to_string(),
            "`{+stream}` may stand only in a path; write `{stream}` here"
        );
        assert_eq!(variables.expand("{+} {+A} {{+stream}").unwrap(), "{+} {+A} {+stream}");
    }

    #[test]
    fn known_placeholders_are_replaced_and_json_is_left_alone() {
        let variables = Variables::new("users", "/data").with("date", "20260101");
        assert_eq!(variables.expand("{stream}-{date}.x").unwrap(), "users-20260101.x");
        assert_eq!(variables.expand(r#"{"a":{"b":1}} {} {A}"#).unwrap(), r#"{"a":{"b":1}} {} {A}"#);
        assert_eq!(variables.fill("{stream}/{other}"), "users/{other}");
        for literal in ["{{stream}", "é{{{{{stream}}", "{{", "{é{", "{", "}}{{é}", ""] {
            let expected = literal.replace("{{{{{stream}", "##users").replace("{{", "#").replace('#', "{");
            assert_eq!(variables.fill(literal), expected);
            assert_eq!(variables.expand(literal).unwrap(), expected);
        }
        assert_eq!(Variables::new("a/../b?c:d", "").fill_url("/x/{stream}").unwrap(), "/x/a%2F..%2Fb%3Fc:d");
        assert_eq!(variables.path("out/{stream}").unwrap(), std::path::Path::new("/data/out/users"));
        assert_eq!(variables.path("/abs").unwrap(), std::path::Path::new("/abs"));
        assert_eq!(
            variables.expand("{steam}").unwrap_err().to_string(),
            "`{steam}` is not a known placeholder (did you mean `stream`?)"
        );
        assert_eq!(
            variables.expand("{x}/{stream}/{y}").unwrap_err().to_string(),
            "`{x}` is not a known placeholder; `{y}` is not a known placeholder"
        );
        assert_eq!(
            variables.expand("{stream}/${HOME}").unwrap_err().to_string(),
            "`${HOME}` is not replaced; for a variable of the environment, write `{ env = \"HOME\" }` as the whole value"
        );
        assert_eq!(variables.expand("$ {} ${{HOME} ${} $1").unwrap(), "$ {} ${HOME} ${} $1");
    }
}
