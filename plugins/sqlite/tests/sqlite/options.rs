//! What the sink is told, and what it refuses.

use longhaul_core::sink::{Destination, Variables};
use serde_json::{Value, json};

use crate::support::{Folder, configured, told};

fn refusal(options: Value) -> String {
    told(&configured(options).unwrap_err())
}

#[test]
fn options_that_make_no_sense_are_refused_with_the_reason() {
    let columns = json!(["/id", "/name"]);
    let refusals = [
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
            "Config: columns: `columns`: column 1: `type` must be `text` or `integer` or `real` or `boolean` or `timestamp` \
             or `json`, not `jsn` (did you mean `json`?)",
        ),
        (
            json!({"path": "a", "columns": columns, "key": "idd"}),
            "Config: `key` names `idd`, which is no column (did you mean `id`?)",
        ),
        (
            json!({"path": "a", "columns": columns, "indexes": ["id", ["name", "nam"]]}),
            "Config: `indexes` names `nam`, which is no column (did you mean `name`?)",
        ),
        (json!({"path": "a", "indexes": [[]]}), "Config: `indexes` has one of no columns"),
        (
            json!({"path": "a", "key": 7}),
            "Config: key: `key`: expected the name of a column, or a list of such names",
        ),
        (
            json!({"path": "a", "busy_timeout": "10"}),
            "Config: busy_timeout: `busy_timeout`: `10` is not a duration such as `500ms`, `30s` or `2m`",
        ),
        (
            json!({"path": "a", "busy_timeout": "-1s"}),
            "Config: busy_timeout: `busy_timeout`: `-1s` is not a duration such as `500ms`, `30s` or `2m`",
        ),
        (
            json!({"path": "a", "columns": ["/_longhaul_row"]}),
            "Config: the name `_longhaul_row` is not free for a column",
        ),
        (json!({"path": "a", "columns": ["/a\0b"]}), "Config: the name `a\\0b` is not free for a column"),
    ];
    for (options, message) in refusals {
        assert_eq!(refusal(options), message);
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
    let refused =
        |table: &str| told(&destination(json!({"path": "data.db", "table": table}), &variables).unwrap_err());
    assert_eq!(refused(""), "Config: table: `table` is empty");
    assert_eq!(refused("a\0b"), "Config: table: the name `a\\0b` is not free for a table");
    assert_eq!(refused("SQLite_x"), "Config: table: the name `SQLite_x` is not free for a table");
    assert_eq!(
        refused("{steam}"),
        "Config: table: `{steam}` is not a known placeholder (did you mean `stream`?)"
    );
    assert!(!folder.path("data.db").exists());
}
