//! The columns of a table as configured.

use longhaul_core::{
    json::{InvalidRows, RowPath, RowPlace},
    sink::{Keys, SinkError},
};
use serde_json::Value;

use super::time_format::TimeFormat;

/// A column: its name in the header and the place of its value.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) at: RowPlace,
    /// How times are written; `None` writes them as the server did.
    pub(crate) time: Option<TimeFormat>,
}

/// Reads the key `columns`: a list of pointers, or of tables with `name` and `at`.
///
/// A pointer starts at the match of `rows`, or at the record if there are no `rows`. With a leading `^` it starts at
/// the record; each further `^` moves the start to what the next `*` of `rows` matches.
pub(crate) fn parse_columns(keys: &Keys<'_>, rows: &RowPath) -> Result<Vec<Column>, SinkError> {
    let repeated = |column: &Column, others: &[Column]| {
        let name = &column.name;
        others.iter().any(|other| other.name == *name).then(|| {
            format!("two columns are named `{name}`; rename one with `{{ name = \"…\", at = \"…\" }}`")
        })
    };
    Keys::columns(keys.required_list("columns")?, |value| column(value, rows), repeated).map_err(invalid)
}

fn column(value: &Value, rows: &RowPath) -> Result<Column, SinkError> {
    let (at, name, time) = match value {
        Value::String(at) => (at.as_str(), None, None),
        Value::Object(table) => {
            let known: Vec<_> = ["name", "at"].into_iter().chain(TimeFormat::KEYS).collect();
            let keys = Keys::new(table, &known)?;
            (keys.required_text("at")?, keys.text("name")?, TimeFormat::new(&keys)?)
        }
        other => return Err(invalid(format!("it must be text or a table, not {}", Keys::kind(other)))),
    };
    let misplaced = |error: InvalidRows| invalid(error.to_string());
    let at: RowPlace = at.parse().map_err(misplaced)?;
    rows.check(&at).map_err(misplaced)?;
    let tokens = at.pointer().tokens();
    let name = match name {
        Some(name) => name.to_owned(),
        None if tokens.is_empty() => {
            return Err(invalid("a column of the whole record needs a `name`".into()));
        }
        None => tokens.join("."),
    };
    Ok(Column { name, at, time })
}

fn invalid(message: String) -> SinkError {
    SinkError::config("columns", message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Column, Keys, RowPath, parse_columns};

    fn columns(rows: &str, value: serde_json::Value) -> Result<Vec<Column>, String> {
        let options = serde_json::Map::from_iter([("columns".to_owned(), value)]);
        let keys = Keys::new(&options, &["columns"]).unwrap();
        let rows = if rows.is_empty() { RowPath::default() } else { rows.parse().unwrap() };
        parse_columns(&keys, &rows).map_err(|error| {
            assert_eq!(error.key(), Some("columns"));
            error.to_string()
        })
    }

    fn parts(columns: Vec<Column>) -> Vec<(String, String)> {
        columns.into_iter().map(|Column { name, at, .. }| (name, at.to_string())).collect()
    }

    fn named((name, at): (&str, &str)) -> (String, String) {
        (name.to_owned(), at.to_owned())
    }

    #[test]
    fn a_bare_pointer_names_its_column() {
        let value =
            json!(["/a/b", {"name": "queue", "at": "/p/0/q"}, {"at": "/x~1y"}, {"name": "all", "at": ""}]);
        let expected = [("a.b", "/a/b"), ("queue", "/p/0/q"), ("x/y", "/x~1y"), ("all", "")];
        assert_eq!(parts(columns("", value).unwrap()), expected.map(named));
    }

    #[test]
    fn carets_select_the_level() {
        let value =
            json!(["/ani", "^/id", "^^/purpose", {"name": "session", "at": "^^^"}, {"name": "m", "at": ""}]);
        assert_eq!(
            parts(columns("/participants/*/sessions/*", value).unwrap()),
            [("ani", "/ani"), ("id", "^/id"), ("purpose", "^^/purpose"), ("session", "^^^"), ("m", ""),]
                .map(named)
        );
        let invalid_columns = [
            ("", "^/id", "column 1: `^/id` starts above a match of `rows`, but `rows` is not set"),
            (
                "/a/*",
                "^^^/id",
                "column 1: `^^^/id` has 3 `^`, but there are only 2 levels: the record and each `*` of `rows`",
            ),
            ("/a/*", "^", "column 1: a column of the whole record needs a `name`"),
            ("/a/*", "^id", "column 1: `id` is not a JSON pointer: it must be empty or start with `/`"),
        ];
        for (rows, column, message) in invalid_columns {
            assert_eq!(columns(rows, json!([column])).unwrap_err(), message);
        }
    }

    #[test]
    fn an_invalid_column_is_rejected_with_the_reason() {
        let invalid_columns = [
            (json!([]), "`columns` is empty"),
            (json!(["/a", "b"]), "column 2: `b` is not a JSON pointer: it must be empty or start with `/`"),
            (json!([7]), "column 1: it must be text or a table, not a number"),
            (json!([""]), "column 1: a column of the whole record needs a `name`"),
            (json!([{"nme": "a", "at": "/a"}]), "column 1: unknown key `nme` (did you mean `name`?)"),
            (json!([{"name": "a"}]), "column 1: the key `at` is missing"),
            (json!([{"name": 1, "at": "/a"}]), "column 1: `name` must be text, not a number"),
            (json!(["/a/*/b"]), "column 1: `/a/*/b` contains `*`, which is only allowed in `rows`"),
            (
                json!(["/a", "b", {"at": "/c"}, 7, "/c"]),
                "column 2: `b` is not a JSON pointer: it must be empty or start with `/`; column 4: it must be \
                 text or a table, not a number; two columns are named `c`; rename one with `{ name = \"…\", at \
                 = \"…\" }`",
            ),
            (
                json!(["/a/b", {"name": "a.b", "at": "/c"}]),
                "two columns are named `a.b`; rename one with `{ name = \"…\", at = \"…\" }`",
            ),
        ];
        for (value, message) in invalid_columns {
            assert_eq!(columns("", value).unwrap_err(), message);
        }
        assert_eq!(columns("", json!("/a")).unwrap_err(), "`columns` must be a list, not text");
    }
}
