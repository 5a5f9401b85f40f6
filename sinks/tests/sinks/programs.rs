//! Reads the files with other programs: Python, SQLite, gzip and zstd. A missing program is reported and skipped.

use std::{
    io,
    path::Path,
    process::{Command, Stdio},
};

use longhaul_core::sink::Mark;
use longhaul_tests::write_page;
use serde_json::{Value, json};

use super::{
    hostile::Draws,
    support::{Folder, configured, pull},
};

/// Prints the rows of a file as JSON.
const PYTHON: &str = "import csv, json, sys\n\
    csv.field_size_limit(1 << 30)\n\
    with open(sys.argv[1], newline='', encoding='utf-8-sig') as file:\n    \
    print(json.dumps(list(csv.reader(file, delimiter=sys.argv[2], strict=True))))";

/// Random rows of four texts, and the records that contain them.
fn drawn(is_excluded: impl Fn(&str) -> bool) -> (Vec<[String; 4]>, Vec<String>) {
    let mut draws = Draws::new();
    let mut text = || loop {
        let text = draws.text();
        if !is_excluded(&text) {
            return text;
        }
    };
    let rows: Vec<[String; 4]> = (0..1000).map(|_| [text(), text(), text(), text()]).collect();
    let records =
        rows.iter().map(|[a, b, c, d]| json!({"a": a, "b": {"c": b}, "d": [c], "e": d}).to_string());
    let records = records.collect();
    (rows, records)
}

/// A folder with the table `x.csv` of these records.
fn table(mut options: Value, records: &[String]) -> Folder {
    options["path"] = json!("x.csv");
    options["columns"] = json!(["/a", "/b/c", { "name": "d", "at": "/d/0" }, "/e"]);
    let folder = Folder::new();
    let records = records.iter().map(String::as_str).collect::<Vec<_>>();
    pull(folder.open(&*configured("csv", options).unwrap()), &records);
    folder
}

/// The output of a program, or `None` if it is not installed.
fn printed(program: &str, arguments: &[&str], folder: &Path) -> Option<Vec<u8>> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    match command.output() {
        Ok(output) => {
            assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
            Some(output.stdout)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            #[expect(
                clippy::print_stderr,
                reason = "so that a skipped check is not mistaken for a passed one"
            )]
            {
                eprintln!("skipped: {program}");
            }
            None
        }
        Err(error) => panic!("{program}: {error}"),
    }
}

#[test]
fn python_reads_every_text_unchanged() {
    let (rows, records) = drawn(|_| false);
    for (options, delimiter) in [
        (json!({}), ","),
        (json!({"delimiter": ";", "bom": true}), ";"),
        (json!({"delimiter": "\t", "line_end": "lf"}), "\t"),
    ] {
        let folder = table(options, &records);
        let Some(printed) = printed("python3", &["-c", PYTHON, "x.csv", delimiter], &folder.path()) else {
            return;
        };
        let read: Vec<Vec<String>> = serde_json::from_slice(&printed).unwrap();
        assert_eq!(read[0], ["a", "b.c", "d", "e"]);
        assert_eq!(read[1..], rows);
    }
}

#[test]
fn sqlite_imports_every_text_unchanged() {
    // The SQLite shell ends every text at the first NUL.
    let (rows, records) = drawn(|text| text.contains('\0'));
    let folder = table(json!({"line_end": "crlf"}), &records);
    let arguments =
        [":memory:", "-cmd", ".import --csv x.csv t", ".mode json", "select * from t order by rowid;"];
    let Some(printed) = printed("sqlite3", &arguments, &folder.path()) else { return };
    let read: Vec<Value> = serde_json::from_slice(&printed).unwrap();
    let expected =
        rows.iter().map(|[a, b, c, d]| json!({"a": a, "b.c": b, "d": c, "e": d})).collect::<Vec<_>>();
    assert_eq!(read, expected);
}

#[test]
fn gzip_and_zstd_give_the_plain_file_byte_for_byte() {
    let (_, records) = drawn(|_| false);
    for (program, ending) in [("gzip", "gz"), ("zstd", "zst")] {
        for (name, options) in
            [("ndjson", json!({})), ("csv", json!({})), ("csv", json!({"columns": ["/a"]}))]
        {
            let folder = Folder::new();
            for path in ["x".to_owned(), format!("x.{ending}")] {
                let mut options = options.clone();
                options["path"] = json!(path);
                let mut open = folder.open(&*configured(name, options).unwrap());
                for (mark, record) in (1..).zip(&records[..100]) {
                    write_page(&mut open, &[record.as_str()]).unwrap();
                    open.commit(Mark(mark)).unwrap();
                }
                open.finish().unwrap();
            }
            let packed = format!("x.{ending}");
            let Some(unpacked) = printed(program, &["-dc", &packed], &folder.path()) else { break };
            assert!(unpacked == folder.bytes("x").unwrap(), "{program} {name}");
        }
    }
}
