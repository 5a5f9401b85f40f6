//! Every sink passes the contract in every mode.

use std::collections::BTreeMap;

use longhaul_core::sink::{
    Variables,
    conformance::{Publishes, Subject, Suite},
};
use longhaul_tests::{SimulatedDisk, decompress};
use serde_json::{Value, json, value::RawValue};

use super::support::{COMPRESSIONS, Folder, Pipe, configured, configured_on, registry};

/// The whole record in one cell, so that the record can be read back from the row.
fn columns() -> Value {
    json!([{"name": "record", "at": ""}])
}

/// Checks a sink that writes a file against the contract, with every compression, on the system's disk and on one in
/// memory.
#[track_caller]
fn verify_file(
    publishes: Publishes,
    name: &'static str,
    options: &Value,
    records: fn(&str) -> Vec<String>,
    stored: fn(&str) -> String,
) {
    for compression in COMPRESSIONS {
        let mut options = options.clone();
        options["path"] = json!("out/{stream}.x");
        options["compression"] = json!(compression);
        let read = move |file: &[u8]| records(&String::from_utf8(decompress(compression, file)).unwrap());
        Suite::new(publishes, file(name, options.clone(), read)).stored_as(stored).verify();
        Suite::new(publishes, simulated_file(name, options, read)).stored_as(stored).verify();
    }
}

fn file(
    name: &'static str,
    options: Value,
    read: impl Fn(&[u8]) -> Vec<String> + Copy + 'static,
) -> impl Fn() -> Subject {
    move || {
        let folder = Folder::new();
        let opener = configured(name, options.clone()).unwrap();
        let variables = folder.variables();
        Subject {
            opener,
            variables,
            published: Box::new(move || folder.bytes("out/users.x").as_deref().map(read)),
        }
    }
}

fn simulated_file(
    name: &'static str,
    options: Value,
    read: impl Fn(&[u8]) -> Vec<String> + Copy + 'static,
) -> impl Fn() -> Subject {
    move || {
        let disk = SimulatedDisk::new();
        Subject {
            opener: configured_on(disk.handle(), name, options.clone()).unwrap(),
            variables: Variables::new("users", "/simulated"),
            published: Box::new(move || disk.contents("/simulated/out/users.x").as_deref().map(read)),
        }
    }
}

fn stdout(options: fn() -> Value, records: fn(&str) -> Vec<String>) -> impl Fn() -> Subject {
    move || {
        let pipe = Pipe::default();
        let options = serde_json::from_value(options()).unwrap();
        let opener = registry(&pipe).get("stdout").unwrap().configure(&options).unwrap();
        Subject {
            opener,
            variables: Variables::new("users", "/"),
            published: Box::new(move || Some(records(&pipe.text()))),
        }
    }
}

fn lines(text: &str) -> Vec<String> {
    assert!(text.is_empty() || text.ends_with('\n'), "the last line is not complete");
    text.split_terminator('\n').map(str::to_owned).collect()
}

/// The rows as a CSV reader sees them, without headers: a pipe gets a header each time it is opened.
fn rows(text: &str) -> Vec<String> {
    assert!(text.is_empty() || text.starts_with("record\r\n"), "the header is missing");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let rows = reader.records().map(|row| row.unwrap());
    rows.map(|row| row.iter().collect::<String>()).filter(|row| row != "record").collect()
}

#[test]
fn ndjson_in_replace_mode() {
    let options = json!({});
    verify_file(Publishes::AtFinish, "ndjson", &options, lines, str::to_owned);
}

#[test]
fn ndjson_in_append_mode() {
    let options = json!({"mode": "append"});
    verify_file(Publishes::AtCommit, "ndjson", &options, lines, str::to_owned);
}

#[test]
fn csv_in_replace_mode() {
    let options = json!({"columns": columns()});
    verify_file(Publishes::AtFinish, "csv", &options, rows, str::to_owned);
}

#[test]
fn csv_in_append_mode() {
    let options = json!({"mode": "append", "columns": columns()});
    verify_file(Publishes::AtCommit, "csv", &options, rows, str::to_owned);
}

/// The rows of all files of a table that continues in another file, which is checked with every compression.
#[track_caller]
fn verify_several_files(publishes: Publishes, mode: &str) {
    for compression in COMPRESSIONS {
        let options = json!({
            "path": "out/{stream}.x", "mode": mode, "compression": compression, "columns": columns(), "max_rows": 3
        });
        let fresh = move || {
            let disk = SimulatedDisk::new();
            Subject {
                opener: configured_on(disk.handle(), "csv", options.clone()).unwrap(),
                variables: Variables::new("users", "/simulated"),
                published: Box::new(move || {
                    let further = (2..).map(|number| format!("/simulated/out/users.{number}.x"));
                    let paths = std::iter::once("/simulated/out/users.x".to_owned()).chain(further);
                    let files: Vec<_> = paths.map_while(|path| disk.contents(&path)).collect();
                    let text = |file: &Vec<u8>| String::from_utf8(decompress(compression, file)).unwrap();
                    let records = files.iter().flat_map(|file| rows(&text(file))).collect();
                    (!files.is_empty()).then_some(records)
                }),
            }
        };
        Suite::new(publishes, fresh).verify();
    }
}

#[test]
fn csv_in_several_files_in_replace_mode() {
    verify_several_files(Publishes::AtFinish, "replace");
}

#[test]
fn csv_in_several_files_in_append_mode() {
    verify_several_files(Publishes::AtCommit, "append");
}

/// A row with any columns: the name and text of each cell that is not empty, sorted by name.
fn cells_text(cells: impl IntoIterator<Item = (String, String)>) -> String {
    let mut cells: Vec<_> = cells.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    cells.sort();
    format!("{cells:?}")
}

fn rows_of_all_columns(text: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().unwrap().clone();
    let rows = reader.records().map(|row| row.unwrap());
    let cells = |row: csv::StringRecord| {
        cells_text(names.iter().zip(row.iter()).map(|(name, value)| (name.to_owned(), value.to_owned())))
    };
    rows.map(cells).collect()
}

/// The same for a record without nested members.
fn flat(record: &str) -> String {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(record).unwrap();
    let cells = members.into_iter().map(|(name, value)| {
        let text = serde_json::from_str::<String>(value.get());
        let written = value.get().trim_matches('"').replace("null", "");
        (
            name,
            text.unwrap_or_else(
                |_| if value.get().starts_with('[') { value.get().to_owned() } else { written },
            ),
        )
    });
    let whole = (record == "{}").then(|| ("record".to_owned(), "{}".to_owned()));
    cells_text(cells.chain(whole))
}

#[test]
fn csv_of_all_columns() {
    let options = json!({});
    verify_file(Publishes::AtFinish, "csv", &options, rows_of_all_columns, flat);
}

/// One row for each record, with the code that makes rows of the parts of a record.
#[test]
fn csv_of_parts() {
    let options =
        json!({"rows": "/none/*", "rows_optional": true, "columns": [{"name": "record", "at": "^"}]});
    verify_file(Publishes::AtFinish, "csv", &options, rows, str::to_owned);
}

#[test]
fn stdout_as_ndjson() {
    Suite::new(Publishes::AtWrite, stdout(|| json!({}), lines)).verify();
}

#[test]
fn stdout_as_csv() {
    Suite::new(Publishes::AtWrite, stdout(|| json!({"format": "csv", "columns": columns()}), rows)).verify();
}
