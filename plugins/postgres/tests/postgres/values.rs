//! How values are stored.

use serde_json::{Value, json};

use crate::support::{Schema, describe};

fn typed(json_type: &str) -> Value {
    json!({"json_type": json_type, "columns": [
        "/id",
        {"name": "calls", "at": "/calls", "type": "integer"},
        {"name": "share", "at": "/share", "type": "real"},
        {"name": "exact", "at": "/exact", "type": "numeric"},
        {"name": "active", "at": "/active", "type": "boolean"},
        {"name": "since", "at": "/since", "type": "timestamp"},
        {"name": "skills", "at": "/more/skills", "type": "json"},
    ]})
}

const RECORDS: [&str; 4] = [
    r#"{"id":"é😀 \\N\t\n'\"","calls":9223372036854775807,"share":0.1,"exact":1.10,"active":true,"since":"2026-01-01T01:00:00.123456+01:00","more":{"skills":{"b":1.10,"a":"\\"}}}"#,
    r#"{"id":12345678901234567890123,"calls":-1,"share":-3,"exact":12345678901234567890123.45,"active":false,"since":"0001-01-01T00:00:00Z","more":{"skills":[ 1 ]}}"#,
    r#"{"id":null,"more":{"skills":null}}"#,
    r#"{"id":"","exact":-1e-20,"more":{"skills":"1.10"}}"#,
];

#[test]
fn values_reach_columns_of_their_types() {
    let Some(schema) = Schema::new() else { return };
    schema.pull(typed("json"), &RECORDS).unwrap();
    assert_eq!(
        schema.rows("SELECT * FROM users ORDER BY ctid"),
        [
            "é😀 \\N\t\n'\"|9223372036854775807|0.1|1.10|t|2026-01-01 00:00:00.123456+00|{\"b\":1.10,\"a\":\"\\\\\"}",
            "12345678901234567890123|-1|-3|12345678901234567890123.45|f|0001-01-01 00:00:00+00|[ 1 ]",
            "NULL|NULL|NULL|NULL|NULL|NULL|NULL",
            "|NULL|NULL|-0.00000000000000000001|NULL|NULL|\"1.10\"",
        ]
    );
    schema.pull(typed("jsonb"), &RECORDS).unwrap();
    assert_eq!(schema.rows("SELECT skills->>'b' FROM users WHERE skills @> '{\"a\": \"\\\\\"}'"), ["1.10"]);
    let types = format!(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '{}.users'::regclass AND attnum > 0 \
         ORDER BY attnum",
        schema.name
    );
    assert_eq!(
        schema.rows(&types),
        ["text", "bigint", "double precision", "numeric", "boolean", "timestamp with time zone", "jsonb"]
    );
}

#[test]
fn a_value_that_does_not_fit_is_rejected_and_nothing_is_published() {
    let Some(schema) = Schema::new() else { return };
    schema.pull(typed("json"), &[r#"{"id":1}"#]).unwrap();
    let error = |record| describe(&schema.pull(typed("json"), &["{}", record]).unwrap_err());
    assert_eq!(
        error(r#"{"since":"2026-01-01T00:00:00.1234567Z"}"#),
        "Rejected: record 2 of the page does not fit the column `since`: `2026-01-01T00:00:00.1234567Z` is more \
         precise than a microsecond (type `text` accepts any value)"
    );
    assert_eq!(
        error(r#"{"since":"-000001-01-01T00:00:00Z"}"#),
        "Rejected: record 2 of the page does not fit the column `since`: `-000001-01-01T00:00:00Z` is before the year \
         1 (type `text` accepts any value)"
    );
    assert_eq!(
        error(r#"{"exact":"1"}"#),
        "Rejected: record 2 of the page does not fit the column `exact`: `\"1\"` is not a number (type `text` accepts \
         any value)"
    );
    assert_eq!(schema.rows("SELECT id FROM users"), ["1"]);
}

#[test]
fn a_record_without_its_key_is_rejected() {
    let Some(schema) = Schema::new() else { return };
    assert_eq!(
        describe(
            &schema
                .pull(json!({"columns": ["/id"], "key": "id"}), &[r#"{"id":"a"}"#, r#"{"id":null}"#])
                .unwrap_err()
        ),
        "Rejected: record 2 of the page has no value in the key column `id`"
    );
}
