//! Workbooks with one row for each part of a record.

use calamine::Data;
use longhaul_tests::{CONVERSATIONS, with_session_rows};
use serde_json::json;

use crate::support::Folder;

#[test]
fn each_match_is_a_row_and_the_rows_of_a_record_continue_on_the_next_sheet() {
    let folder = Folder::new();
    let options = with_session_rows(json!({"path": "a.xlsx", "rows_per_sheet": 1}));
    folder.pull(options, &CONVERSATIONS).unwrap();
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
    folder.pull(json!({"path": "a.xlsx", "rows": "/parties/*/sessions/*"}), &CONVERSATIONS).unwrap();
    let rows = folder.sheets("a.xlsx").remove(0).1;
    let text = |text: &str| Data::String(text.to_owned());
    assert_eq!(rows[0], ["n", "at", "price"].map(text));
    let numbers: Vec<_> = rows[1..].iter().map(|row| row[0].clone()).collect();
    assert_eq!(numbers, [1.0, 2.0, 3.0].map(Data::Float));
}
