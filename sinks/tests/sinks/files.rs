//! What stands in which file, when, and what is said where it cannot be.

use std::fs;

use longhaul_core::sink::{Destination, Mark, OpenSink, Receipt};
use longhaul_tests::write_page;
use serde_json::json;

use super::support::{Folder, configured, pull, told};

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
    let mut sink = folder.begin(&*replacing("x.ndjson"));
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
fn a_part_stays_only_if_something_was_committed() {
    let folder = Folder::new();
    let sink = replacing("x.ndjson");
    let mut open = folder.begin(&*sink);
    write_page(&mut open, &["{}"]).unwrap();
    assert_eq!(folder.names(), ["x.ndjson.part"]);
    drop(open);
    assert_eq!(folder.names(), [""; 0]);

    let mut open = folder.begin(&*sink);
    write_page(&mut open, &["{}"]).unwrap();
    open.commit(Mark(1)).unwrap();
    write_page(&mut open, &["[]"]).unwrap();
    drop(open);
    assert_eq!(folder.text("x.ndjson.part").unwrap(), "{}\n");
}

#[test]
fn a_stopped_pull_goes_on_behind_pages_without_records() {
    let csv = |options: serde_json::Value| configured("csv", options).unwrap();
    for sink in [
        replacing("x"),
        appending("x"),
        replacing("x.gz"),
        csv(json!({"path": "x", "columns": ["/a"]})),
        csv(json!({"path": "x"})),
    ] {
        let folder = Folder::new();
        let mut open = folder.begin(&*sink);
        open.commit(Mark::START).unwrap();
        write_page(&mut open, &[]).unwrap();
        let receipt = open.commit(Mark(1)).unwrap();
        drop(open);
        pull(folder.resume(&*sink, &receipt).unwrap(), &[r#"{"a":1}"#]);
        assert!(folder.names().len() == 1, "{:?}", folder.names());
    }
}

#[test]
fn a_pull_that_begins_drops_the_part_of_an_abandoned_one() {
    let folder = Folder::new();
    folder.write("x.ndjson.part", "abandoned\n");
    pull(folder.begin(&*replacing("x.ndjson")), &["{}"]);
    assert_eq!(folder.text("x.ndjson").unwrap(), "{}\n");
}

#[test]
fn appended_records_follow_what_is_there() {
    let folder = Folder::new();
    folder.write("x.ndjson", "1\n");
    pull(folder.begin(&*appending("x.ndjson")), &["2"]);
    pull(folder.begin(&*appending("x.ndjson")), &["3", "4"]);
    assert_eq!(folder.text("x.ndjson").unwrap(), "1\n2\n3\n4\n");
    assert_eq!(folder.names(), ["x.ndjson"]);
}

#[test]
fn what_was_appended_and_not_committed_is_taken_back() {
    let folder = Folder::new();
    let sink = appending("x.ndjson");
    let mut open = folder.begin(&*sink);
    write_page(&mut open, &["{}"]).unwrap();
    drop(open);
    assert_eq!(folder.names(), [""; 0]);

    folder.write("x.ndjson", "1\n");
    let mut open = folder.begin(&*sink);
    write_page(&mut open, &["2"]).unwrap();
    assert_eq!(folder.text("x.ndjson").unwrap(), "1\n2\n");
    drop(open);
    assert_eq!(folder.text("x.ndjson").unwrap(), "1\n");

    let mut open = folder.begin(&*sink);
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
fn a_killed_pull_goes_on_as_if_it_had_not_been() {
    for (sink, file) in [(replacing("x.ndjson"), "x.ndjson.part"), (appending("x.ndjson"), "x.ndjson")] {
        let folder = Folder::new();
        let mut open = folder.begin(&*sink);
        write_page(&mut open, &["1"]).unwrap();
        let receipt = open.commit(Mark(1)).unwrap();
        drop(open);
        // What a kill in the middle of a write leaves.
        folder.write(file, "1\n2\n{\"half");
        pull(folder.resume(&*sink, &receipt).unwrap(), &["3"]);
        assert_eq!(folder.text("x.ndjson").unwrap(), "1\n3\n");
    }
}

#[test]
fn an_incomplete_last_line_is_not_appended_to() {
    let folder = Folder::new();
    folder.write("x.ndjson", "{}\n{\"half");
    assert_eq!(
        folder.refusal(&*appending("x.ndjson")),
        "Rejected: cannot append to `x.ndjson`: its last line is not complete"
    );
    assert_eq!(folder.text("x.ndjson").unwrap(), "{}\n{\"half");
}

#[test]
fn a_file_that_lost_committed_records_is_not_gone_on_with() {
    let cure = "(put it back as it was, or begin the pull anew)";
    for (sink, file) in [(replacing("x"), "x.part"), (appending("x"), "x")] {
        let folder = Folder::new();
        let mut open = folder.begin(&*sink);
        write_page(&mut open, &["1", "2"]).unwrap();
        let receipt = open.commit(Mark(1)).unwrap();
        drop(open);
        let refusal = || told(&folder.resume(&*sink, &receipt).map(drop).unwrap_err());
        for (text, why) in [
            ("1\n", "it has 2 bytes, and 4 were committed"),
            ("1\n3\n", "what was committed to it has been changed"),
            ("other\n", "what was committed to it has been changed"),
        ] {
            folder.write(file, text);
            assert_eq!(refusal(), format!("Rejected: cannot go on with `{file}`: {why} {cure}"));
            assert_eq!(folder.text(file).unwrap(), text);
        }
        fs::remove_file(folder.path().join(file)).unwrap();
        assert_eq!(refusal(), format!("Rejected: cannot go on with `{file}`: it is gone {cure}"));
    }
}

#[test]
fn a_file_of_the_same_length_is_not_taken_for_the_one_that_was_committed() {
    let folder = Folder::new();
    let sink = replacing("x");
    let mut open = folder.begin(&*sink);
    write_page(&mut open, &["1"]).unwrap();
    let receipt = open.commit(Mark(1)).unwrap();
    drop(open);
    fs::remove_file(folder.path().join("x.part")).unwrap();
    folder.write("x", "2\n");
    assert_eq!(
        told(&folder.resume(&*sink, &receipt).map(drop).unwrap_err()),
        "Rejected: cannot go on with `x.part`: it is gone (put it back as it was, or begin the pull anew)"
    );
}

#[test]
fn a_part_counts_more_than_a_file_that_looks_like_it() {
    let folder = Folder::new();
    let sink = replacing("x");
    pull(folder.begin(&*sink), &["1"]);
    let mut open = folder.begin(&*sink);
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
fn a_receipt_of_something_else_is_refused() {
    let refusal = Folder::new().resume(&*replacing("x"), &Receipt("seven".into())).map(drop).unwrap_err();
    assert_eq!(
        told(&refusal),
        "Rejected: cannot go on with `x`: the receipt `seven` is not a length and a checksum"
    );
}

#[test]
fn a_complete_file_takes_no_more() {
    let folder = Folder::new();
    let sink = replacing("x.ndjson");
    let mut open = folder.begin(&*sink);
    write_page(&mut open, &["{}"]).unwrap();
    let receipt = open.commit(Mark(1)).unwrap();
    open.finish().unwrap();
    let mut open = folder.resume(&*sink, &receipt).unwrap();
    assert_eq!(open.commit(Mark(1)).unwrap(), receipt);
    assert_eq!(
        told(&write_page(&mut open, &["1"]).unwrap_err()),
        "Rejected: cannot write to `x.ndjson`: it is complete already"
    );
    drop(open);
    assert_eq!(folder.text("x.ndjson").unwrap(), "{}\n");
}

#[test]
fn folders_are_made_when_the_sink_is_opened() {
    let folder = Folder::new();
    let sink = replacing("a/{stream}/x.ndjson");
    let file = folder.path().join("a/users/x.ndjson");
    assert_eq!(sink.destination(&folder.variables()).unwrap(), Destination::File(file));
    assert_eq!(folder.names(), [""; 0]);
    pull(folder.begin(&*sink), &["{}"]);
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
fn a_path_that_cannot_be_a_file_is_refused_before_it_is_opened() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("out")).unwrap();
    let refusal = |path: &str| {
        let before = told(&replacing(path).destination(&folder.variables()).unwrap_err());
        assert_eq!(folder.refusal(&*replacing(path)), before);
        assert_eq!(folder.refusal(&*appending(path)), before);
        before
    };
    assert_eq!(
        refusal("{steam}.ndjson"),
        "Config: path: `{steam}` is not a known placeholder (did you mean `stream`?)"
    );
    assert_eq!(refusal("out"), "Config: path: cannot write to `out`: it is a folder");
    assert_eq!(refusal("other/"), "Config: path: cannot write to `other/`: it names a folder");
}

#[test]
fn what_the_system_refuses_is_told_with_the_name() {
    let folder = Folder::new();
    folder.write("file", "");
    fs::create_dir(folder.path().join("x.part")).unwrap();
    assert_eq!(
        folder.refusal(&*replacing("file/a/x")),
        "Unavailable: cannot create the folder `file/a` (cause)"
    );
    assert_eq!(folder.refusal(&*replacing("x")), "Unavailable: cannot remove `x.part` (cause)");
    let mut open = folder.begin(&*replacing("y"));
    open.commit(Mark::START).unwrap();
    fs::remove_file(folder.path().join("y.part")).unwrap();
    assert_eq!(told(&open.finish().unwrap_err()), "Unavailable: cannot rename `y.part` to `y` (cause)");
}

#[cfg(unix)]
mod unix {
    use std::os::unix::{
        fs::{PermissionsExt, symlink},
        net::UnixListener,
    };

    use super::{Folder, appending, fs, pull, replacing};

    #[test]
    fn devices_and_sockets_are_refused() {
        let folder = Folder::new();
        let _socket = UnixListener::bind(folder.path().join("socket")).unwrap();
        for path in ["/dev/null", "socket"] {
            let refusal = format!(
                "Config: path: cannot write to `{path}`: it is not a regular file (the sink `stdout` writes to \
                 pipes and devices)"
            );
            assert_eq!(folder.refusal(&*replacing(path)), refusal);
            assert_eq!(folder.refusal(&*appending(path)), refusal);
        }
    }

    #[test]
    fn a_link_stays_and_what_it_leads_to_is_replaced() {
        let folder = Folder::new();
        fs::create_dir(folder.path().join("real")).unwrap();
        folder.write("real/x", "old\n");
        symlink("real/x", folder.path().join("link")).unwrap();
        symlink("nowhere", folder.path().join("dangling")).unwrap();
        let destination = |path: &str| replacing(path).destination(&folder.variables()).unwrap();
        assert_eq!(destination("link"), destination("real/x"));
        pull(folder.begin(&*replacing("link")), &["{}"]);
        assert_eq!(folder.text("real/x").unwrap(), "{}\n");
        assert!(fs::symlink_metadata(folder.path().join("link")).unwrap().is_symlink());
        assert_eq!(
            folder.refusal(&*replacing("dangling")),
            "Config: path: cannot write to `dangling`: it is a symbolic link to nothing"
        );
    }

    #[test]
    fn a_new_file_has_the_permissions_of_any_new_file() {
        let folder = Folder::new();
        folder.write("plain", "");
        pull(folder.begin(&*replacing("x")), &["{}"]);
        let mode = |name| fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode("x"), mode("plain"));
    }

    #[test]
    fn a_file_that_cannot_be_made_is_told() {
        // Not even root can make a file there.
        if cfg!(target_os = "linux") {
            let refusal = Folder::new().refusal(&*replacing("/proc/x.ndjson"));
            assert_eq!(refusal, "Unavailable: cannot create `/proc/x.ndjson.part` (cause)");
        }
    }
}
