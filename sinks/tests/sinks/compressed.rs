//! The content of compressed files, and when they can be appended to.

use longhaul_core::sink::{Mark, OpenSink};
use longhaul_tests::{compress, decompress, write_page};
use serde_json::{Value, json};

use super::support::{COMPRESSIONS, Folder, configured, pull};

/// Each `compression` and the ending of its files.
const ENDINGS: [(&str, &str); 2] = [("gzip", "gz"), ("zstd", "zst")];

fn sink(name: &str, path: &str, mode: &str) -> Box<dyn OpenSink> {
    let mut options = json!({"path": path, "mode": mode});
    if name == "csv" {
        options["columns"] = json!(["/a"]);
    }
    configured(name, options).unwrap()
}

/// The positions at which the members or frames of a file start.
fn members(compression: &str, file: &[u8]) -> Vec<usize> {
    let magic: &[u8] = if compression == "gzip" { b"\x1f\x8b\x08" } else { b"\x28\xb5\x2f\xfd" };
    let starts = file.windows(magic.len()).enumerate().filter(|(_, bytes)| *bytes == magic);
    starts.map(|(at, _)| at).collect()
}

#[test]
fn each_commit_ends_a_member_and_leaves_a_valid_file() {
    for (compression, ending) in ENDINGS {
        let folder = Folder::new();
        let name = format!("x.ndjson.{ending}");
        let mut open = folder.open(&*sink("ndjson", &name, "append"));
        write_page(&mut open, &["1"]).unwrap();
        write_page(&mut open, &["2"]).unwrap();
        let first = open.commit(Mark(1)).unwrap();
        let whole = folder.bytes(&name).unwrap();
        assert_eq!(first.0.split(' ').next().unwrap(), whole.len().to_string());
        assert_eq!(decompress(compression, &whole), b"1\n2\n");
        assert_eq!(members(compression, &whole), [0]);
        // There is no new member to end.
        assert_eq!(open.commit(Mark(2)).unwrap(), first);
        write_page(&mut open, &["3"]).unwrap();
        open.commit(Mark(3)).unwrap();
        open.finish().unwrap();
        let file = folder.bytes(&name).unwrap();
        assert_eq!(decompress(compression, &file), b"1\n2\n3\n");
        assert_eq!(members(compression, &file), [0, whole.len()]);
    }
}

#[test]
fn pages_after_a_commit_are_removed() {
    for (compression, ending) in ENDINGS {
        for mode in ["replace", "append"] {
            let folder = Folder::new();
            let name = format!("x.{ending}");
            let sink = sink("ndjson", &name, mode);
            let mut open = folder.open(&*sink);
            write_page(&mut open, &["1"]).unwrap();
            let receipt = open.commit(Mark(1)).unwrap();
            write_page(&mut open, &["2"]).unwrap();
            open.commit(Mark(2)).unwrap();
            drop(open);
            let written = if mode == "replace" { format!("{name}.part") } else { name.clone() };
            // What a process killed during a write leaves behind.
            let torn = [folder.bytes(&written).unwrap(), compress(compression, "3\n")[..9].to_vec()].concat();
            folder.write(&written, torn);
            pull(folder.resume(&*sink, &receipt).unwrap(), &["4"]);
            assert_eq!(decompress(compression, &folder.bytes(&name).unwrap()), b"1\n4\n");
            assert_eq!(folder.names(), [name]);
        }
    }
}

#[test]
fn an_empty_pull_leaves_a_readable_file() {
    for (compression, ending) in ENDINGS {
        for (name, mode, content) in [
            ("ndjson", "replace", ""),
            ("ndjson", "append", ""),
            ("csv", "replace", "a\r\n"),
            ("csv", "append", "a\r\n"),
        ] {
            // A pull without pages stays at `START` until its end.
            for mark in [Mark::START, Mark(1)] {
                let folder = Folder::new();
                let path = format!("x.{ending}");
                let sink = sink(name, &path, mode);
                let mut open = folder.open(&*sink);
                open.commit(Mark::START).unwrap();
                let receipt = open.commit(mark).unwrap();
                open.finish().unwrap();
                let file = folder.bytes(&path).unwrap();
                let content = if mode == "append" && mark == Mark::START { "" } else { content };
                assert_eq!(decompress(compression, &file), content.as_bytes());
                let mut again = sink.open(&folder.variables(), Some((&receipt, mark))).unwrap().sink;
                assert_eq!(again.commit(mark).unwrap(), receipt);
                again.finish().unwrap();
                assert_eq!(folder.bytes(&path).unwrap(), file);
                assert_eq!(folder.names(), [path]);
            }
        }
    }
}

#[test]
fn the_commit_at_the_start_writes_nothing() {
    for (compression, ending) in ENDINGS {
        let folder = Folder::new();
        let name = format!("x.{ending}");
        let mut open = folder.open(&*sink("ndjson", &name, "replace"));
        open.commit(Mark::START).unwrap();
        write_page(&mut open, &["1"]).unwrap();
        open.commit(Mark(1)).unwrap();
        open.finish().unwrap();
        assert_eq!(members(compression, &folder.bytes(&name).unwrap()), [0]);
    }
}

