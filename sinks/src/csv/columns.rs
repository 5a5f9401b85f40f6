//! The columns of a table, as the configuration lists them.

use longhaul_core::{Pointer, sink::SinkError};
use serde_json::Value;

use crate::keys::{Keys, kind, owned};

/// A column: a name for the header, and where in a record its value stands.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) at: Pointer,
}

/// The columns that the key `columns` lists: pointers, or tables of `name` and `at`.
pub(crate) fn listed(keys: &Keys<'_>) -> Result<Vec<Column>, SinkError> {
    let mut columns = Vec::<Column>::new();
    for (index, value) in keys.required_list("columns")?.iter().enumerate() {
        let column = column(value).map_err(|error| wrong(format!("column {}: {error}", index + 1)))?;
        if columns.iter().any(|other| other.name == column.name) {
            return Err(wrong(format!("two columns are named `{}`", column.name)));
        }
        columns.push(column);
    }
    if columns.is_empty() {
        return Err(wrong("`columns` is empty".into()));
    }
    Ok(columns)
}

fn column(value: &Value) -> Result<Column, SinkError> {
    let (at, name) = match value {
        Value::String(at) => (at.as_str(), None),
        Value::Object(table) => {
            let keys = Keys::new(table, &owned(["name", "at"]))?;
            (keys.required_text("at")?, keys.text("name")?)
        }
        other => return Err(wrong(format!("it must be text or a table, not {}", kind(other)))),
    };
    let at = at.parse::<Pointer>().map_err(|error| wrong(error.to_string()))?;
    match name {
        Some(name) => Ok(Column { name: name.to_owned(), at }),
        None if at.tokens().is_empty() => Err(wrong("the whole record needs a `name`".into())),
        None => Ok(Column { name: at.tokens().join("."), at }),
    }
}

fn wrong(message: String) -> SinkError {
    SinkError::config("columns", message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Column, Keys, listed, owned};

    fn columns(value: serde_json::Value) -> Result<Vec<Column>, String> {
        let options = serde_json::Map::from_iter([("columns".to_owned(), value)]);
        let keys = Keys::new(&options, &owned(["columns"])).unwrap();
        listed(&keys).map_err(|error| {
            assert_eq!(error.key(), Some("columns"));
            error.to_string()
        })
    }

    #[test]
    fn a_bare_pointer_names_its_column() {
        let value =
            json!(["/a/b", {"name": "queue", "at": "/p/0/q"}, {"at": "/x~1y"}, {"name": "all", "at": ""}]);
        let names = columns(value).unwrap().into_iter().map(|column| (column.name, column.at.to_string()));
        let expected = [("a.b", "/a/b"), ("queue", "/p/0/q"), ("x/y", "/x~1y"), ("all", "")];
        assert!(names.eq(expected.map(|(name, at)| (name.to_owned(), at.to_owned()))));
    }

    #[test]
    fn what_is_no_column_is_refused_with_the_reason() {
        let refusals = [
            (json!([]), "`columns` is empty"),
            (json!(["/a", "b"]), "column 2: `b` is not a JSON pointer: it must be empty or start with `/`"),
            (json!([7]), "column 1: it must be text or a table, not a number"),
            (json!([""]), "column 1: the whole record needs a `name`"),
            (json!([{"nme": "a", "at": "/a"}]), "column 1: unknown key `nme` (did you mean `name`?)"),
            (json!([{"name": "a"}]), "column 1: the key `at` is missing"),
            (json!([{"name": 1, "at": "/a"}]), "column 1: `name` must be text, not a number"),
            (json!(["/a/b", {"name": "a.b", "at": "/c"}]), "two columns are named `a.b`"),
        ];
        for (value, refusal) in refusals {
            assert_eq!(columns(value).unwrap_err(), refusal);
        }
        assert_eq!(columns(json!("/a")).unwrap_err(), "`columns` must be a list, not text");
    }
}
