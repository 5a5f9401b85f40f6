//! Workbooks with the columns of all records.

use calamine::Data;
use longhaul_core::sink::Mark;
use longhaul_tests::write_page;
use serde_json::{Value, json};

use crate::support::{Folder, describe};

const RECORDS: [&str; 3] = [
    r#"{"id":1,"code":"007","big":12345678901234567890123,"price":4.90,"share":0.5,"at":"2026-01-01T00:00:00.000Z","ok":true,"more":{"tags":[1.10]}}"#,
    r#"{"id":-5,"code":null,"price":12,"share":2,"at":"2026-01-02T13:00:00.500Z","mixed":"a"}"#,
    r#"{"id":null,"mixed":7,"late":"é"}"#,
];

fn options() -> Value {
    json!({"path": "a.xlsx"})
}

#[test]
fn a_sheet_has_the_columns_of_all_records_with_types_that_keep_every_value() {
    let folder = Folder::new();
    folder.pull(options(), &RECORDS).unwrap();
    let rows = folder.sheets("a.xlsx").remove(0).1;
    let text = |text: &str| Data::String(text.to_owned());
    assert_eq!(
        rows[0],
        ["id", "code", "big", "price", "share", "at", "ok", "more.tags", "mixed", "late"].map(text)
    );
    assert_eq!(
        rows[1][..5],
        [Data::Float(1.0), text("007"), text("12345678901234567890123"), Data::Float(4.9), Data::Float(0.5)]
    );
    assert!(matches!(rows[1][5], Data::DateTime(_)), "{:?}", rows[1][5]);
    assert_eq!(rows[1][6..8], [Data::Bool(true), text("[1.10]")]);
    assert_eq!(rows[2][8], text("\"a\""));
    assert_eq!(rows[3][8..], [text("7"), text("é")]);
}

#[test]
fn a_time_that_a_cell_would_change_stays_text() {
    let folder = Folder::new();
    let records = [r#"{"a":"2026-01-01T00:00:00.123456Z","b":"1899-12-31T00:00:00Z"}"#];
    folder.pull(options(), &records).unwrap();
    let text = |text: &str| Data::String(text.to_owned());
    assert_eq!(folder.rows("a.xlsx"), [["2026-01-01T00:00:00.123456Z", "1899-12-31T00:00:00Z"].map(text)]);
}

#[test]
fn a_text_that_is_too_long_is_an_error_even_if_its_column_becomes_json_later() {
    let folder = Folder::new();
    let long = |length: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(length));
    let message = "does not fit the column `a`: its text has more than 32767 characters, which a cell cannot hold (set \
                   `long_text = \"truncate\"` to cut it)";
    let error = folder.pull(options(), &[&long(32_768)]).unwrap_err();
    assert_eq!(describe(&error), format!("Rejected: record 1 of the page {message}"));
    // The quotes of JSON are too much.
    folder.pull(options(), &[&long(32_767)]).unwrap();
    let mut sink = folder.open(options()).unwrap();
    write_page(&mut sink, &[&long(32_767)]).unwrap();
    write_page(&mut sink, &[r#"{"a":1}"#]).unwrap();
    sink.commit(Mark(2)).unwrap();
    let error = sink.finish().unwrap_err();
    assert_eq!(describe(&error), format!("Rejected: a record {message}"));
}
