//! Standard output.

use std::{io, sync::Arc};

use longhaul_core::{
    disk::SystemDisk,
    sink::{Destination, Mark, OpenSink, Registry},
};
use longhaul_sinks::{Stdout, register};
use longhaul_tests::write_page;
use serde_json::{Value, json};

use super::support::{Folder, Pipe, describe, pull, registry};

fn stdout(pipe: &Pipe, options: Value) -> Box<dyn OpenSink> {
    let options = serde_json::from_value(options).unwrap();
    registry(pipe).get("stdout").unwrap().configure(&options).unwrap()
}

#[test]
fn each_page_is_one_write() {
    let (pipe, folder) = (Pipe::default(), Folder::new());
    let sink = stdout(&pipe, json!({}));
    assert_eq!(sink.destination(&folder.variables()).unwrap(), Destination::Stdout);
    let mut open = folder.open(&*sink);
    write_page(&mut open, &[r#"{"a":1.10}"#, "{}"]).unwrap();
    assert_eq!(pipe.writes(), ["{\"a\":1.10}\n{}\n"]);
    write_page(&mut open, &["[]"]).unwrap();
    assert_eq!(pipe.writes(), ["{\"a\":1.10}\n{}\n", "[]\n"]);
}

#[test]
fn csv_without_rows_has_a_header() {
    let (pipe, folder) = (Pipe::default(), Folder::new());
    let sink = stdout(&pipe, json!({"format": "csv", "columns": ["/a", "/b"], "line_end": "lf"}));
    pull(folder.open(&*sink), &[r#"{"a":1}"#, r#"{"b":"x"}"#]);
    assert_eq!(pipe.writes(), ["a,b\n1,\n,x\n"]);
    let mut open = folder.open(&*sink);
    open.commit(Mark::START).unwrap();
    open.finish().unwrap();
    assert_eq!(pipe.writes(), ["a,b\n1,\n,x\n", "a,b\n"]);
}

#[test]
fn messages_of_singer_end_with_a_state() {
    let (pipe, folder) = (Pipe::default(), Folder::new());
    let sink = stdout(&pipe, json!({"format": "singer", "key": "/id"}));
    pull(folder.open(&*sink), &[r#"{"id":1.10}"#]);
    assert_eq!(
        pipe.writes(),
        [
            concat!(
                r#"{"type":"SCHEMA","stream":"users","schema":{"type":"object","properties":{"id":{"type":["null","number"]}}},"#,
                r#""key_properties":["id"]}"#,
                "\n",
                r#"{"type":"RECORD","stream":"users","record":{"id":1.10}}"#,
                "\n",
            ),
            concat!(r#"{"type":"STATE","value":{"bookmarks":{"users":{"page":1}}}}"#, "\n"),
        ]
    );
}

#[test]
fn a_closed_pipe_differs_from_other_errors() {
    for (kind, expected) in [
        (io::ErrorKind::BrokenPipe, "Closed: cannot write to standard output (cause)"),
        (io::ErrorKind::StorageFull, "Unavailable: cannot write to standard output (cause)"),
    ] {
        let mut registry = Registry::default();
        register(&mut registry, Stdout::to(Failing(kind)), Arc::new(SystemDisk));
        for options in [json!({}), json!({"format": "csv", "columns": ["/a"]}), json!({"format": "singer"})] {
            let options = serde_json::from_value(options).unwrap();
            let sink = registry.get("stdout").unwrap().configure(&options).unwrap();
            let mut open = Folder::new().open(&*sink);
            assert_eq!(describe(&write_page(&mut open, &["{}"]).unwrap_err()), expected);
        }
    }
}

/// A writer that always returns the same error.
struct Failing(io::ErrorKind);

impl io::Write for Failing {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
