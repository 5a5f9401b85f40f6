//! Tables with the columns of all records.

use longhaul_core::sink::Mark;
use longhaul_tests::write_page;
use rusqlite::types::Value::{Integer, Null, Real, Text};
use serde_json::{Value, json};

use crate::support::{Folder, describe};

const RECORDS: [&str; 3] = [
    r#"{"id":1,"code":"007","big":12345678901234567890123,"price":4.90,"share":0.5,"at":"2026-01-01T00:00:00.000Z","ok":true,"more":{"tags":[1.10]}}"#,
    r#"{"id":-5,"code":null,"price":12,"share":2,"at":"2026-01-02T13:00:00.500Z","mixed":"a"}"#,
    r#"{"id":null,"mixed":7,"late":"é"}"#,
];

fn options() -> Value {
    json!({"path": "data.db"})
}

/// The name and type of each column.
fn columns(folder: &Folder) -> Vec<String> {
    folder.texts("SELECT name || ' ' || type FROM pragma_table_info('users')")
}

#[test]
fn a_table_has_the_columns_of_all_records_with_types_that_keep_every_value() {
    let folder = Folder::new();
    folder.pull(options(), &RECORDS).unwrap();
    assert_eq!(
        columns(&folder),
        [
            "id INTEGER",
            "code TEXT",
            "big TEXT",
            "price TEXT",
            "share REAL",
            "at TEXT",
            "ok INTEGER",
            "more.tags TEXT",
            "mixed TEXT",
            "late TEXT"
        ]
    );
    let text = |text: &str| Text(text.to_owned());
    assert_eq!(
        folder.rows("SELECT * FROM users"),
        [
            vec![
                Integer(1),
                text("007"),
                text("12345678901234567890123"),
                text("4.90"),
                Real(0.5),
                text("2026-01-01T00:00:00.000Z"),
                Integer(1),
                text("[1.10]"),
                Null,
                Null
            ],
            vec![
                Integer(-5),
                Null,
                Null,
                text("12"),
                Real(2.0),
                text("2026-01-02T13:00:00.500Z"),
                Null,
                Null,
                text("\"a\""),
                Null
            ],
            vec![Null, Null, Null, Null, Null, Null, Null, Null, text("7"), text("é")],
        ]
    );
    assert_eq!(
        folder.texts("SELECT name FROM sqlite_schema ORDER BY name"),
        ["_longhaul", "sqlite_autoindex__longhaul_1", "users"]
    );
}

#[test]
fn the_next_pull_replaces_the_table_and_its_columns() {
    let folder = Folder::new();
    folder.pull(options(), &RECORDS).unwrap();
    folder.pull(options(), &[r#"{"id":"x","ID":1}"#]).unwrap();
    assert_eq!(columns(&folder), ["id TEXT", "/ID INTEGER"]);
    folder.pull(options(), &[]).unwrap();
    assert_eq!(columns(&folder), ["record TEXT"]);
}

#[test]
fn a_resumed_pull_has_each_record_once() {
    let folder = Folder::new();
    let mut sink = folder.open(options()).unwrap();
    write_page(&mut sink, &RECORDS[..1]).unwrap();
    let receipt = sink.commit(Mark(1)).unwrap();
    // This page is lost, and with it its column and type.
    write_page(&mut sink, &[r#"{"id":"lost","lost":1}"#]).unwrap();
    drop(sink);
    let mut sink = folder.resume(options(), &receipt, 1).unwrap();
    write_page(&mut sink, &RECORDS[1..]).unwrap();
    let receipt = sink.commit(Mark(2)).unwrap();
    sink.finish().unwrap();
    // Finishing again, because the run was killed before it knew.
    folder.resume(options(), &receipt, 2).unwrap().finish().unwrap();
    let at_once = Folder::new();
    at_once.pull(options(), &RECORDS).unwrap();
    let all = "SELECT * FROM users";
    assert_eq!((columns(&folder), folder.rows(all)), (columns(&at_once), at_once.rows(all)));
}

#[test]
fn more_columns_than_sqlite_has_are_an_error() {
    let members = (0..2001).map(|number| format!("\"c{number}\":1")).collect::<Vec<_>>();
    let folder = Folder::new();
    let error = folder.pull(options(), &[&format!("{{{}}}", members.join(","))]).unwrap_err();
    let file = folder.path("data.db").display().to_string();
    assert_eq!(
        describe(&error).replace(&file, "data.db"),
        "Rejected: cannot finish table `users` in `data.db`: the records have 2001 columns, and a table of SQLite has at \
         most 2000; list the columns to keep in `columns`"
    );
}