#[test]
fn appended_records_follow_in_their_own_members() {
    for (compression, ending) in ENDINGS {
        let folder = Folder::new();
        let name = format!("x.{ending}");
        folder.write(&name, compress(compression, "1\n"));
        pull(folder.open(&*sink("ndjson", &name, "append")), &["2"]);
        assert_eq!(decompress(compression, &folder.bytes(&name).unwrap()), b"1\n2\n");

        // An empty file counts as no file, and so does a compressed file without content.
        for empty in [Vec::new(), compress(compression, "")] {
            folder.write(&name, empty);
            pull(folder.open(&*sink("csv", &name, "append")), &["{\"a\":1}"]);
            pull(folder.open(&*sink("csv", &name, "append")), &["{\"a\":2}"]);
            assert_eq!(decompress(compression, &folder.bytes(&name).unwrap()), b"a\r\n1\r\n2\r\n");
        }
    }
}

#[test]
fn appending_that_would_make_a_file_unreadable_is_rejected() {
    let fix = "(choose another path, or set `compression` to match the file)";
    for (compression, ending) in ENDINGS {
        let folder = Folder::new();
        let name = format!("x.{ending}");
        let whole = compress(compression, "a\r\n1\r\n");
        let error = |of: &str, file: &[u8]| {
            folder.write(&name, file);
            let message = folder.open_error(&*sink(of, &name, "append"));
            assert_eq!(folder.bytes(&name).unwrap(), file);
            message.replace(&format!("Rejected: cannot append to `{name}`: "), "")
        };
        let ours = format!("new records are compressed with {compression}");
        assert_eq!(error("ndjson", b"{}\n"), format!("it is not compressed, but {ours} {fix}"));
        let (other, _) = ENDINGS.into_iter().find(|(other, _)| *other != compression).unwrap();
        assert_eq!(
            error("ndjson", &compress(other, "{}\n")),
            format!("it is compressed with {other}, but {ours} {fix}")
        );
        let cut = "it cannot be read to its end (cause)";
        assert_eq!(error("csv", &whole[..whole.len() - 1]), cut);
        assert_eq!(error("csv", &[&whole[..], b"more\n"].concat()), cut);
        assert_eq!(error("ndjson", &compress(compression, "{}\n{")), "its last line is not complete");
        assert_eq!(error("csv", &compress(compression, "b\r\n1\r\n")), "its column 1 is `b`, not `a`");
    }
    let folder = Folder::new();
    folder.write("x", compress("gzip", "{}\n"));
    assert_eq!(
        folder.open_error(&*sink("ndjson", "x", "append")),
        format!(
            "Rejected: cannot append to `x`: it is compressed with gzip, but new records are not compressed {fix}"
        )
    );
}

#[test]
fn the_key_overrides_the_ending() {
    for compression in COMPRESSIONS {
        let folder = Folder::new();
        let sink = configured("ndjson", json!({"path": "x.gz", "compression": compression})).unwrap();
        pull(folder.open(&*sink), &["1"]);
        let file = folder.bytes("x.gz").unwrap();
        assert_eq!(decompress(compression, &file), b"1\n");
        assert_eq!(file == b"1\n", compression == "none");
    }
}

#[test]
fn a_higher_level_makes_a_smaller_file() {
    let records = (0..2000u64).map(|at| format!("{{\"id\":\"{:x}\"}}", at * at * 7919)).collect::<Vec<_>>();
    let records = records.iter().map(String::as_str).collect::<Vec<_>>();
    for (ending, highest) in [("gz", json!(9)), ("zst", json!("19"))] {
        let size = |level: Value| {
            let folder = Folder::new();
            let path = format!("x.{ending}");
            let sink = configured("ndjson", json!({"path": path, "compression_level": level})).unwrap();
            pull(folder.open(&*sink), &records);
            folder.bytes(&path).unwrap().len()
        };
        assert!(size(highest) < size(json!(1)), "{ending}");
    }
}

/// The length tells a finished table from an older file with the same name.
#[test]
fn a_finished_table_is_recognized_when_it_is_finished_again() {
    for (compression, ending) in ENDINGS {
        let folder = Folder::new();
        let name = format!("x.{ending}");
        let sink = configured("csv", json!({"path": name})).unwrap();
        let mut open = folder.open(&*sink);
        write_page(&mut open, &["{\"a\":1}"]).unwrap();
        let receipt = open.commit(Mark(1)).unwrap();
        open.finish().unwrap();
        let file = folder.bytes(&name).unwrap();
        assert_eq!(decompress(compression, &file), b"a\r\n1\r\n");
        folder.resume(&*sink, &receipt).unwrap().finish().unwrap();
        assert_eq!(folder.bytes(&name).unwrap(), file);
        for other in [compress(compression, "a\r\n11\r\n"), b"a\r\n1\r\n".to_vec()] {
            folder.write(&name, other);
            let error = folder.resume(&*sink, &receipt).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("cannot resume `{name}.spool`: it is gone (restore it, or start the pull over)")
            );
        }
    }
}
