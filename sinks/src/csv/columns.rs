//! The columns of a table, as the configuration lists them.

use longhaul_core::{
    Pointer,
    sink::{Keys, SinkError},
};
use serde_json::Value;

use super::rows::RowPath;

/// A column: a name for the header, and where its value stands.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// What `at` counts from: the record is 0, what the first `*` of `rows` stands for is 1. None is the match.
    pub(crate) level: Option<usize>,
    pub(crate) at: Pointer,
}

/// The columns that the key `columns` lists: pointers, or tables of `name` and `at`.
///
/// A pointer counts from the match of `rows`, or from the record where there are no `rows`. With a `^` before it, it
/// counts from the record, and with each further one from what the next `*` of `rows` stands for.
pub(crate) fn listed(keys: &Keys<'_>, rows: &RowPath) -> Result<Vec<Column>, SinkError> {
    let mut columns = Vec::<Column>::new();
    for (index, value) in keys.required_list("columns")?.iter().enumerate() {
        let column = column(value, rows).map_err(|error| wrong(format!("column {}: {error}", index + 1)))?;
        if columns.iter().any(|other| other.name == column.name) {
            let name = column.name;
            let message =
                format!("two columns are named `{name}`; `{{ name = \"…\", at = \"…\" }}` renames one");
            return Err(wrong(message));
        }
        columns.push(column);
    }
    if columns.is_empty() {
        return Err(wrong("`columns` is empty".into()));
    }
    Ok(columns)
}

fn column(value: &Value, rows: &RowPath) -> Result<Column, SinkError> {
    let (at, name) = match value {
        Value::String(at) => (at.as_str(), None),
        Value::Object(table) => {
            let keys = Keys::new(table, &["name", "at"])?;
            (keys.required_text("at")?, keys.text("name")?)
        }
        other => return Err(wrong(format!("it must be text or a table, not {}", Keys::kind(other)))),
    };
    let (level, pointer) = level(at, rows)?;
    let pointer = pointer.parse::<Pointer>().map_err(|error| wrong(error.to_string()))?;
    if pointer.tokens().iter().any(|token| token == "*") {
        return Err(wrong(format!("`{at}` has a `*`, which belongs into `rows`")));
    }
    match name {
        Some(name) => Ok(Column { name: name.to_owned(), level, at: pointer }),
        None if pointer.tokens().is_empty() => Err(wrong("the whole record needs a `name`".into())),
        None => Ok(Column { name: pointer.tokens().join("."), level, at: pointer }),
    }
}

/// The level that `at` counts from, and the pointer from there.
fn level<'a>(at: &'a str, rows: &RowPath) -> Result<(Option<usize>, &'a str), SinkError> {
    let pointer = at.trim_start_matches('^');
    let (carets, levels) = (at.len() - pointer.len(), rows.levels());
    if carets > 0 && levels == 1 {
        return Err(wrong(format!("`{at}` counts from above a match, and without `rows` there is none")));
    }
    if carets > levels {
        let message =
            format!("`{at}` has {carets} `^`, but the record and each `*` of `rows` make only {levels}");
        return Err(wrong(message));
    }
    Ok((carets.checked_sub(1), pointer))
}

fn wrong(message: String) -> SinkError {
    SinkError::config("columns", message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Column, Keys, RowPath, listed};

    fn columns(rows: &str, value: serde_json::Value) -> Result<Vec<Column>, String> {
        let options = serde_json::Map::from_iter([("columns".to_owned(), value)]);
        let keys = Keys::new(&options, &["columns"]).unwrap();
        let rows = if rows.is_empty() { RowPath::default() } else { RowPath::parse(rows).unwrap() };
        listed(&keys, &rows).map_err(|error| {
            assert_eq!(error.key(), Some("columns"));
            error.to_string()
        })
    }

    fn told(columns: Vec<Column>) -> Vec<(String, Option<usize>, String)> {
        columns.into_iter().map(|Column { name, level, at }| (name, level, at.to_string())).collect()
    }

    fn named(name: &str, level: Option<usize>, at: &str) -> (String, Option<usize>, String) {
        (name.to_owned(), level, at.to_owned())
    }

    #[test]
    fn a_bare_pointer_names_its_column() {
        let value =
            json!(["/a/b", {"name": "queue", "at": "/p/0/q"}, {"at": "/x~1y"}, {"name": "all", "at": ""}]);
        let expected = [("a.b", "/a/b"), ("queue", "/p/0/q"), ("x/y", "/x~1y"), ("all", "")];
        assert_eq!(told(columns("", value).unwrap()), expected.map(|(name, at)| named(name, None, at)));
    }

    #[test]
    fn carets_count_down_from_the_record() {
        let value =
            json!(["/ani", "^/id", "^^/purpose", {"name": "session", "at": "^^^"}, {"name": "m", "at": ""}]);
        assert_eq!(
            told(columns("/participants/*/sessions/*", value).unwrap()),
            [
                named("ani", None, "/ani"),
                named("id", Some(0), "/id"),
                named("purpose", Some(1), "/purpose"),
                named("session", Some(2), ""),
                named("m", None, ""),
            ]
        );
        let refusals = [
            ("", "^/id", "column 1: `^/id` counts from above a match, and without `rows` there is none"),
            (
                "/a/*",
                "^^^/id",
                "column 1: `^^^/id` has 3 `^`, but the record and each `*` of `rows` make only 2",
            ),
            ("/a/*", "^", "column 1: the whole record needs a `name`"),
            ("/a/*", "^id", "column 1: `id` is not a JSON pointer: it must be empty or start with `/`"),
        ];
        for (rows, column, refusal) in refusals {
            assert_eq!(columns(rows, json!([column])).unwrap_err(), refusal);
        }
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
            (json!(["/a/*/b"]), "column 1: `/a/*/b` has a `*`, which belongs into `rows`"),
            (
                json!(["/a/b", {"name": "a.b", "at": "/c"}]),
                "two columns are named `a.b`; `{ name = \"…\", at = \"…\" }` renames one",
            ),
        ];
        for (value, refusal) in refusals {
            assert_eq!(columns("", value).unwrap_err(), refusal);
        }
        assert_eq!(columns("", json!("/a")).unwrap_err(), "`columns` must be a list, not text");
    }
}
