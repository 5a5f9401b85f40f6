//! The content of the files at each step, and the errors.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
};

use longhaul_core::sink::{Destination, Mark, OpenSink, Receipt};
use longhaul_tests::write_page;
use serde_json::json;

use super::support::{Folder, configured, describe, pull};

fn replacing(path: &str) -> Box<dyn OpenSink> {
    configured("ndjson", json!({"path": path})).unwrap()
}

fn appending(path: &str) -> Box<dyn OpenSink> {
    configured("ndjson", json!({"path": path, "mode": "append"})).unwrap()
}

#[test]
fn a_file_is_replaced_when_the_pull_is_complete_and_byte_for_byte() {
    let folder = Folder::new();
    folder.write("x.ndjson", "old\n");
    let mut sink = folder.open(&*replacing("x.ndjson"));
    write_page(&mut sink, &[r#"{"b":1.10,"a":"\u00e9"}"#, "{}"]).unwrap();
    let receipt = sink.commit(Mark(1)).unwrap();
    assert!(receipt.0.starts_with("27 "), "{receipt:?}");
    assert_eq!(folder.text("x.ndjson").unwrap(), "old\n");
    assert_eq!(folder.text("x.ndjson.part").unwrap(), "{\"b\":1.10,\"a\":\"\\u00e9\"}\n{}\n");
    sink.finish().unwrap();
    assert_eq!(folder.names(), ["x.ndjson"]);
    assert_eq!(folder.text("x.ndjson").unwrap(), "{\"b\":1.10,\"a\":\"\\u00e9\"}\n{}\n");
}

#[test]
fn the_part_file_stays_only_after_a_commit() {
    let folder = Folder::new();
    let sink = replacing("x.ndjson");
    let mut open = folder.open(&*sink);
    write_page(&mut open, &["{}"]).unwrap();
    assert_eq!(folder.names(), ["x.ndjson.part"]);
    drop(open);
    assert_eq!(folder.names(), [""; 0]);

    let mut open = folder.open(&*sink);
    write_page(&mut open, &["{}"]).unwrap();
    open.commit(Mark(1)).unwrap();
    write_page(&mut open, &["[]"]).unwrap();
    drop(open);
    assert_eq!(folder.text("x.ndjson.part").unwrap(), "{}\n");
}

#[test]
fn a_stopped_pull_resumes_after_pages_without_records() {
    let csv = |options: serde_json::Value| configured("csv", options).unwrap();
    for sink in [
        replacing("x"),
        appending("x"),
        replacing("x.gz"),
        csv(json!({"path": "x", "columns": ["/a"]})),
        csv(json!({"path": "x"})),
    ] {
        let folder = Folder::new();
        let mut open = folder.open(&*sink);
        open.commit(Mark::START).unwrap();
        write_page(&mut open, &[]).unwrap();
        let receipt = open.commit(Mark(1)).unwrap();
        drop(open);
        pull(folder.resume(&*sink, &receipt).unwrap(), &[r#"{"a":1}"#]);
        assert!(folder.names().len() == 1, "{:?}", folder.names());
    }
}

#[test]
fn a_new_pull_replaces_the_part_file_of_an_abandoned_one() {
    let folder = Folder::new();
    folder.write("x.ndjson.part", "abandoned\n");
    pull(folder.open(&*replacing("x.ndjson")), &["{}"]);
    assert_eq!(folder.text("x.ndjson").unwrap(), "{}\n");
}

#[test]
fn appended_records_follow_the_existing_ones() {
    let folder = Folder::new();
    folder.write("x.ndjson", "1\n");
    pull(folder.open(&*appending("x.ndjson")), &["2"]);
    pull(folder.open(&*appending("x.ndjson")), &["3", "4"]);
    assert_eq!(folder.text("x.ndjson").unwrap(), "1\n2\n3\n4\n");
    assert_eq!(folder.names(), ["x.ndjson"]);
}

#[test]
fn appended_records_that_were_not_committed_are_removed() {
    let folder = Folder::new();
    let sink = appending("x.ndjson");
    let mut open = folder.open(&*sink);
    write_page(&mut open, &["{}"]).unwrap();
    drop(open);
    assert_eq!(folder.names(), [""; 0]);

    folder.write("x.ndjson", "1\n");
    let mut open = folder.open(&*sink);
    write_page(&mut open, &["2"]).unwrap();
    assert_eq!(folder.text("x.ndjson").unwrap(), "1\n2\n");
    drop(open);
    assert_eq!(folder.text("x.ndjson").unwrap(), "1\n");

    let mut open = folder.open(&*sink);
    let start = open.commit(Mark::START).unwrap();
    write_page(&mut open, &["2"]).unwrap();
    open.commit(Mark(1)).unwrap();
    write_page(&mut open, &["3"]).unwrap();
    drop(open);
    assert_eq!(folder.text("x.ndjson").unwrap(), "1\n2\n");
    drop(folder.resume(&*sink, &start).unwrap());
    assert_eq!(folder.text("x.ndjson").unwrap(), "1\n");
}

#[test]
fn a_killed_pull_resumes_at_its_last_commit() {
    for (sink, file) in [(replacing("x.ndjson"), "x.ndjson.part"), (appending("x.ndjson"), "x.ndjson")] {
        let folder = Folder::new();
        let mut open = folder.open(&*sink);
        write_page(&mut open, &["1"]).unwrap();
        let receipt = open.commit(Mark(1)).unwrap();
        drop(open);
        // What a process killed during a write leaves behind.
        folder.write(file, "1\n2\n{\"half");
        pull(folder.resume(&*sink, &receipt).unwrap(), &["3"]);
        assert_eq!(folder.text("x.ndjson").unwrap(), "1\n3\n");
    }
}

#[test]
fn appending_to_an_incomplete_line_is_rejected() {
    let folder = Folder::new();
    folder.write("x.ndjson", "{}\n{\"half");
    assert_eq!(
        folder.open_error(&*appending("x.ndjson")),
        "Rejected: cannot append to `x.ndjson`: its last line is not complete"
    );
    assert_eq!(folder.text("x.ndjson").unwrap(), "{}\n{\"half");
}

#[test]
fn resuming_a_file_that_lost_committed_records_is_rejected() {
    let fix = "(restore it, or start the pull over)";
    for (sink, file) in [(replacing("x"), "x.part"), (appending("x"), "x")] {
        let folder = Folder::new();
        let mut open = folder.open(&*sink);
        write_page(&mut open, &["1", "2"]).unwrap();
        let receipt = open.commit(Mark(1)).unwrap();
        drop(open);
        let error = || describe(&folder.resume(&*sink, &receipt).map(drop).unwrap_err());
        for (text, reason) in [
            ("1\n", "it has 2 bytes, but 4 were committed"),
            ("1\n3\n", "its committed content has changed"),
            ("other\n", "its committed content has changed"),
        ] {
            folder.write(file, text);
            assert_eq!(error(), format!("Rejected: cannot resume `{file}`: {reason} {fix}"));
            assert_eq!(folder.text(file).unwrap(), text);
        }
        fs::remove_file(folder.path().join(file)).unwrap();
        assert_eq!(error(), format!("Rejected: cannot resume `{file}`: it is gone {fix}"));
    }
}

#[test]
fn a_file_of_the_same_length_is_not_mistaken_for_the_committed_one() {
    let folder = Folder::new();
    let sink = replacing("x");
    let mut open = folder.open(&*sink);
    write_page(&mut open, &["1"]).unwrap();
    let receipt = open.commit(Mark(1)).unwrap();
    drop(open);
    fs::remove_file(folder.path().join("x.part")).unwrap();
    folder.write("x", "2\n");
    assert_eq!(
        describe(&folder.resume(&*sink, &receipt).map(drop).unwrap_err()),
        "Rejected: cannot resume `x.part`: it is gone (restore it, or start the pull over)"
    );
}

#[test]
fn the_part_file_takes_precedence_over_an_equal_file() {
    let folder = Folder::new();
    let sink = replacing("x");
    pull(folder.open(&*sink), &["1"]);
    let mut open = folder.open(&*sink);
    write_page(&mut open, &["1"]).unwrap();
    let receipt = open.commit(Mark(1)).unwrap();
    drop(open);
    let mut open = folder.resume(&*sink, &receipt).unwrap();
    write_page(&mut open, &["2"]).unwrap();
    open.commit(Mark(2)).unwrap();
    open.finish().unwrap();
    assert_eq!(folder.text("x").unwrap(), "1\n2\n");
    assert_eq!(folder.names(), ["x"]);
}

#[test]
fn an_invalid_receipt_is_rejected() {
    let error = Folder::new().resume(&*replacing("x"), &Receipt("seven".into())).map(drop).unwrap_err();
    assert_eq!(
        describe(&error),
        "Rejected: cannot resume `x`: the receipt `seven` is not a length and a checksum"
    );
}

#[test]
fn a_complete_file_rejects_writes() {
    let folder = Folder::new();
    let sink = replacing("x.ndjson");
    let mut open = folder.open(&*sink);
    write_page(&mut open, &["{}"]).unwrap();
    let receipt = open.commit(Mark(1)).unwrap();
    open.finish().unwrap();
    let mut open = folder.resume(&*sink, &receipt).unwrap();
    assert_eq!(open.commit(Mark(1)).unwrap(), receipt);
    assert_eq!(
        describe(&write_page(&mut open, &["1"]).unwrap_err()),
        "Rejected: cannot write to `x.ndjson`: it is already complete"
    );
    drop(open);
    assert_eq!(folder.text("x.ndjson").unwrap(), "{}\n");
}

#[test]
fn folders_are_created_when_the_sink_is_opened() {
    let folder = Folder::new();
    let sink = replacing("a/{stream}/x.ndjson");
    let file = folder.path().join("a/users/x.ndjson");
    assert_eq!(sink.destination(&folder.variables()).unwrap(), Destination::File(file));
    assert_eq!(folder.names(), [""; 0]);
    pull(folder.open(&*sink), &["{}"]);
    assert_eq!(folder.text("a/users/x.ndjson").unwrap(), "{}\n");
}

#[test]
fn one_file_has_one_destination() {
    let folder = Folder::new();
    let destination = |path: &str| replacing(path).destination(&folder.variables()).unwrap();
    assert_eq!(destination("out/../out/x"), destination("./out/x"));
    assert_eq!(destination(folder.path().join("out/x").to_str().unwrap()), destination("out/x"));
}

#[test]
fn a_path_that_cannot_be_a_file_is_rejected_before_opening() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("out")).unwrap();
    let error = |path: &str| {
        let before = describe(&replacing(path).destination(&folder.variables()).unwrap_err());
        assert_eq!(folder.open_error(&*replacing(path)), before);
        assert_eq!(folder.open_error(&*appending(path)), before);
        before
    };
    assert_eq!(
        error("{steam}.ndjson"),
        "Config: path: `{steam}` is not a known placeholder (did you mean `stream`?)"
    );
    assert_eq!(error("out"), "Config: path: cannot write to `out`: it is a folder");
    assert_eq!(error("other/"), "Config: path: cannot write to `other/`: it names a folder");
}

#[test]
fn errors_of_the_system_name_the_file() {
    let folder = Folder::new();
    folder.write("file", "");
    fs::create_dir(folder.path().join("x.part")).unwrap();
    assert_eq!(
        folder.open_error(&*replacing("file/a/x")),
        "Unavailable: cannot create the folder `file/a` (cause)"
    );
    assert_eq!(folder.open_error(&*replacing("x")), "Unavailable: cannot remove `x.part` (cause)");
    let mut open = folder.open(&*replacing("y"));
    open.commit(Mark::START).unwrap();
    fs::create_dir_all(folder.path().join("y")).unwrap();
    assert_eq!(describe(&open.finish().unwrap_err()), "Unavailable: cannot rename `y.part` to `y` (cause)");
}

#[test]
fn a_file_that_another_program_changes_is_not_published_and_left_alone() {
    for (change, what) in [
        ((|path| fs::remove_file(path).unwrap()) as fn(&Path), "removed"),
        (
            |path| {
                fs::rename(path, path.with_extension("moved")).unwrap();
                fs::write(path, "{}\n").unwrap();
            },
            "replaced",
        ),
        (|path| File::options().write(true).open(path).unwrap().set_len(1).unwrap(), "truncated"),
        (|path| File::options().append(true).open(path).unwrap().write_all(b"mine\n").unwrap(), "written to"),
    ] {
        for (sink, name) in [(replacing("x"), "x.part"), (appending("x"), "x")] {
            let folder = Folder::new();
            let mut open = folder.open(&*sink);
            write_page(&mut open, &["{}"]).unwrap();
            open.commit(Mark(1)).unwrap();
            let path = folder.path().join(name);
            change(&path);
            let changed = fs::read(&path).ok();
            write_page(&mut open, &[]).unwrap();
            let said = format!("Rejected: another program has {what} `{name}` during the run");
            assert_eq!(describe(&open.commit(Mark(2)).unwrap_err()), said);
            assert_eq!(describe(&open.finish().unwrap_err()), said);
            assert_eq!(fs::read(&path).ok(), changed, "{what} {name}");
            assert!(name == "x" || folder.text("x").is_none(), "nothing is published");
        }
    }
}

#[test]
fn two_runs_do_not_write_to_one_file() {
    let folder = Folder::new();
    for sink in [replacing("x"), appending("x")] {
        let name = if folder.names().is_empty() { "x.part" } else { "x" };
        let open = folder.open(&*sink);
        assert_eq!(folder.open_error(&*sink), format!("Unavailable: another run is writing to `{name}`"));
        pull(open, &["{}"]);
        pull(folder.open(&*sink), &["{}"]);
    }
    assert_eq!(folder.text("x").unwrap(), "{}\n".repeat(3));
}

#[cfg(unix)]
mod unix {
    use std::os::unix::{
        fs::{PermissionsExt, symlink},
        net::UnixListener,
    };

    use super::{Folder, appending, fs, pull, replacing};

    #[test]
    fn devices_and_sockets_are_rejected() {
        let folder = Folder::new();
        let _socket = UnixListener::bind(folder.path().join("socket")).unwrap();
        for path in ["/dev/null", "socket"] {
            let error = format!(
                "Config: path: cannot write to `{path}`: it is not a regular file (the sink `stdout` writes to \
                 pipes and devices)"
            );
            assert_eq!(folder.open_error(&*replacing(path)), error);
            assert_eq!(folder.open_error(&*appending(path)), error);
        }
    }

    #[test]
    fn a_link_stays_and_its_target_is_replaced() {
        let folder = Folder::new();
        fs::create_dir(folder.path().join("real")).unwrap();
        folder.write("real/x", "old\n");
        symlink("real/x", folder.path().join("link")).unwrap();
        symlink("nowhere", folder.path().join("dangling")).unwrap();
        let destination = |path: &str| replacing(path).destination(&folder.variables()).unwrap();
        assert_eq!(destination("link"), destination("real/x"));
        pull(folder.open(&*replacing("link")), &["{}"]);
        assert_eq!(folder.text("real/x").unwrap(), "{}\n");
        assert!(fs::symlink_metadata(folder.path().join("link")).unwrap().is_symlink());
        assert_eq!(
            folder.open_error(&*replacing("dangling")),
            "Config: path: cannot write to `dangling`: it is a broken symbolic link"
        );
    }

    #[test]
    fn a_new_file_has_the_permissions_of_any_new_file() {
        let folder = Folder::new();
        folder.write("plain", "");
        pull(folder.open(&*replacing("x")), &["{}"]);
        let mode = |name| fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode("x"), mode("plain"));
    }

    #[test]
    fn a_file_that_cannot_be_created_is_an_error() {
        // Not even root can create a file there.
        if cfg!(target_os = "linux") {
            let error = Folder::new().open_error(&*replacing("/proc/x.ndjson"));
            assert_eq!(error, "Unavailable: cannot create `/proc/x.ndjson.part` (cause)");
        }
    }
}
