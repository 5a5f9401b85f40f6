//! Tables with one row for each part of a record.

use serde_json::json;

use crate::support::{Schema, configured, describe};

/// Two conversations with sessions, and one without.
const RECORDS: [&str; 3] = [
    r#"{"id":"c1","parties":[{"purpose":"agent","sessions":[{"n":1,"at":"2026-01-01T00:00:00.000Z"},{"n":2}]},{"purpose":"acd","sessions":[]}]}"#,
    r#"{"id":"c2","parties":[]}"#,
    r#"{"id":"c3","parties":[{"sessions":[{"n":3,"price":1.10}]}]}"#,
];

#[test]
fn each_match_is_a_row_with_the_values_above_it() {
    let Some(schema) = Schema::new() else { return };
    let options = json!({
        "rows": "/parties/*/sessions/*",
        "rows_optional": true,
        "key": ["id", "n"],
        "columns": [
            "^/id",
            "^^/purpose",
            { "at": "/n", "type": "integer" },
            { "at": "/at", "type": "timestamp" }
        ]
    });
    let error = schema.pull(options.clone(), &RECORDS).unwrap_err();
    assert_eq!(describe(&error), "Rejected: record 2 of the page has no value in the key column `n`");
    let without_key =
        json!({ "rows": options["rows"], "rows_optional": true, "columns": options["columns"] });
    schema.pull(without_key, &RECORDS).unwrap();
    let rows = "SELECT concat_ws(' ', id, purpose, n, extract(year FROM at)) FROM users ORDER BY id, n";
    assert_eq!(schema.rows(rows), ["c1 agent 1 2026", "c1 agent 2", "c2", "c3 3"]);
}

#[test]
fn a_column_above_rows_needs_rows() {
    let error = configured(json!({"url": "postgres://me@db/x", "columns": ["^/id"]})).unwrap_err();
    assert_eq!(
        describe(&error),
        "Config: column 1: `^/id` starts above a match of `rows`, but `rows` is not set"
    );
}
