//! Workbooks with one row for each part of a record.

use calamine::Data;
use serde_json::json;

use crate::support::Folder;

/// Two conversations with sessions, and one without.
const RECORDS: [&str; 3] = [
    r#"{"id":"c1","parties":[{"purpose":"agent","sessions":[{"n":1,"at":"2026-01-01T00:00:00.000Z"},{"n":2}]},{"purpose":"acd","sessions":[]}]}"#,
    r#"{"id":"c2","parties":[]}"#,
    r#"{"id":"c3","parties":[{"sessions":[{"n":3,"price":1.10}]}]}"#,
];

#[test]
fn each_match_is_a_row_and_the_rows_of_a_record_continue_on_the_next_sheet() {
    let folder = Folder::new();
    let options = json!({
        "path": "a.xlsx",
        "rows_per_sheet": 1,
        "rows": "/parties/*/sessions/*",
        "columns": [
            "^/id",
            "^^/purpose",
            { "at": "/n", "type": "integer" },
            { "at": "/at", "type": "timestamp" }
        ]
    });
    folder.pull(options, &RECORDS).unwrap();
    let text = |text: &str| Data::String(text.to_owned());
    let sheets = folder.sheets("a.xlsx");
    let names: Vec<_> = sheets.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["users", "users 2", "users 3"]);
    let rows: Vec<_> = sheets.iter().map(|(_, rows)| rows[1][..3].to_vec()).collect();
    assert_eq!(
        rows,
        [
            vec![text("c1"), text("agent"), Data::Float(1.0)],
            vec![text("c1"), text("agent"), Data::Float(2.0)],
            vec![text("c3"), Data::Empty, Data::Float(3.0)],
        ]
    );
    assert!(matches!(sheets[0].1[1][3], Data::DateTime(_)), "{:?}", sheets[0].1[1][3]);
    assert!(sheets.iter().all(|(_, rows)| rows.len() == 2), "{sheets:?}");
}

#[test]
fn without_columns_a_row_has_all_values_of_its_match() {
    let folder = Folder::new();
    folder.pull(json!({"path": "a.xlsx", "rows": "/parties/*/sessions/*"}), &RECORDS).unwrap();
    let rows = folder.sheets("a.xlsx").remove(0).1;
    let text = |text: &str| Data::String(text.to_owned());
    assert_eq!(rows[0], ["n", "at", "price"].map(text));
    let numbers: Vec<_> = rows[1..].iter().map(|row| row[0].clone()).collect();
    assert_eq!(numbers, [1.0, 2.0, 3.0].map(Data::Float));
}
