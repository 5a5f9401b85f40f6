//! How values are stored.

use rusqlite::types::Value::{Integer, Null, Real, Text};
use serde_json::{Value, json};

use crate::support::{Folder, describe};

fn typed() -> Value {
    json!({"path": "data.db", "columns": [
        "/id",
        {"name": "calls", "at": "/calls", "type": "integer"},
        {"name": "share", "at": "/share", "type": "real"},
        {"name": "active", "at": "/active", "type": "boolean"},
        {"name": "since", "at": "/since", "type": "timestamp"},
        {"name": "skills", "at": "/more/skills", "type": "json"},
    ]})
}

#[test]
fn values_reach_columns_of_their_types() {
    let folder = Folder::new();
    let records = [
        r#"{"id":"é😀 '\"\u0000","calls":9223372036854775807,"share":0.1,"active":true,"since":"2026-01-01T00:00:00.000+0000","more":{"skills":[1.10,{"b":null}]}}"#,
        r#"{"id":12345678901234567890123,"calls":-1,"share":3,"active":false,"since":"2026-01-01T01:00:00+01:00","more":{"skills":1.10}}"#,
        r#"{"id":null,"more":{"skills":null}}"#,
        r#"{"id":"","more":{"skills":"1.10"}}"#,
    ];
    folder.pull(typed(), &records).unwrap();
    let text = |text: &str| Text(text.to_owned());
    assert_eq!(
        folder.rows("SELECT * FROM users"),
        [
            vec![
                text("é😀 '\"\0"),
                Integer(i64::MAX),
                Real(0.1),
                Integer(1),
                text("2026-01-01T00:00:00.000+0000"),
                text(r#"[1.10,{"b":null}]"#)
            ],
            vec![
                text("12345678901234567890123"),
                Integer(-1),
                Real(3.0),
                Integer(0),
                text("2026-01-01T01:00:00+01:00"),
                text("1.10")
            ],
            vec![Null; 6],
            vec![text(""), Null, Null, Null, Null, text(r#""1.10""#)],
        ]
    );
    let declared = folder.rows("SELECT name, type FROM pragma_table_info('users')");
    let declared: Vec<_> = declared.into_iter().map(|row| format!("{row:?}")).collect();
    let expected = [
        ("id", "TEXT"),
        ("calls", "INTEGER"),
        ("share", "REAL"),
        ("active", "INTEGER"),
        ("since", "TEXT"),
        ("skills", "TEXT"),
    ];
    assert_eq!(declared, expected.map(|(name, kind)| format!("{:?}", [text(name), text(kind)])));
}

#[test]
fn a_value_that_does_not_fit_is_rejected_and_nothing_is_published() {
    let folder = Folder::new();
    folder.pull(typed(), &[r#"{"id":1}"#]).unwrap();
    let error = folder.pull(typed(), &[r#"{"id":2}"#, r#"{"id":3,"calls":12345678901234567890123}"#]);
    assert_eq!(
        describe(&error.unwrap_err()),
        "Rejected: record 2 of the page does not fit the column `calls`: `12345678901234567890123` is not a \
         64-bit integer (type `text` accepts any value)"
    );
    assert_eq!(folder.texts("SELECT id FROM users"), ["1"]);
}

#[test]
fn a_record_without_its_key_is_rejected() {
    let folder = Folder::new();
    let options = json!({"path": "data.db", "columns": ["/id"], "key": "id"});
    assert_eq!(
        describe(&folder.pull(options, &[r#"{"id":"a"}"#, r#"{"id":null}"#]).unwrap_err()),
        "Rejected: record 2 of the page has no value in the key column `id`"
    );
}
