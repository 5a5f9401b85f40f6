//! The options.

use calamine::Data;
use longhaul_core::sink::Destination;
use serde_json::{Value, json};

use crate::support::{Folder, configured, describe};

#[test]
fn invalid_options_are_rejected_with_the_reason() {
    let error = |options: Value| describe(&configured(options).unwrap_err());
    let many: Vec<_> = (0..=16_384).map(|column| json!(format!("/c{column}"))).collect();
    let cases = [
        (json!({}), "Config: path: `path` is missing"),
        (
            json!({"path": "a", "sheets": "x"}),
            "Config: sheets: `sheets` is not an option of this sink (did you mean `sheet`?)",
        ),
        (
            json!({"path": "a", "long_text": "cut"}),
            "Config: long_text: `long_text`: unknown variant `cut`, expected `reject` or `truncate`",
        ),
        (
            json!({"path": "a", "rows_per_sheet": 1_048_576}),
            "Config: rows_per_sheet: `rows_per_sheet`: invalid value: integer `1048576`, expected a whole number from 1 \
             to 1048575",
        ),
        (
            json!({"path": "a", "rows_per_sheet": "0"}),
            "Config: rows_per_sheet: `rows_per_sheet`: invalid value: integer `0`, expected a whole number from 1 to \
             1048575",
        ),
        (
            json!({"path": "a", "timezone": "Berlin"}),
            "Config: timezone: `timezone`: unknown time zone `Berlin`; use a name such as `UTC` or `Europe/Berlin`",
        ),
        (
            json!({"path": "a", "columns": many}),
            "Config: columns: `columns`: there are 16385 columns, but a sheet has 16384",
        ),
    ];
    for (options, message) in cases {
        assert_eq!(error(options), message);
    }
}

#[test]
fn the_destination_is_the_file_and_needs_a_name_for_the_sheet() {
    let folder = Folder::new();
    let destination = |options: Value| configured(options).unwrap().destination(&folder.variables());
    assert_eq!(
        destination(json!({"path": "{stream}.xlsx"})).unwrap(),
        Destination::File(folder.path("users.xlsx"))
    );
    let error = |sheet: &str| describe(&destination(json!({"path": "a.xlsx", "sheet": sheet})).unwrap_err());
    assert_eq!(error(""), "Config: sheet: `sheet` is empty");
    assert_eq!(
        error("{steam}"),
        "Config: sheet: `{steam}` is not a known placeholder (did you mean `stream`?)"
    );
    assert_eq!(folder.names(), [""; 0]);
}

#[test]
fn sheets_have_names_that_excel_accepts() {
    let folder = Folder::new();
    for (sheet, name) in [
        ("{stream}", "users"),
        ("History", "History_"),
        ("a/b: c?", "a_b_ c_"),
        ("a name that is much too long for Excel", "a name that is much too lon"),
    ] {
        folder.pull(json!({"path": "a.xlsx", "sheet": sheet}), &["1"]).unwrap();
        assert_eq!(folder.sheets("a.xlsx")[0].0, name);
    }
}

#[test]
fn more_records_go_to_more_sheets() {
    let folder = Folder::new();
    let sheets = |records: &[&str]| {
        folder.pull(json!({"path": "a.xlsx", "columns": "record", "rows_per_sheet": "2"}), records).unwrap();
        let sheets = folder.sheets("a.xlsx");
        sheets.into_iter().map(|(name, rows)| (name, rows.concat())).collect::<Vec<_>>()
    };
    let sheet = |name: &str, values: &[&str]| {
        let cells = values.iter().map(|text| Data::String((*text).to_owned()));
        (name.to_owned(), cells.collect::<Vec<_>>())
    };
    assert_eq!(sheets(&[]), [sheet("users", &["record"])]);
    assert_eq!(sheets(&["1", "2"]), [sheet("users", &["record", "1", "2"])]);
    assert_eq!(
        sheets(&["1", "2", "3"]),
        [sheet("users", &["record", "1", "2"]), sheet("users 2", &["record", "3"])]
    );
}
