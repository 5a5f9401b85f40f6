//! Successive, concurrent and resumed pulls.

use longhaul_core::sink::{Mark, Receipt, Variables};
use longhaul_tests::write_page;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Folder, configured, describe};

pub(crate) fn with(mode: &str, key: &[&str]) -> Value {
    json!({
        "path": "data.db", "mode": mode, "key": key, "indexes": ["name", ["name", "id"]],
        "columns": [{"name": "id", "at": "/id", "type": "integer"}, "/name"]
    })
}

fn names(folder: &Folder) -> Vec<String> {
    folder.texts("SELECT id || ' ' || name FROM users ORDER BY rowid")
}

pub(crate) const FIRST: [&str; 2] = [r#"{"id":1,"name":"a"}"#, r#"{"id":2,"name":"b"}"#];
pub(crate) const SECOND: [&str; 3] =
    [r#"{"id":2,"name":"c"}"#, r#"{"id":3,"name":"d"}"#, r#"{"id":3,"name":"e"}"#];

#[test]
fn a_pull_replaces_the_earlier_one_or_is_added_to_it() {
    let pulled = |mode, key: &[&str]| {
        let folder = Folder::new();
        folder.pull(with(mode, key), &FIRST).unwrap();
        folder.pull(with(mode, key), &SECOND).unwrap();
        names(&folder)
    };
    assert_eq!(pulled("replace", &[]), ["2 c", "3 d", "3 e"]);
    assert_eq!(pulled("append", &[]), ["1 a", "2 b", "2 c", "3 d", "3 e"]);
    // The last row with a key wins, also within a pull.
    assert_eq!(pulled("replace", &["id"]), ["2 c", "3 e"]);
    assert_eq!(pulled("append", &["id"]), ["1 a", "2 c", "3 e"]);
    assert_eq!(pulled("append", &["id", "name"]), ["1 a", "2 b", "2 c", "3 d", "3 e"]);
}

#[test]
fn indexes_are_created_and_nothing_else_is_left() {
    let folder = Folder::new();
    for _ in 0..2 {
        folder.pull(with("replace", &[]), &FIRST).unwrap();
    }
    assert_eq!(
        folder.texts("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' ORDER BY name"),
        ["_longhaul", "users", "users(name)", "users(name, id)"]
    );
    let state =
        "SELECT \"table\" || ' ' || stream || ' ' || mark || ' ' || \"rows\" || ' ' || state FROM _longhaul";
    assert_eq!(folder.texts(state), ["users users 1 2 complete"]);
}

#[test]
fn a_pull_publishes_nothing_until_it_is_complete_and_rolls_back_completely() {
    let folder = Folder::new();
    let options = || with("append", &["id"]);
    folder.pull(options(), &FIRST).unwrap();
    let mut sink = folder.open(options()).unwrap();
    let start = sink.commit(Mark::START).unwrap();
    write_page(&mut sink, &SECOND).unwrap();
    sink.commit(Mark(1)).unwrap();
    drop(sink);
    assert_eq!(names(&folder), ["1 a", "2 b"]);
    let mut sink = folder.resume(options(), &start, 0).unwrap();
    write_page(&mut sink, &[r#"{"id":4,"name":"f"}"#]).unwrap();
    sink.commit(Mark(1)).unwrap();
    sink.finish().unwrap();
    assert_eq!(names(&folder), ["1 a", "2 b", "4 f"]);
}

#[test]
fn two_sinks_write_to_one_file_at_once() {
    let folder = Folder::new();
    let options = |table: &str| json!({"path": "data.db", "table": table, "columns": "record"});
    let mut sinks = ["one", "other"].map(|table| folder.open(options(table)).unwrap());
    for mark in [1, 2] {
        for sink in &mut sinks {
            write_page(sink, &FIRST).unwrap();
        }
        for sink in &mut sinks {
            sink.commit(Mark(mark)).unwrap();
        }
    }
    for sink in sinks {
        sink.finish().unwrap();
    }
    for table in ["one", "other"] {
        assert_eq!(folder.texts(&format!("SELECT record FROM {table}")), [FIRST, FIRST].concat());
    }
}

#[test]
fn a_stream_cannot_disturb_another_in_the_same_table() {
    let folder = Folder::new();
    let options = |mode| json!({"path": "data.db", "table": "All", "mode": mode, "columns": "record"});
    let open = |stream: &str, mode| {
        let sink = configured(options(mode)).unwrap();
        sink.open(&Variables::new(stream, folder.path("")), None).map(|opened| opened.sink)
    };
    let conflict = |stream, mode| {
        let message = describe(&open(stream, mode).unwrap_err());
        let (_, reason) = message.split_once("data.db`: ").unwrap_or_else(|| panic!("{message}"));
        reason.to_owned()
    };
    let pull = |stream, mode| {
        let mut sink = open(stream, mode).unwrap();
        write_page(&mut sink, &FIRST[..1]).unwrap();
        sink.commit(Mark(1)).unwrap();
        sink.finish().unwrap();
    };
    pull("users", "replace");
    pull("users", "replace");
    assert_eq!(
        conflict("groups", "replace"),
        "it would replace the records of the stream `users` (give each stream its own table, or set `mode = \
         \"append\"`)"
    );
    pull("groups", "append");
    assert_eq!(folder.texts("SELECT record FROM \"all\"").len(), 2);

    let mut sink = open("groups", "append").unwrap();
    write_page(&mut sink, &FIRST[..1]).unwrap();
    sink.commit(Mark(1)).unwrap();
    drop(sink);
    for mode in ["append", "replace"] {
        assert_eq!(
            conflict("users", mode),
            "a pull of the stream `groups` into it is not complete (finish it first)"
        );
    }
    pull("groups", "append");
    pull("users", "append");
    assert_eq!(folder.texts("SELECT record FROM \"all\"").len(), 4);
}

#[test]
fn a_pull_ends_when_another_one_replaces_it() {
    let folder = Folder::new();
    let options = || with("replace", &[]);
    let mut sink = folder.open(options()).unwrap();
    let start = sink.commit(Mark::START).unwrap();
    write_page(&mut sink, &FIRST).unwrap();
    folder.pull(options(), &SECOND).unwrap();
    let shown = format!("table `users` in `{}`", folder.path("data.db").display());
    assert_eq!(
        describe(&sink.commit(Mark(1)).unwrap_err()),
        format!("Rejected: cannot write to {shown}: another pull into it has started since")
    );
    assert_eq!(
        describe(&folder.resume(options(), &start, 0).unwrap_err()),
        format!(
            "Rejected: cannot resume {shown}: another pull into it has started since, or the database is older than the \
             checkpoint (start over with `--fresh`)"
        )
    );
    assert_eq!(names(&folder), ["2 c", "3 d", "3 e"]);
}

/// So that `--fresh` works after somebody has dropped the tables.
#[test]
fn a_pull_rolls_back_to_its_start_even_if_its_tables_are_gone() {
    let options = || with("replace", &[]);
    for tables in [&["_longhaul_users"][..], &["_longhaul"], &["_longhaul", "_longhaul_users"]] {
        let folder = Folder::new();
        let mut sink = folder.open(options()).unwrap();
        let start = sink.commit(Mark::START).unwrap();
        write_page(&mut sink, &FIRST).unwrap();
        let last = sink.commit(Mark(1)).unwrap();
        drop(sink);
        for table in tables {
            folder.database().execute_batch(&format!("DROP TABLE {table}")).unwrap();
        }
        assert!(folder.resume(options(), &last, 1).is_err(), "{tables:?}");
        let mut sink = folder.resume(options(), &start, 0).unwrap();
        assert_eq!(sink.commit(Mark::START).unwrap(), start);
        write_page(&mut sink, &SECOND).unwrap();
        sink.commit(Mark(1)).unwrap();
        sink.finish().unwrap();
        assert_eq!(names(&folder), ["2 c", "3 d", "3 e"], "{tables:?}");
    }
}

#[test]
fn an_invalid_receipt_is_rejected_with_the_reason() {
    let folder = Folder::new();
    let options = || with("replace", &[]);
    let shown = format!("table `users` in `{}`", folder.path("data.db").display());
    let error = |receipt: &str, mark| {
        let message = describe(&folder.resume(options(), &Receipt(receipt.into()), mark).unwrap_err());
        message.strip_prefix(&format!("Rejected: cannot resume {shown}: ")).unwrap().to_owned()
    };
    assert_eq!(error("x", 0), "the receipt `x` was not issued by this sink");
    assert_eq!(error("a0:1", 0), "the database has no pull into it (start over with `--fresh`)");
    let mut sink = folder.open(options()).unwrap();
    let start = sink.commit(Mark::START).unwrap();
    write_page(&mut sink, &FIRST).unwrap();
    let last = sink.commit(Mark(1)).unwrap();
    let beyond = last.0.replace(":2", ":7");
    assert_eq!(
        error(&beyond, 1),
        "it has 2 rows, but 7 were committed: the database is older than the checkpoint (restore it, or start over with \
         `--fresh`)"
    );
    sink.finish().unwrap();
    assert_eq!(error(&start.0, 0), "it is already complete");
    let mut sink = folder.resume(options(), &last, 1).unwrap();
    assert_eq!(
        describe(&write_page(&mut sink, &FIRST).unwrap_err()),
        format!("Rejected: cannot write to {shown}: it is already complete")
    );
}

#[test]
fn the_journal_mode_of_the_file_is_kept() {
    let folder = Folder::new();
    let journal_mode =
        |database: &Connection, sql| database.query_row(sql, [], |row| row.get::<_, String>(0));
    assert_eq!(journal_mode(&folder.database(), "PRAGMA journal_mode = WAL").unwrap(), "wal");
    folder.pull(with("replace", &[]), &FIRST).unwrap();
    assert_eq!(journal_mode(&folder.database(), "PRAGMA journal_mode").unwrap(), "wal");
    assert_eq!(names(&folder), ["1 a", "2 b"]);
}
