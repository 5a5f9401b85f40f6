//! The path to the parts of a record that become rows.

use longhaul_core::{Pointer, sink::SinkError};

/// A path from a record to the values that become rows: a JSON pointer in which `*` matches every element of an array
/// and every member of an object. The empty path matches the record itself.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct RowPath {
    /// The tokens from the record to the value that the first `*` is applied to.
    pub(super) first: Vec<String>,
    /// For each `*`, the tokens after it.
    pub(super) after: Vec<Vec<String>>,
}

impl RowPath {
    /// Parses a path.
    pub(crate) fn parse(text: &str) -> Result<Self, SinkError> {
        let pointer = text.parse::<Pointer>().map_err(|error| invalid(error.to_string()))?;
        let mut parts = pointer.tokens().split(|token| token == "*").map(<[String]>::to_vec);
        let first = parts.next().unwrap_or_default();
        let after = parts.collect::<Vec<_>>();
        if after.is_empty() {
            let message = format!("`{text}` has no `*`, which matches every element of an array");
            return Err(invalid(message));
        }
        Ok(Self { first, after })
    }

    /// The number of levels: the record and each `*`.
    pub(crate) fn levels(&self) -> usize {
        1 + self.after.len()
    }
}

fn invalid(message: String) -> SinkError {
    SinkError::config("rows", message)
}

#[cfg(test)]
mod tests {
    use super::RowPath;

    #[test]
    fn a_path_needs_a_star() {
        let error = |text: &str| {
            let error = RowPath::parse(text).unwrap_err();
            assert_eq!(error.key(), Some("rows"));
            error.to_string()
        };
        let none = "has no `*`, which matches every element of an array";
        assert_eq!(error("/participants"), format!("`/participants` {none}"));
        assert_eq!(error(""), format!("`` {none}"));
        assert_eq!(error("a/*"), "`a/*` is not a JSON pointer: it must be empty or start with `/`");
        assert_eq!(RowPath::parse("/a/*/b/*").unwrap().levels(), 3);
        assert_eq!(RowPath::parse("/a*").unwrap_err().to_string(), format!("`/a*` {none}"));
    }
}
