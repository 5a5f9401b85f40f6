//! Files that another program truncates while a pull writes to them.

use std::fs::{self, File};

use longhaul_core::sink::Mark;
use longhaul_tests::write_page;
use serde_json::json;

use super::support::{Folder, configured, describe};

/// A later write would fill the gap with zeros, so that the length is right again.
#[test]
fn a_file_that_was_truncated_is_not_written_on() {
    let lines = |options| configured("ndjson", options).unwrap();
    let csv = |options| configured("csv", options).unwrap();
    for (sink, name) in [
        (lines(json!({"path": "x"})), "x.part"),
        (lines(json!({"path": "x", "mode": "append"})), "x"),
        (lines(json!({"path": "x.gz"})), "x.gz.part"),
        (csv(json!({"path": "x", "columns": ["/a"]})), "x.part"),
        (csv(json!({"path": "x", "columns": ["/a"], "max_rows": 100})), "x.part"),
        (csv(json!({"path": "x"})), "x.spool"),
    ] {
        let folder = Folder::new();
        let mut open = folder.open(&*sink);
        write_page(&mut open, &[r#"{"a":1}"#]).unwrap();
        open.commit(Mark(1)).unwrap();
        let path = folder.path().join(name);
        File::options().write(true).open(&path).unwrap().set_len(0).unwrap();
        // A compressed page is only written with the commit.
        let written = write_page(&mut open, &[r#"{"a":2}"#]).and_then(|()| open.commit(Mark(2)).map(drop));
        let said = format!("Rejected: another program has truncated `{name}` during the run");
        assert_eq!(describe(&written.unwrap_err()), said);
        assert_eq!(describe(&open.finish().unwrap_err()), said);
        assert!(name == "x" || folder.names() == [name], "nothing is published");
        assert_eq!(fs::read(&path).unwrap(), b"", "{name}");
    }
}

#[test]
fn a_spool_that_was_truncated_does_not_become_a_table() {
    let folder = Folder::new();
    let mut open = folder.open(&*configured("csv", json!({"path": "x"})).unwrap());
    write_page(&mut open, &[r#"{"a":1}"#, r#"{"a":2}"#]).unwrap();
    open.commit(Mark(1)).unwrap();
    File::options().write(true).open(folder.path().join("x.spool")).unwrap().set_len(8).unwrap();
    let error = open.finish().unwrap_err();
    assert_eq!(describe(&error), "Rejected: another program has truncated `x.spool` during the run");
    assert_eq!(folder.names(), ["x.spool"]);
}
