//! Files with the columns of all records.

use std::fs;

use longhaul_core::sink::Mark;
use longhaul_tests::write_page;
use parquet::{
    file::reader::FileReader,
    record::Field::{Bool, Double, Long, Null, Str, TimestampMicros},
    schema::printer::print_schema,
};
use serde_json::{Value, json};

use crate::support::Folder;

const RECORDS: [&str; 3] = [
    r#"{"id":1,"code":"007","big":12345678901234567890123,"price":4.90,"share":0.5,"at":"2026-01-01T00:00:00.000Z","ok":true,"more":{"tags":[1.10]}}"#,
    r#"{"id":-5,"code":null,"price":12,"share":2,"at":"2026-01-02T13:00:00.500Z","mixed":"a"}"#,
    r#"{"id":null,"mixed":7,"late":"é"}"#,
];

fn options() -> Value {
    json!({"path": "a.parquet"})
}

#[test]
fn a_file_has_the_columns_of_all_records_with_types_that_keep_every_value() {
    let folder = Folder::new();
    folder.pull(options(), &RECORDS).unwrap();
    let mut schema = Vec::new();
    print_schema(&mut schema, folder.reader("a.parquet").metadata().file_metadata().schema());
    assert_eq!(
        String::from_utf8(schema).unwrap(),
        "message record {
  OPTIONAL INT64 id;
  OPTIONAL BYTE_ARRAY code (STRING);
  OPTIONAL BYTE_ARRAY big (STRING);
  OPTIONAL BYTE_ARRAY price (STRING);
  OPTIONAL DOUBLE share;
  OPTIONAL INT64 at (TIMESTAMP(MICROS,true));
  OPTIONAL BOOLEAN ok;
  OPTIONAL BYTE_ARRAY more.tags (JSON);
  OPTIONAL BYTE_ARRAY mixed (JSON);
  OPTIONAL BYTE_ARRAY late (STRING);
}
"
    );
    let text = |text: &str| Str(text.to_owned());
    let rows = folder.rows("a.parquet");
    assert_eq!(
        rows[0],
        [
            Long(1),
            text("007"),
            text("12345678901234567890123"),
            text("4.90"),
            Double(0.5),
            TimestampMicros(1_767_225_600_000_000),
            Bool(true),
            text("[1.10]"),
            Null,
            Null
        ]
    );
    assert_eq!(rows[1][3..5], [text("12"), Double(2.0)]);
    assert_eq!(rows[2][8..], [text("7"), text("é")]);
}

#[test]
fn a_time_that_the_file_would_change_stays_text() {
    let folder = Folder::new();
    let records = [r#"{"a":"2026-01-01T00:00:00.123456Z","b":"2026-01-01T00:00:00.1234567Z"}"#];
    folder.pull(options(), &records).unwrap();
    let text = Str("2026-01-01T00:00:00.1234567Z".to_owned());
    assert_eq!(folder.rows("a.parquet"), [[TimestampMicros(1_767_225_600_123_456), text]]);
}

#[test]
fn a_resumed_pull_has_the_same_bytes() {
    let folder = Folder::new();
    let mut sink = folder.open(options()).unwrap();
    write_page(&mut sink, &RECORDS[..1]).unwrap();
    let receipt = sink.commit(Mark(1)).unwrap();
    // This page is lost, and with it its column and type.
    write_page(&mut sink, &[r#"{"id":"lost","lost":1}"#]).unwrap();
    drop(sink);
    let mut sink = folder.resume(options(), &receipt.0).unwrap();
    write_page(&mut sink, &RECORDS[1..]).unwrap();
    sink.commit(Mark(2)).unwrap();
    sink.finish().unwrap();
    let at_once = Folder::new();
    at_once.pull(options(), &RECORDS).unwrap();
    let read = |folder: &Folder| fs::read(folder.path("a.parquet")).unwrap();
    assert!(read(&folder) == read(&at_once));
}

#[test]
fn a_pull_without_records_has_the_column_of_the_record() {
    let folder = Folder::new();
    folder.pull(options(), &[]).unwrap();
    assert_eq!(
        folder.reader("a.parquet").metadata().file_metadata().schema().get_fields()[0].name(),
        "record"
    );
    assert!(folder.rows("a.parquet").is_empty());
}
