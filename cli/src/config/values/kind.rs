//! What kinds of values there are.

use crate::config::values::described::described;

/// What a key holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::config) enum Kind {
    /// The body of a request: a table, JSON as text, or a form that names a file.
    Body,
    /// A program and its arguments.
    Command,
    /// Whatever a sink or an API makes of it.
    Free,
    /// A key of the schema, dotted.
    Key,
    /// Texts or numbers, which may be written as one text with commas or blanks between them.
    List,
    /// A path that is read, relative to the file that names it.
    Path,
    /// Such paths.
    Paths,
    /// Text that is never shown, or a form that says where to get it.
    Secret,
    /// A number or a boolean.
    Scalar,
    /// Text, letter for letter; durations, URLs and the like among it.
    Text,
}

impl Kind {
    /// The kind that `x-kind` names in the schema.
    pub(in crate::config) fn named(name: &str) -> Option<Self> {
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
pub(in crate::config) enum Key {}

described!(Key, { "type": "string", "x-kind": "key", "x-value": "key" });

/// The default of a key that is the name of the table around it.
pub(in crate::config) const TABLE_NAME: &str = "the name of the table";
