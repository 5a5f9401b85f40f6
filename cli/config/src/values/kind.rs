//! Kinds of values.

use crate::values::described::described;

/// The kind of value that a key has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// The body of a request: a table, JSON as text, or a table that names a file.
    Body,
    /// A program and its arguments.
    Command,
    /// Any value, which a sink or an API interprets.
    Free,
    /// A dotted key of the configuration.
    Key,
    /// A list, which may be written as one text with commas or blanks.
    List,
    /// A path that longhaul reads, relative to the file that names it.
    Path,
    /// A list of such paths.
    Paths,
    /// A secret: text that is never shown, or a table that says where to get it.
    Secret,
    /// A number or a boolean.
    Scalar,
    /// Text, taken literally. Durations, URLs and similar values are text, too.
    Text,
}

impl Kind {
    /// The kind that `x-kind` names in the schema.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let kinds = [
            ("body", Self::Body),
            ("command", Self::Command),
            ("key", Self::Key),
            ("path", Self::Path),
            ("secret", Self::Secret),
            ("text", Self::Text),
        ];
        kinds.into_iter().find(|(known, _)| *known == name).map(|(_, kind)| kind)
    }
}

/// A key of the configuration, such as `auth.client_id`.
pub(crate) enum Key {}

described!(Key, { "type": "string", "x-kind": "key", "x-value": "key" });

/// The default of a key that is the name of the table around it.
pub(crate) const TABLE_NAME: &str = "the name of the table";
