//! Tables with one row for each part of a record.

use longhaul_tests::{CONVERSATIONS, with_session_rows};
use serde_json::json;

use crate::support::{Schema, configured, describe};

#[test]
fn each_match_is_a_row_with_the_values_above_it() {
    let Some(schema) = Schema::new() else { return };
    let options = with_session_rows(json!({"rows_optional": true, "key": ["id", "n"]}));
    let error = schema.pull(options, &CONVERSATIONS).unwrap_err();
    assert_eq!(describe(&error), "Rejected: record 2 of the page has no value in the key column `n`");
    let without_key = with_session_rows(json!({"rows_optional": true}));
    schema.pull(without_key, &CONVERSATIONS).unwrap();
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
