//! Tables with one row for each part of a record.

use longhaul_core::sink::Mark;
use longhaul_tests::{CONVERSATIONS, with_session_rows, write_page};
use serde_json::{Value, json};

use crate::support::{Folder, configured, describe};

fn options(rows_optional: bool) -> Value {
    with_session_rows(json!({"path": "data.db", "rows_optional": rows_optional}))
}

const SESSIONS: &str =
    "SELECT concat_ws(' ', id, purpose, n, typeof(n), substr(at, 1, 10)) FROM users ORDER BY rowid";

#[test]
fn each_match_is_a_row_with_the_values_above_it() {
    let folder = Folder::new();
    folder.pull(options(false), &CONVERSATIONS).unwrap();
    assert_eq!(
        folder.texts(SESSIONS),
        ["c1 agent 1 integer 2026-01-01", "c1 agent 2 integer", "c3 3 integer"]
    );
}

#[test]
fn a_record_without_a_match_can_have_a_row() {
    let folder = Folder::new();
    folder.pull(options(true), &CONVERSATIONS).unwrap();
    assert_eq!(folder.texts("SELECT id FROM users ORDER BY rowid"), ["c1", "c1", "c2", "c3"]);
}

#[test]
fn a_resumed_pull_has_each_row_once() {
    let folder = Folder::new();
    let mut sink = folder.open(options(false)).unwrap();
    write_page(&mut sink, &CONVERSATIONS[..1]).unwrap();
    let receipt = sink.commit(Mark(1)).unwrap();
    write_page(&mut sink, &CONVERSATIONS[..1]).unwrap();
    sink.commit(Mark(2)).unwrap();
    drop(sink);
    let mut sink = folder.resume(options(false), &receipt, 1).unwrap();
    write_page(&mut sink, &CONVERSATIONS[1..]).unwrap();
    sink.commit(Mark(2)).unwrap();
    sink.finish().unwrap();
    assert_eq!(folder.texts("SELECT n || '' FROM users ORDER BY rowid"), ["1", "2", "3"]);
}

#[test]
fn without_columns_a_row_has_all_values_of_its_match() {
    let folder = Folder::new();
    folder.pull(json!({"path": "data.db", "rows": "/parties/*/sessions/*"}), &CONVERSATIONS).unwrap();
    let columns = folder.texts("SELECT name || ' ' || type FROM pragma_table_info('users')");
    assert_eq!(columns, ["n INTEGER", "at TEXT", "price TEXT"]);
    let rows = folder.texts("SELECT concat_ws(' ', n, at, price) FROM users ORDER BY rowid");
    assert_eq!(rows, ["1 2026-01-01T00:00:00.000Z", "2", "3 1.10"]);
}

#[test]
fn invalid_rows_are_rejected_with_the_reason() {
    let error = |options: Value| describe(&configured(options).unwrap_err());
    let cases = [
        (
            json!({"path": "a", "rows": "/a", "columns": ["/b"]}),
            "Config: rows: `rows`: `/a` has no `*`, which matches every element of an array",
        ),
        (
            json!({"path": "a", "columns": ["/b", "^/c"]}),
            "Config: column 2: `^/c` starts above a match of `rows`, but `rows` is not set",
        ),
        (
            json!({"path": "a", "columns": ["/b/*"]}),
            "Config: columns: `columns`: column 1: `/b/*` contains `*`, which is only allowed in `rows`",
        ),
        (
            json!({"path": "a", "columns": ["/b"], "rows_optional": "true"}),
            "Config: `rows_optional` needs `rows`",
        ),
        (
            json!({"path": "a", "rows": "/a/*", "rows_optional": true}),
            "Config: `rows_optional` needs `columns`: without them, a row has only the values of a match",
        ),
    ];
    for (options, message) in cases {
        assert_eq!(error(options), message);
    }
    let error = Folder::new().pull(options(true), &["7"]).unwrap_err();
    assert_eq!(describe(&error), "Rejected: record 1 of the page is a number, which has no value at `rows`");
    let wrong = r#"{"id":"c1","parties":[{"sessions":[{"n":1},{"n":1.5}]}]}"#;
    let error = Folder::new().pull(options(false), &[wrong]).unwrap_err();
    assert_eq!(
        describe(&error),
        "Rejected: record 1 of the page does not fit the column `n`: `1.5` is not a 64-bit integer (type `text` accepts any \
         value)"
    );
}
