use std::borrow::Cow;

use longhaul_plugin::SinkErrorKind;
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
fn a_bare_pointer_is_a_text_column_with_its_name() {
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
fn an_invalid_column_is_rejected_with_the_reason() {
    let cases = [
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
            "column 1: `type` must be `text` or `integer` or `real` or `numeric` or `boolean` or `timestamp` or `json`, not \
             `int` (did you mean `integer`?)",
        ),
        (
            json!([{"at": "/a", "type": 1}]),
            "column 1: `type` must be `text` or `integer` or `real` or `numeric` or `boolean` or `timestamp` or `json`, not a \
             number",
        ),
        (json!(["/a/b", {"name": "A.b", "at": "/c"}]), "two columns are named `A.b`"),
        (
            json!(["a", "/b", 7, "/B"]),
            "column 1: `a` is not a JSON pointer: it must be empty or start with `/`; column 3: it must be text or a \
             table, not a number; two columns are named `B`",
        ),
    ];
    for (value, message) in cases {
        assert_eq!(serde_json::from_value::<Columns>(value).unwrap_err().to_string(), message);
    }
}

#[test]
fn a_name_is_found_or_a_similar_one_is_suggested() {
    let listed = columns(json!(["/id", "/name"]));
    assert_eq!(listed.index("name"), Ok(1));
    assert_eq!(listed.index("nam"), Err("`nam`, which is not a column (did you mean `name`?)".to_owned()));
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
fn the_default_column_contains_the_record() {
    let rows = read(&Columns::default(), "{\"b\":1.10,\"a\":\"\\ud800\"}\n").unwrap();
    assert_eq!(rows, [format!("{:?}", [Cell::Json("{\"b\":1.10,\"a\":\"\\ud800\"}")])]);
}

#[test]
fn a_value_that_does_not_fit_names_record_column_and_value() {
    let listed = columns(json!([{"at": "/id", "type": "integer"}, {"at": "/on", "type": "boolean"}]));
    let message = |records| {
        let error = read(&listed, records).unwrap_err();
        assert_eq!(error.kind(), SinkErrorKind::Rejected);
        error.to_string()
    };
    assert_eq!(
        message("{\"id\":1}\n{\"id\":12345678901234567890123}\n"),
        "record 2 of the page does not fit the column `id`: `12345678901234567890123` is not a 64-bit integer \
         (type `text` accepts any value)"
    );
    let long = format!("{{\"on\":\"{}\"}}\n", "é".repeat(100));
    assert_eq!(
        message(&long),
        format!(
            "record 1 of the page does not fit the column `on`: `\"{}…` is neither true nor false (type `text` \
             accepts any value)",
            "é".repeat(39)
        )
    );
    assert_eq!(message("{\"id\":1\n"), "record 1 of the page is not JSON");
}

#[test]
fn each_match_of_the_rows_is_a_row() {
    let rows = |optional: Value| {
        Rows::new(serde_json::from_value(json!("/a/*")).unwrap(), serde_json::from_value(optional).unwrap())
    };
    let listed = || columns(json!(["^/id", {"at": "/n", "type": "integer"}]));
    let records = "{\"id\":\"x\",\"a\":[{\"n\":1},{}]}\n{\"id\":\"y\",\"a\":[]}\n";
    let (id, null) = (|id| Cell::Text(Cow::Borrowed(id)), Cell::Null);
    let expected = |rows: &[[Cell<'_>; 2]]| rows.iter().map(|row| format!("{row:?}")).collect::<Vec<_>>();
    let (first, second) = ([id("x"), Cell::Integer(1)], [id("x"), null.clone()]);
    let dropped = listed().of_rows(&rows(json!(false)).unwrap()).unwrap();
    assert_eq!(read(&dropped, records).unwrap(), expected(&[first.clone(), second.clone()]));
    let kept = listed().of_rows(&rows(json!("true")).unwrap()).unwrap();
    assert_eq!(read(&kept, records).unwrap(), expected(&[first, second, [id("y"), null]]));
    for (record, message) in [
        ("[]\n", "record 1 of the page is an array, which has no value at `rows`"),
        ("{\"a\":[\n", "record 1 of the page is not JSON"),
    ] {
        assert_eq!(read(&kept, record).unwrap_err().to_string(), message);
    }
    assert_eq!(
        columns(json!(["/b", "^^^/c"])).of_rows(&rows(json!(true)).unwrap()).unwrap_err(),
        "column 2: `^^^/c` has 3 `^`, but there are only 2 levels: the record and each `*` of `rows`"
    );
}
