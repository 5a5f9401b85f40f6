//! Files that several pulls append to: no pull cuts off what another one wrote.

use longhaul_core::sink::{Mark, OpenSink, Receipt};
use longhaul_tests::write_page;
use serde_json::json;

use super::support::{Folder, configured, describe, pull};

fn appending(compression: &str) -> Box<dyn OpenSink> {
    configured("ndjson", json!({"path": "x", "mode": "append", "compression": compression})).unwrap()
}

/// Commits one record at `mark` and stops.
fn stopped(folder: &Folder, sink: &dyn OpenSink) -> Receipt {
    let mut open = folder.open(sink);
    open.commit(Mark::START).unwrap();
    write_page(&mut open, &["1"]).unwrap();
    open.commit(Mark(1)).unwrap()
}

#[test]
fn an_unfinished_pull_is_noted_beside_its_file() {
    let (folder, sink) = (Folder::new(), appending("none"));
    let receipt = stopped(&folder, &*sink);
    assert_eq!(folder.names(), ["x", "x.appending"]);
    pull(folder.resume(&*sink, &receipt).unwrap(), &["2"]);
    assert_eq!(folder.names(), ["x"]);
}

#[test]
fn an_older_state_does_not_cut_off_what_a_later_run_appended() {
    for compression in ["none", "gzip"] {
        let (folder, sink) = (Folder::new(), appending(compression));
        let old = stopped(&folder, &*sink);
        pull(folder.resume(&*sink, &old).unwrap(), &["2"]);
        let complete = folder.bytes("x").unwrap();
        let error = folder.resume(&*sink, &old).unwrap_err();
        let committed = old.0.split(' ').next().unwrap();
        let rest = complete.len() - committed.parse::<usize>().unwrap();
        assert_eq!(
            describe(&error),
            format!(
                "Rejected: cannot resume `x`: the {rest} bytes after the {committed} that were committed are not from \
                 this pull (restore the newest state, or start over in another file)"
            )
        );
        assert_eq!(folder.bytes("x").unwrap(), complete);
        pull(folder.open(&*sink), &["3"]);
        assert_eq!(describe(&folder.resume(&*sink, &old).unwrap_err())[..25], *"Rejected: cannot resume `");
    }
}

#[test]
fn a_new_pull_does_not_follow_half_of_another_one() {
    let (folder, sink) = (Folder::new(), appending("none"));
    let receipt = stopped(&folder, &*sink);
    assert_eq!(
        folder.open_error(&*sink),
        "Rejected: cannot append to `x`: what follows its first 0 bytes is of another pull, which is not finished (finish \
         that pull first; or, if its state is lost, cut the file back to 0 bytes and remove `x.appending`)"
    );
    // The refused pull changed nothing.
    pull(folder.resume(&*sink, &receipt).unwrap(), &["2"]);
    assert_eq!(folder.text("x").unwrap(), "1\n2\n");
}

#[test]
fn a_pull_that_has_not_written_anything_makes_way() {
    let (folder, sink) = (Folder::new(), appending("none"));
    folder.write("x", "0\n");
    folder.write("x.appending", "000000000000000a 2\n");
    pull(folder.open(&*sink), &["1"]);
    assert_eq!(folder.text("x").unwrap(), "0\n1\n");
    assert_eq!(folder.names(), ["x"]);
}

#[test]
fn a_lost_note_matters_only_if_there_is_something_to_cut_off() {
    let (folder, sink) = (Folder::new(), appending("none"));
    let receipt = stopped(&folder, &*sink);
    std::fs::remove_file(folder.path().join("x.appending")).unwrap();
    pull(folder.resume(&*sink, &receipt).unwrap(), &["2"]);
    assert_eq!(folder.text("x").unwrap(), "1\n2\n");
    assert_eq!(folder.names(), ["x"]);
}
