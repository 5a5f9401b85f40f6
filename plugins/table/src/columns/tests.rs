use std::borrow::Cow;

use serde_json::json;

use super::*;

fn columns(value: Value) -> Columns {
    serde_json::from_value(value).unwrap()
}

fn read(columns: &Columns, records: &str) -> Result<Vec<String>, SinkError> {
    let ends: Vec<_> = records.match_indices('\n').map(|(at, _)| at + 1).collect();
    let mut rows = Vec::new();
    columns.read(&Batch::new(records.as_bytes(), &ends), |_, cells| {
        rows.push(format!("{cells:?}"));
        Ok(())
    })?;
    Ok(rows)
}

#[test]
fn a_bare_pointer_names_its_column_and_holds_text() {
    let listed = columns(json!([
        "/a/b",
        {"name": "queue", "at": "/p/0/q", "type": "integer"},
        {"at": "/x~1y", "type": "json"},
        {"name": "all", "at": ""}
    ]));
    let found: Vec<_> =
        listed.iter().map(|column| (column.name.as_str(), column.at.to_string(), column.kind)).collect();
    let expected = [
        ("a.b", "/a/b", Type::Text),
        ("queue", "/p/0/q", Type::Integer),
        ("x/y", "/x~1y", Type::Json),
        ("all", "", Type::Text),
    ];
    assert_eq!(found, expected.map(|(name, at, kind)| (name, at.to_owned(), kind)));
}

#[test]
fn what_is_no_column_is_refused_with_the_reason() {
    let refusals = [
        (json!("/a"), "`columns` must be a list, not text"),
        (json!([]), "`columns` is empty"),
        (json!(["/a", "b"]), "column 2: `b` is not a JSON pointer: it must be empty or start with `/`"),
        (json!([7]), "column 1: it must be text or a table, not a number"),
        (json!([""]), "column 1: the pointer `` needs a `name`"),
        (json!([{"at": "/"}]), "column 1: the pointer `/` needs a `name`"),
        (json!([{"at": "/a", "name": ""}]), "column 1: `name` is empty"),
        (json!([{"nme": "a", "at": "/a"}]), "column 1: unknown key `nme` (did you mean `name`?)"),
        (json!([{"name": "a"}]), "column 1: the key `at` is missing"),
        (json!([{"name": 1, "at": "/a"}]), "column 1: `name` must be text, not a number"),
        (
            json!([{"at": "/a", "type": "int"}]),
            "column 1: `type` must be `text` or `integer` or `real` or `boolean` or `timestamp` or `json`, not \
             `int` (did you mean `integer`?)",
        ),
        (
            json!([{"at": "/a", "type": 1}]),
            "column 1: `type` must be `text` or `integer` or `real` or `boolean` or `timestamp` or `json`, not a \
             number",
        ),
        (json!(["/a/b", {"name": "A.b", "at": "/c"}]), "two columns are named `A.b`"),
    ];
    for (value, refusal) in refusals {
        assert_eq!(serde_json::from_value::<Columns>(value).unwrap_err().to_string(), refusal);
    }
}

#[test]
fn a_name_leads_to_its_column_or_to_one_like_it() {
    let listed = columns(json!(["/id", "/name"]));
    assert_eq!(listed.index("name"), Ok(1));
    assert_eq!(listed.index("nam"), Err("`nam`, which is no column (did you mean `name`?)".to_owned()));
}

#[test]
fn records_become_rows() {
    let listed = columns(json!(["/a", {"at": "/n", "type": "integer"}]));
    let rows = read(&listed, "{\"n\":-5,\"a\":1.10}\n{\"a\":null}\n7\n").unwrap();
    let row = |cells: &[Cell<'_>]| format!("{cells:?}");
    let text = |text| Cell::Text(Cow::Borrowed(text));
    assert_eq!(
        rows,
        [
            row(&[text("1.10"), Cell::Integer(-5)]),
            row(&[Cell::Null, Cell::Null]),
            row(&[Cell::Null, Cell::Null])
        ]
    );
}

#[test]
fn without_columns_the_record_is_kept_as_it_is() {
    let rows = read(&Columns::default(), "{\"b\":1.10,\"a\":\"\\ud800\"}\n").unwrap();
    assert_eq!(rows, [format!("{:?}", [Cell::Json("{\"b\":1.10,\"a\":\"\\ud800\"}")])]);
}

#[test]
fn a_value_that_does_not_fit_names_record_column_and_value() {
    let listed = columns(json!([{"at": "/id", "type": "integer"}, {"at": "/on", "type": "boolean"}]));
    let refusal = |records| {
        let error = read(&listed, records).unwrap_err();
        assert_eq!(error.kind(), SinkErrorKind::Rejected);
        error.to_string()
    };
    assert_eq!(
        refusal("{\"id\":1}\n{\"id\":12345678901234567890123}\n"),
        "record 2 of the page does not fit the column `id`: `12345678901234567890123` is no whole number of 64 \
         bits (type `text` takes any value)"
    );
    let long = format!("{{\"on\":\"{}\"}}\n", "é".repeat(100));
    assert_eq!(
        refusal(&long),
        format!(
            "record 1 of the page does not fit the column `on`: `\"{}…` is neither true nor false (type `text` \
             takes any value)",
            "é".repeat(39)
        )
    );
    assert_eq!(refusal("{\"id\":1\n"), "record 1 of the page is not JSON");
}
