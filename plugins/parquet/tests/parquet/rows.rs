//! Files with one row for each part of a record.

use longhaul_tests::{CONVERSATIONS, with_session_rows};
use parquet::{
    file::reader::FileReader,
    record::Field::{Long, Null, Str, TimestampMicros},
};
use serde_json::json;

use crate::support::Folder;

#[test]
fn each_match_is_a_row_and_a_group_ends_at_its_size() {
    let folder = Folder::new();
    let options = with_session_rows(json!({"path": "a.parquet", "row_group_size": 1, "rows_optional": true}));
    folder.pull(options, &CONVERSATIONS).unwrap();
    let text = |text: &str| Str(text.to_owned());
    assert_eq!(
        folder.rows("a.parquet"),
        [
            [text("c1"), text("agent"), Long(1), TimestampMicros(1_767_225_600_000_000)],
            [text("c1"), text("agent"), Long(2), Null],
            [text("c2"), Null, Null, Null],
            [text("c3"), Null, Long(3), Null],
        ]
    );
    assert_eq!(folder.reader("a.parquet").num_row_groups(), 4);
}

#[test]
fn without_columns_a_row_has_all_values_of_its_match() {
    let folder = Folder::new();
    folder.pull(json!({"path": "a.parquet", "rows": "/parties/*/sessions/*"}), &CONVERSATIONS).unwrap();
    let rows = folder.rows("a.parquet");
    assert_eq!(rows[1], [Long(2), Null, Null]);
    assert_eq!(rows[2], [Long(3), Null, Str("1.10".to_owned())]);
}
