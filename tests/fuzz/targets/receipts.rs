//! Receipts of sinks. A receipt leads back to a commit, or is refused, and nothing else in the file changes.
//!
//! Input: how the file is written, the mark, and the receipt. In a receipt, `$` stands for the true one.

use std::{io, sync::Arc};

use longhaul_core::sink::{Mark, OpenSink, Receipt, Registry, Variables};
use longhaul_sinks::Stdout;
use longhaul_tests::{SimulatedDisk, write_page};
use serde_json::{Value, json};

use super::input::text_line;

pub(super) fn run(input: &[u8]) {
    let Some((form, rest)) = text_line(input) else { return };
    let Some((mark, receipt)) = text_line(rest) else { return };
    let (Ok(mark), Ok(receipt)) = (mark.parse().map(Mark), str::from_utf8(receipt)) else { return };
    let (kind, options) = match form {
        "ndjson" => ("ndjson", json!({ "path": "/out/a", "mode": "replace" })),
        "appended" => ("ndjson", json!({ "path": "/out/a", "mode": "append" })),
        "gzip" => ("ndjson", json!({ "path": "/out/a", "compression": "gzip", "mode": "append" })),
        "csv" => ("csv", json!({ "path": "/out/a", "columns": ["/id"] })),
        "all" => ("csv", json!({ "path": "/out/a" })),
        _ => return,
    };
    let disk = SimulatedDisk::new();
    disk.put_folder("/out");
    if options["mode"] == "append" && form == "appended" {
        disk.put("/out/a", "{\"id\":0}\n");
    }
    let sink = sink(&disk, kind, &options);
    let variables = Variables::new("calls", "/out");
    let mut opened = sink.open(&variables, None).unwrap().sink;
    write_page(&mut opened, &[r#"{"id":1}"#, r#"{"id":2}"#]).unwrap();
    let Receipt(truth) = opened.commit(Mark(1)).unwrap();
    let committed = contents(&disk);
    write_page(&mut opened, &[r#"{"id":3}"#]).unwrap();
    opened.commit(Mark(2)).unwrap();
    drop(opened);
    let before = contents(&disk);
    let receipt = receipt.replace('$', &truth);
    let is_true = receipt == truth && mark == Mark(1);
    match sink.open(&variables, Some((&Receipt(receipt), mark))) {
        Ok(resumed) => {
            assert_eq!(resumed.at, mark);
            drop(resumed);
            let after = contents(&disk);
            for ((path, after), (_, before)) in after.iter().zip(&before) {
                assert!(before.starts_with(after), "{path} is not what it was");
            }
            if is_true {
                assert_eq!(after, committed);
            }
        }
        Err(error) => {
            assert!(!is_true, "the receipt is refused: {error}");
            assert_eq!(contents(&disk), before, "{error}");
        }
    }
}

fn sink(disk: &SimulatedDisk, kind: &str, options: &Value) -> Box<dyn OpenSink> {
    let mut registry = Registry::default();
    longhaul_sinks::register(&mut registry, Stdout::to(io::sink()), Arc::clone(&disk.handle()));
    registry.get(kind).unwrap().configure(options.as_object().unwrap()).unwrap()
}

/// Every file with its contents.
fn contents(disk: &SimulatedDisk) -> Vec<(String, Vec<u8>)> {
    let file = |path: &std::path::PathBuf| (path.display().to_string(), disk.contents(path).unwrap());
    disk.files().iter().map(file).collect()
}
