//! CSV that continues in another file when one is full.

use std::fs;

use longhaul_core::sink::{Mark, OpenSink, Receipt};
use longhaul_tests::{decompress, write_page};
use serde_json::{Value, json};

use super::support::{COMPRESSIONS, Folder, configured, describe, pull};

fn sink(options: &Value) -> Box<dyn OpenSink> {
    let mut all = json!({"path": "out/x.csv", "columns": ["/n"], "line_end": "lf", "max_rows": 3});
    all.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
    configured("csv", all).unwrap()
}

fn records(numbers: std::ops::RangeInclusive<u32>) -> Vec<String> {
    numbers.map(|number| format!("{{\"n\":{number}}}")).collect()
}

fn page(records: &[String]) -> Vec<&str> {
    records.iter().map(String::as_str).collect()
}

fn write(folder: &Folder, sink: &dyn OpenSink, numbers: std::ops::RangeInclusive<u32>) {
    pull(folder.open(sink), &page(&records(numbers)));
}

/// The files in the folder, each as its name and its lines.
fn files(folder: &Folder) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder.path().join("out")).unwrap().map(|file| file.unwrap()).collect();
    names.sort_by_key(fs::DirEntry::file_name);
    let file = |file: &fs::DirEntry| {
        let (name, text) = (file.file_name(), fs::read_to_string(file.path()).unwrap());
        format!("{} {}", name.to_str().unwrap(), text.replace('\n', " ").trim())
    };
    names.iter().map(file).collect()
}

#[test]
fn rows_continue_in_another_file_with_the_same_header() {
    let (folder, sink) = (Folder::new(), sink(&json!({})));
    write(&folder, &*sink, 1..=5);
    assert_eq!(files(&folder), ["x.2.csv n 3 4", "x.3.csv n 5", "x.csv n 1 2"]);
    // The next pull replaces them all, and removes those that it does not need.
    write(&folder, &*sink, 6..=8);
    assert_eq!(files(&folder), ["x.2.csv n 8", "x.csv n 6 7"]);
    write(&folder, &*sink, 9..=10);
    assert_eq!(files(&folder), ["x.csv n 9 10"]);
}

#[test]
fn a_later_pull_is_appended_to_the_last_file() {
    let (folder, sink) = (Folder::new(), sink(&json!({"mode": "append"})));
    write(&folder, &*sink, 1..=3);
    assert_eq!(files(&folder), ["x.2.csv n 3", "x.csv n 1 2"]);
    write(&folder, &*sink, 4..=7);
    assert_eq!(files(&folder), ["x.2.csv n 3 4", "x.3.csv n 5 6", "x.4.csv n 7", "x.csv n 1 2"]);
    write(&folder, &*sink, 8..=8);
    // The last file is full.
    write(&folder, &*sink, 9..=9);
    assert_eq!(files(&folder)[2..], ["x.4.csv n 7 8", "x.5.csv n 9", "x.csv n 1 2"]);
}

