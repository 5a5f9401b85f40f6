//! Text that is out to break a table, read back by an independent reader.

use serde_json::{Value, json};

use super::support::{Folder, configured, pull};

/// Every piece has broken some writer or reader of CSV.
const PIECES: [&str; 20] = [
    "\"", ",", ";", "\t", "\r", "\n", "\r\n", "\0", "\u{feff}", "😀", "é", "=1+1", "-", "@", "'", " ", "\\",
    "\u{2028}", "NULL", "1.10",
];

/// Texts of these pieces, always the same ones.
fn texts(count: usize) -> Vec<String> {
    let mut state = 1_u32;
    let mut next = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as usize % below
    };
    (0..count).map(|_| (0..next(6)).map(|_| PIECES[next(PIECES.len())]).collect()).collect()
}

/// The rows of the file that comes of `records`, as the reader of another crate sees them, without the header.
fn read_back(options: Value, records: &[String]) -> Vec<Vec<String>> {
    let folder = Folder::new();
    let delimiter = options["delimiter"].as_str().unwrap_or(",").as_bytes()[0];
    let records = records.iter().map(String::as_str).collect::<Vec<_>>();
    pull(folder.begin(&*configured("csv", options).unwrap()), &records);
    let text = folder.text("x.csv").unwrap();
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn dialects() -> Vec<Value> {
    let dialects = [
        json!({}),
        json!({"line_end": "lf"}),
        json!({"delimiter": ";", "bom": true}),
        json!({"delimiter": "\t", "line_end": "lf"}),
    ];
    dialects.into_iter().collect()
}

#[test]
fn every_text_is_read_back_as_it_was() {
    let texts = texts(2000);
    let expected = texts.chunks(4).map(<[String]>::to_vec).collect::<Vec<_>>();
    let records: Vec<_> = expected
        .iter()
        .map(|row| json!({"a": row[0], "b": {"c": row[1]}, "d": [row[2]], "": row[3]}).to_string())
        .collect();
    for mut options in dialects() {
        options["path"] = json!("x.csv");
        options["columns"] = json!(["/a", "/b/c", {"name": "d", "at": "/d/0"}, "/"]);
        assert_eq!(read_back(options, &records), expected);
    }
}

#[test]
fn json_in_a_cell_is_the_records_own_text() {
    let texts = texts(500);
    let records: Vec<_> = texts.iter().map(|text| json!({"a": [text, {"b": text}]}).to_string()).collect();
    let expected: Vec<_> = texts.iter().map(|text| vec![json!([text, {"b": text}]).to_string()]).collect();
    for mut options in dialects() {
        options["path"] = json!("x.csv");
        options["columns"] = json!(["/a"]);
        assert_eq!(read_back(options, &records), expected);
    }
}

#[test]
fn an_apostrophe_is_all_that_is_put_before_a_formula() {
    let texts = texts(2000);
    let records: Vec<_> = texts.iter().map(|text| json!({"a": text}).to_string()).collect();
    let options = json!({"path": "x.csv", "columns": ["/a"], "formulas": "escape"});
    for (row, text) in read_back(options, &records).into_iter().zip(&texts) {
        let defused = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
        assert_eq!(row, [if defused { format!("'{text}") } else { text.clone() }]);
    }
}
