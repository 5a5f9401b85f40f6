//! What stands in which file, when, and what is said where it cannot be.

use std::fs;

use longhaul_core::sink::{Destination, Mark, OpenSink, Receipt};
use serde_json::json;

use super::support::{Folder, configured, page, pull, told};

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
    page(&mut sink, &[r#"{"b":1.10,"a":"\u00e9"}"#, "{}"]).unwrap();
    let receipt = sink.commit(Mark(1)).unwrap();
    assert_eq!(receipt, Receipt("27".into()));
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
    page(&mut open, &["{}"]).unwrap();
    assert_eq!(folder.names(), ["x.ndjson.part"]);
    drop(open);
    assert_eq!(folder.names(), [""; 0]);

    let mut open = folder.begin(&*sink);
    page(&mut open, &["{}"]).unwrap();
    open.commit(Mark(1)).unwrap();
    page(&mut open, &["[]"]).unwrap();
    drop(open);
    assert_eq!(folder.text("x.ndjson.part").unwrap(), "{}\n");
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
    page(&mut open, &["{}"]).unwrap();
    drop(open);
    assert_eq!(folder.names(), [""; 0]);

    folder.write("x.ndjson", "1\n");
    let mut open = folder.begin(&*sink);
    page(&mut open, &["2"]).unwrap();
    assert_eq!(folder.text("x.ndjson").unwrap(), "1\n2\n");
    drop(open);
    assert_eq!(folder.text("x.ndjson").unwrap(), "1\n");

    let mut open = folder.begin(&*sink);
    let start = open.commit(Mark::START).unwrap();
    page(&mut open, &["2"]).unwrap();
    open.commit(Mark(1)).unwrap();
    page(&mut open, &["3"]).unwrap();
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
        page(&mut open, &["1"]).unwrap();
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
    let folder = Folder::new();
    let refusal = |sink: &dyn OpenSink, receipt: &str| {
        told(&folder.resume(sink, &Receipt(receipt.into())).map(drop).unwrap_err())
    };
    assert_eq!(
        refusal(&*replacing("x.ndjson"), "7"),
        "Rejected: cannot go on with `x.ndjson.part`: it is gone"
    );
    assert_eq!(refusal(&*appending("x.ndjson"), "0"), "Rejected: cannot go on with `x.ndjson`: it is gone");
    folder.write("x.ndjson", "1\n");
    assert_eq!(
        refusal(&*appending("x.ndjson"), "7"),
        "Rejected: cannot go on with `x.ndjson`: it has 2 bytes, and 7 were committed"
    );
    assert_eq!(
        refusal(&*replacing("x.ndjson"), "seven"),
        "Rejected: cannot go on with `x.ndjson`: the receipt `seven` is not a length"
    );
}

#[test]
fn a_complete_file_takes_no_more() {
    let folder = Folder::new();
    let sink = replacing("x.ndjson");
    pull(folder.begin(&*sink), &["{}"]);
    let mut open = folder.resume(&*sink, &Receipt("3".into())).unwrap();
    assert_eq!(open.commit(Mark(1)).unwrap(), Receipt("3".into()));
    assert_eq!(
        told(&page(&mut open, &["1"]).unwrap_err()),
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
    assert_eq!(sink.destination(&folder.site()).unwrap(), Destination::File(file));
    assert_eq!(folder.names(), [""; 0]);
    pull(folder.begin(&*sink), &["{}"]);
    assert_eq!(folder.text("a/users/x.ndjson").unwrap(), "{}\n");
}

#[test]
fn one_file_has_one_destination() {
    let folder = Folder::new();
    let destination = |path: &str| replacing(path).destination(&folder.site()).unwrap();
    assert_eq!(destination("out/../out/x"), destination("./out/x"));
    assert_eq!(destination(folder.path().join("out/x").to_str().unwrap()), destination("out/x"));
}

#[test]
fn a_path_that_cannot_be_a_file_is_refused_before_it_is_opened() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join("out")).unwrap();
    let refusal = |path: &str| {
        let before = told(&replacing(path).destination(&folder.site()).unwrap_err());
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
        let destination = |path: &str| replacing(path).destination(&folder.site()).unwrap();
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