#[test]
fn a_cell_with_line_ends_is_in_one_row() {
    let (folder, sink) = (Folder::new(), sink(&json!({"mode": "append"})));
    pull(folder.open(&*sink), &[r#"{"n":"a\n\"b\"\nc"}"#]);
    write(&folder, &*sink, 1..=2);
    assert_eq!(files(&folder), ["x.2.csv n 2", "x.csv n \"a \"\"b\"\" c\" 1"]);
}

/// Stops after every page, and once after rows that are not committed.
#[test]
fn a_resumed_pull_writes_the_same_files() {
    for mode in ["replace", "append"] {
        for compression in COMPRESSIONS {
            let sink = sink(&json!({"mode": mode, "compression": compression}));
            let (at_once, resumed, mut receipt) = (Folder::new(), Folder::new(), Receipt::default());
            write(&at_once, &*sink, 1..=9);
            let mut open = resumed.open(&*sink);
            // One page has no records.
            for (first, count) in [(1, 1), (2, 0), (2, 3), (5, 2), (7, 3)] {
                write_page(&mut open, &page(&records(1..=9)[first - 1..first - 1 + count])).unwrap();
                receipt = open.commit(Mark(1)).unwrap();
                write_page(&mut open, &page(&records(100..=110))).unwrap();
                drop(open);
                open = resumed.resume(&*sink, &receipt).unwrap();
            }
            drop(open);
            resumed.resume(&*sink, &receipt).unwrap().finish().unwrap();
            for name in ["out/x.csv", "out/x.2.csv", "out/x.3.csv", "out/x.4.csv", "out/x.5.csv"] {
                let read = |folder: &Folder| {
                    let bytes = decompress(compression, &folder.bytes(name).unwrap());
                    String::from_utf8(bytes).unwrap()
                };
                assert_eq!(read(&resumed), read(&at_once), "{mode} {compression} {name}");
            }
            // Finishing again, because the run was killed before it knew, changes nothing.
            let before = resumed.names();
            resumed.resume(&*sink, &receipt).unwrap().finish().unwrap();
            assert_eq!(resumed.names(), before);
        }
    }
}

#[test]
fn a_pull_that_is_dropped_leaves_the_files_as_they_were() {
    for mode in ["replace", "append"] {
        let (folder, sink) = (Folder::new(), sink(&json!({"mode": mode})));
        write(&folder, &*sink, 1..=3);
        let before = files(&folder);
        let mut open = folder.open(&*sink);
        write_page(&mut open, &page(&records(4..=9))).unwrap();
        drop(open);
        assert_eq!(files(&folder), before, "{mode}");
    }
}

/// Commits five rows, so that the second file is full and closed.
fn stopped(folder: &Folder, sink: &dyn OpenSink) -> Receipt {
    let mut open = folder.open(sink);
    open.commit(Mark::START).unwrap();
    write_page(&mut open, &page(&records(1..=5))).unwrap();
    open.commit(Mark(1)).unwrap()
}

#[test]
fn a_full_file_that_was_changed_is_an_error() {
    for (mode, part) in [("replace", ".part"), ("append", "")] {
        let (folder, sink) = (Folder::new(), sink(&json!({"mode": mode})));
        let receipt = stopped(&folder, &*sink);
        let (name, expected) = (
            format!("out/x.2.csv{part}"),
            "Rejected: cannot complete `out/x.csv`: of the files from `out/x.2.csv` to `out/x.2.csv`, one is gone or has \
             changed (restore it, or start the pull over)",
        );
        let open = folder.resume(&*sink, &receipt).unwrap();
        let intact = folder.bytes(&name).unwrap();
        fs::remove_file(folder.path().join(&name)).unwrap();
        assert_eq!(describe(&open.finish().unwrap_err()), expected);
        assert_eq!(describe(&folder.resume(&*sink, &receipt).unwrap_err()), expected);
        folder.write(&name, "n\n3\n5\n");
        assert_eq!(describe(&folder.resume(&*sink, &receipt).unwrap_err()), expected);
        folder.write(&name, intact);
        folder.resume(&*sink, &receipt).unwrap().finish().unwrap();
        assert_eq!(files(&folder), ["x.2.csv n 3 4", "x.3.csv n 5", "x.csv n 1 2"]);
    }
}

#[test]
fn an_older_state_does_not_remove_what_a_later_pull_appended() {
    let (folder, sink) = (Folder::new(), sink(&json!({"mode": "append"})));
    let mut open = folder.open(&*sink);
    write_page(&mut open, &page(&records(1..=2))).unwrap();
    let receipt = open.commit(Mark(1)).unwrap();
    open.finish().unwrap();
    write(&folder, &*sink, 3..=5);
    let complete = files(&folder);
    assert_eq!(
        describe(&folder.resume(&*sink, &receipt).unwrap_err()),
        "Rejected: cannot resume `out/x.csv`: `out/x.2.csv` is not from this pull (restore the newest state, or start over \
         in another file)"
    );
    assert_eq!(files(&folder), complete);
}

#[test]
fn a_new_pull_does_not_follow_the_second_file_of_another_one() {
    let (folder, sink) = (Folder::new(), sink(&json!({"mode": "append"})));
    let receipt = stopped(&folder, &*sink);
    assert_eq!(
        folder.open_error(&*sink),
        "Rejected: cannot append to `out/x.csv`: what follows its first 0 bytes is of another pull, which is not finished \
         (finish that pull first; or, if its state is lost, cut the file back to 0 bytes and remove `out/x.csv.appending`)"
    );
    folder.resume(&*sink, &receipt).unwrap().finish().unwrap();
    write(&folder, &*sink, 6..=6);
    assert_eq!(files(&folder), ["x.2.csv n 3 4", "x.3.csv n 5 6", "x.csv n 1 2"]);
}

#[test]
fn a_file_of_another_program_is_an_error() {
    let (folder, sink) = (Folder::new(), sink(&json!({"mode": "append"})));
    let mut open = folder.open(&*sink);
    folder.write("out/x.2.csv", "theirs");
    let error = write_page(&mut open, &page(&records(1..=3))).unwrap_err();
    assert_eq!(describe(&error), "Rejected: another program has created `out/x.2.csv` during the run");
    assert_eq!(folder.text("out/x.2.csv").unwrap(), "theirs");
}

#[test]
fn an_invalid_number_of_rows_is_an_error() {
    let error = |options: Value| describe(&configured("csv", options).unwrap_err());
    for number in [json!(1), json!(-5), json!(2.5), json!("many"), json!(true)] {
        assert_eq!(
            error(json!({"path": "x", "columns": ["/n"], "max_rows": number})),
            "Config: max_rows: `max_rows` must be a whole number of at least 2, for the header and a row"
        );
    }
    assert_eq!(
        error(json!({"path": "x", "max_rows": 3})),
        "Config: max_rows: `max_rows` needs `columns`: without them the header is only known at the end"
    );
    assert_eq!(
        error(json!({"path": "{window.start}.csv", "columns": ["/n"], "max_rows": 3, "mode": "append"})),
        "Config: max_rows: `max_rows` with `mode = \"append\"` needs one file for all windows and parents"
    );
    let options = json!({"path": "x", "columns": ["/n"], "max_rows": "3"});
    assert!(configured("csv", options).is_ok(), "environment variables are text");
}
