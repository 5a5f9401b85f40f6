//! The options. They need no server.

use longhaul_core::sink::Destination;
use serde_json::{Value, json};

use crate::support::{configured, describe, variables};

const URL: &str = "postgres://me:hidden@db.example.com/data";

#[test]
fn invalid_options_are_rejected_with_the_reason() {
    let error = |options: Value| describe(&configured(options).unwrap_err());
    let cases = [
        (json!({}), "Config: url: `url` is missing"),
        (
            json!({"url": 7}),
            "Config: url: `url`: expected text, `{ env = \"NAME\" }` or `{ file = \"PATH\" }`",
        ),
        (
            json!({"url": URL, "mode": "upsert"}),
            "Config: mode: `mode`: unknown variant `upsert`, expected `replace` or `append`",
        ),
        (
            json!({"url": URL, "columns": ["/id"], "key": "idd"}),
            "Config: `key` contains `idd`, which is not a column (did you mean `id`?)",
        ),
        (
            json!({"url": URL, "lock_timeout": "soon"}),
            "Config: lock_timeout: `lock_timeout`: `soon` is not a duration; use a value like `500ms`, `30s` or `2m`",
        ),
        (
            json!({"url": URL, "add_columns": "yes"}),
            "Config: add_columns: `add_columns`: expected true or false",
        ),
    ];
    for (options, message) in cases {
        assert_eq!(error(options), message);
    }
}

#[test]
fn the_destination_has_no_credentials() {
    let destination = |options: Value| configured(options).unwrap().destination(&variables());
    assert_eq!(
        destination(json!({"url": URL, "schema": "raw"})).unwrap(),
        Destination::Elsewhere("db.example.com:5432/data, table raw.users".into())
    );
    let hosts = json!({"url": "postgres://me:hidden@db1:6432,db2/data?target_session_attrs=primary"});
    assert_eq!(
        destination(hosts).unwrap(),
        Destination::Elsewhere("db1:6432,db2:5432/data, table public.users".into())
    );
    let error = |options: Value| describe(&destination(options).unwrap_err());
    let not_a_url = "Config: url: `url` is not the URL of a PostgreSQL database, such as `postgres://user@host:5432/database`";
    for url in ["http://me:hidden@db", "postgres://me:hidden@db:x", "host=db password=hid den"] {
        assert_eq!(error(json!({"url": url})), not_a_url, "{url}");
    }
    assert_eq!(error(json!({"url": "dbname=x"})), "Config: url: `url` names no host");
    assert_eq!(
        error(json!({"url": format!("{URL}?sslmode=verify-ca")})),
        "Config: url: `sslmode=verify-ca` is not supported; use `verify-full`"
    );
    for kind in ["read-only", "standby", "prefer-standby"] {
        assert_eq!(
            error(json!({"url": format!("{URL}?target_session_attrs={kind}")})),
            format!(
                "Config: url: `target_session_attrs={kind}` finds a server that cannot be written to; use `read-write`"
            )
        );
    }
    assert_eq!(
        error(json!({"url": {"env": "LONGHAUL_NO_SUCH_VARIABLE"}})),
        "Config: url: the environment variable `LONGHAUL_NO_SUCH_VARIABLE` is not set"
    );
    let long = "x".repeat(50);
    assert_eq!(
        error(json!({"url": URL, "table": long})),
        format!("Config: table: the table name `{long}` is longer than 49 bytes")
    );
    assert_eq!(
        error(json!({"url": URL, "table": "_longhaul_x"})),
        "Config: table: the table name `_longhaul_x` is reserved"
    );
}

#[test]
fn the_url_may_be_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    std::fs::write(&file, format!("{URL}\n")).unwrap();
    let sink = configured(json!({"url": {"file": file}})).unwrap();
    assert_eq!(
        sink.destination(&variables()).unwrap(),
        Destination::Elsewhere("db.example.com:5432/data, table public.users".into())
    );
    assert!(!format!("{sink:?}").contains("hidden"));
}
