//! How values are stored.

use parquet::{
    file::reader::FileReader,
    record::Field::{Bool, Double, Long, Null, Str, TimestampMicros},
    schema::printer::print_schema,
};
use serde_json::{Value, json};

use crate::support::{Folder, describe};

fn typed() -> Value {
    json!({"path": "a.parquet", "columns": [
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
        r#"{"id":12345678901234567890123,"calls":-1,"share":-3,"active":false,"since":"1969-12-31T23:59:59.999999Z","more":{"skills":1.10}}"#,
        r#"{"id":null,"more":{"skills":null}}"#,
        r#"{"id":"","more":{"skills":"1.10"}}"#,
    ];
    folder.pull(typed(), &records).unwrap();
    let text = |text: &str| Str(text.to_owned());
    assert_eq!(
        folder.rows("a.parquet"),
        [
            vec![
                text("é😀 '\"\0"),
                Long(i64::MAX),
                Double(0.1),
                Bool(true),
                TimestampMicros(1_767_225_600_000_000),
                text(r#"[1.10,{"b":null}]"#)
            ],
            vec![
                text("12345678901234567890123"),
                Long(-1),
                Double(-3.0),
                Bool(false),
                TimestampMicros(-1),
                text("1.10")
            ],
            vec![Null; 6],
            vec![text(""), Null, Null, Null, Null, text(r#""1.10""#)],
        ]
    );
    let mut schema = Vec::new();
    print_schema(&mut schema, folder.reader("a.parquet").metadata().file_metadata().schema());
    assert_eq!(
        String::from_utf8(schema).unwrap(),
        "message record {\n  OPTIONAL BYTE_ARRAY id (STRING);\n  OPTIONAL INT64 calls;\n  OPTIONAL DOUBLE share;\n  \
         OPTIONAL BOOLEAN active;\n  OPTIONAL INT64 since (TIMESTAMP(MICROS,true));\n  OPTIONAL BYTE_ARRAY skills \
         (JSON);\n}\n"
    );
}

#[test]
fn a_value_that_does_not_fit_is_rejected_immediately_and_the_old_file_stays() {
    let folder = Folder::new();
    folder.pull(typed(), &[r#"{"id":1}"#]).unwrap();
    let error = |record| describe(&folder.pull(typed(), &["{}", record]).unwrap_err());
    assert_eq!(
        error(r#"{"calls":12345678901234567890123}"#),
        "Rejected: record 2 of the page does not fit the column `calls`: `12345678901234567890123` is not a \
         64-bit integer (type `text` accepts any value)"
    );
    assert_eq!(
        error(r#"{"since":"2026-01-01T00:00:00.1234567Z"}"#),
        "Rejected: record 2 of the page does not fit the column `since`: `2026-01-01T00:00:00.1234567Z` is more \
         precise than a microsecond (type `text` accepts any value)"
    );
    assert_eq!(folder.texts("a.parquet"), ["1"]);
    assert_eq!(folder.names(), ["a.parquet"]);
}
