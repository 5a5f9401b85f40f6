//! How values are stored.

use calamine::Data::{Bool, DateTime, Empty, Float, String as Text};
use serde_json::{Value, json};

use crate::support::{Folder, describe};

pub(crate) fn typed() -> Value {
    json!({"path": "a.xlsx", "columns": [
        "/id",
        {"name": "calls", "at": "/calls", "type": "integer"},
        {"name": "share", "at": "/share", "type": "real"},
        {"name": "active", "at": "/active", "type": "boolean"},
        {"name": "since", "at": "/since", "type": "timestamp"},
        {"name": "skills", "at": "/more/skills", "type": "json"},
    ]})
}

pub(crate) const RECORDS: [&str; 4] = [
    r#"{"id":"é😀 '\"<&\u0000_x0041_\r\n ","calls":-7,"share":0.1,"active":true,"since":"2026-01-01T01:02:03.456+01:00","more":{"skills":[1.10,{"b":null}]}}"#,
    r#"{"id":12345678901234567890123,"calls":9223372036854775807,"share":-3,"active":false,"since":"1970-01-01T00:00:00Z","more":{"skills":1.10}}"#,
    r#"{"id":null,"more":{"skills":null}}"#,
    r#"{"id":"=1+1","more":{"skills":"1.10"}}"#,
];

#[test]
fn values_reach_cells_of_their_types() {
    let folder = Folder::new();
    folder.pull(typed(), &RECORDS).unwrap();
    let text = |text: &str| Text(text.to_owned());
    let rows = folder.rows("a.xlsx");
    let plain = |row: usize| [0, 1, 2, 3, 5].map(|column| rows[row][column].clone());
    assert_eq!(
        plain(0),
        [text("é😀 '\"<&\0_x0041_\r\n "), Float(-7.0), Float(0.1), Bool(true), text(r#"[1.10,{"b":null}]"#)]
    );
    assert_eq!(
        plain(1),
        [
            text("12345678901234567890123"),
            text("9223372036854775807"),
            Float(-3.0),
            Bool(false),
            text("1.10")
        ]
    );
    assert_eq!(rows[2], vec![Empty; 6]);
    assert_eq!(plain(3), [text("=1+1"), Empty, Empty, Empty, text(r#""1.10""#)]);
    let date = |row: usize| match &rows[row][4] {
        DateTime(date) => date.to_ymd_hms_milli(),
        other => panic!("{other:?} is not a date"),
    };
    assert_eq!(date(0), (2026, 1, 1, 0, 2, 3, 456));
    assert_eq!(date(1), (1970, 1, 1, 0, 0, 0, 0));
    let header: Vec<_> = folder.sheets("a.xlsx")[0].1[0].iter().map(ToString::to_string).collect();
    assert_eq!(header, ["id", "calls", "share", "active", "since", "skills"]);
}

#[test]
fn a_value_that_does_not_fit_is_rejected_immediately_and_the_old_file_stays() {
    let folder = Folder::new();
    folder.pull(typed(), &[r#"{"id":1}"#]).unwrap();
    let error = |record: &str| describe(&folder.pull(typed(), &["{}", record]).unwrap_err());
    assert_eq!(
        error(r#"{"since":"2026-01-01T00:00:00.1234Z"}"#),
        "Rejected: record 2 of the page does not fit the column `since`: `2026-01-01T00:00:00.1234Z` is more precise \
         than a millisecond (type `text` accepts any value)"
    );
    assert_eq!(
        error(r#"{"since":"1899-12-31T00:00:00Z"}"#),
        "Rejected: record 2 of the page does not fit the column `since`: `1899-12-31T00:00:00Z` is not between the \
         years 1900 and 9999 (type `text` accepts any value)"
    );
    assert_eq!(
        error(&format!(r#"{{"id":"{}"}}"#, "x".repeat(32_768))),
        "Rejected: record 2 of the page does not fit the column `id`: its text has more than 32767 characters, which \
         a cell cannot hold (set `long_text = \"truncate\"` to cut it)"
    );
    assert_eq!(folder.texts("a.xlsx"), ["1"]);
    assert_eq!(folder.names(), ["a.xlsx"]);
}

#[test]
fn a_long_text_is_cut_only_if_configured() {
    let folder = Folder::new();
    let long = format!("\"{}\"", "é".repeat(40_000));
    let options = json!({"path": "a.xlsx", "long_text": "truncate", "columns": [{"name": "x", "at": ""}]});
    folder.pull(options, &[&long, "\"short\""]).unwrap();
    assert_eq!(folder.texts("a.xlsx"), ["é".repeat(32_767), "short".to_owned()]);
}
