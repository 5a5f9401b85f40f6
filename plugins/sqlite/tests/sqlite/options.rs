//! The options of the sink, and the errors of invalid ones.

use longhaul_core::sink::{Destination, Variables};
use serde_json::{Value, json};

use crate::support::{Folder, configured, describe};

fn error(options: Value) -> String {
    describe(&configured(options).unwrap_err())
}

#[test]
fn invalid_options_are_rejected_with_the_reason() {
    let columns = json!(["/id", "/name"]);
    let cases = [
        (json!({}), "Config: path: `path` is missing"),
        (json!({"path": ""}), "Config: path: `path` is empty"),
        (
            json!({"path": "a", "colums": []}),
            "Config: colums: `colums` is not an option of this sink (did you mean `columns`?)",
        ),
        (
            json!({"path": "a", "mode": "upsert"}),
            "Config: mode: `mode`: unknown variant `upsert`, expected `replace` or `append`",
        ),
        (
            json!({"path": "a", "columns": [{"at": "/a", "type": "jsn"}]}),
            "Config: columns: `columns`: column 1: `type` must be `text` or `integer` or `real` or `numeric` or `boolean` or `timestamp` \
             or `json`, not `jsn` (did you mean `json`?)",
        ),
        (
            json!({"path": "a", "columns": columns, "key": "idd"}),
            "Config: `key` contains `idd`, which is not a column (did you mean `id`?)",
        ),
        (
            json!({"path": "a", "columns": columns, "indexes": ["id", ["name", "nam"]]}),
            "Config: `indexes` contains `nam`, which is not a column (did you mean `name`?)",
        ),
        (
            json!({"path": "a", "columns": "record", "indexes": [[]]}),
            "Config: `indexes` contains an index without columns",
        ),
        (
            json!({"path": "a", "mode": "append"}),
            "Config: `mode = \"append\"` needs `columns`: without them the columns are only known at the end",
        ),
        (
            json!({"path": "a", "columns": "all", "key": "id"}),
            "Config: `key` needs `columns`: without them the columns are only known at the end",
        ),
        (
            json!({"path": "a", "indexes": ["id"]}),
            "Config: `indexes` needs `columns`: without them the columns are only known at the end",
        ),
        (
            json!({"path": "a", "key": 7}),
            "Config: key: `key`: expected the name of a column, or a list of names",
        ),
        (
            json!({"path": "a", "busy_timeout": "10"}),
            "Config: busy_timeout: `busy_timeout`: `10` is not a duration; use a value like `500ms`, `30s` or `2m`",
        ),
        (
            json!({"path": "a", "busy_timeout": "-1s"}),
            "Config: busy_timeout: `busy_timeout`: `-1s` is not a duration; use a value like `500ms`, `30s` or `2m`",
        ),
        (
            json!({"path": "a", "columns": ["/_longhaul_row"]}),
            "Config: the column name `_longhaul_row` is reserved",
        ),
        (json!({"path": "a", "columns": ["/a\0b"]}), "Config: the column name `a\\0b` is reserved"),
    ];
    for (options, message) in cases {
        assert_eq!(error(options), message);
    }
}

#[test]
fn a_destination_is_a_table_in_a_file() {
    let folder = Folder::new();
    let variables = folder.variables().with("window.start", "20260101T000000Z");
    let destination =
        |options: Value, variables: &Variables| configured(options).unwrap().destination(variables);
    assert_eq!(
        destination(json!({"path": "data.db"}), &variables).unwrap(),
        Destination::Elsewhere(format!("{}, table users", folder.path("data.db").display()))
    );
    assert_eq!(
        destination(json!({"path": "{window.start}.db", "table": "all_{stream}"}), &variables).unwrap(),
        Destination::Elsewhere(format!("{}, table all_users", folder.path("20260101T000000Z.db").display()))
    );
    let table_error = |table: &str| {
        describe(&destination(json!({"path": "data.db", "table": table}), &variables).unwrap_err())
    };
    assert_eq!(table_error(""), "Config: table: `table` is empty");
    assert_eq!(table_error("a\0b"), "Config: table: the table name `a\\0b` is reserved");
    assert_eq!(table_error("SQLite_x"), "Config: table: the table name `SQLite_x` is reserved");
    assert_eq!(
        table_error("{steam}"),
        "Config: table: `{steam}` is not a known placeholder (did you mean `stream`?)"
    );
    assert!(!folder.path("data.db").exists());
}
