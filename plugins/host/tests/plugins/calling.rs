//! The arguments and results of calls.

use std::fs;

use longhaul_core::sink::{Destination, Mark, Receipt, SinkErrorKind, Variables};
use serde_json::json;

use crate::support::{chain, configured, variables, write};

#[test]
fn records_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let variables = Variables::new("users", folder.path()).with("window.start", "20260101T000000Z");
    let count = configured("count", json!({ "path": "out/{stream}-{window.start}" })).unwrap();
    let path = folder.path().join("out/users-20260101T000000Z");
    assert_eq!(count.destination(&variables).unwrap(), Destination::File(path.clone()));

    let mut opened = count.open(&variables, None).unwrap();
    assert_eq!(opened.at, Mark::START);
    write(&mut *opened.sink, &["{}", "[1]"]).unwrap();
    let receipt = opened.sink.commit(Mark(1)).unwrap();
    assert_eq!(receipt, Receipt("2".into()));
    write(&mut *opened.sink, &["3"]).unwrap();
    drop(opened);
    assert!(!path.exists());

    let mut opened = count.open(&variables, Some((&receipt, Mark(1)))).unwrap();
    assert_eq!(opened.at, Mark(1));
    write(&mut *opened.sink, &["3"]).unwrap();
    opened.sink.commit(Mark(2)).unwrap();
    drop(count);
    opened.sink.finish().unwrap();
    assert_eq!(fs::read_to_string(path).unwrap(), "3\n");
}

#[test]
fn records_receipts_and_marks_are_passed_unchanged() {
    let faulty = configured("faulty", json!({ "at": "finish", "fault": "rejected" })).unwrap();
    let earlier = Receipt("é \"{}\" \u{0} 😀".into());
    let mut opened = faulty.open(&variables(), Some((&earlier, Mark(u64::MAX - 1)))).unwrap();
    assert_eq!(opened.at, Mark(u64::MAX));
    write(&mut *opened.sink, &[r#"{"a":"😀\n"}"#, "1.10"]).unwrap();
    write(&mut *opened.sink, &[]).unwrap();
    let receipt = opened.sink.commit(Mark(u64::MAX)).unwrap();
    assert_eq!(receipt.0, format!(r#"{} {{"a":"😀\n"}} 1.10 at {}"#, earlier.0, u64::MAX));
}

#[test]
fn each_kind_of_destination_is_returned() {
    let faulty = configured("faulty", json!({ "at": "finish", "fault": "rejected" })).unwrap();
    assert_eq!(
        faulty.destination(&variables()).unwrap(),
        Destination::Elsewhere("nowhere, from users".into())
    );
    assert_eq!(faulty.destination(&Variables::new("stdout", "/")).unwrap(), Destination::Stdout);
}

#[test]
fn an_error_in_the_options_names_its_key() {
    let cases = [
        (json!({ "pathh": "x" }), "pathh", "`pathh` is not an option of this sink (did you mean `path`?)"),
        (json!({}), "path", "`path` is missing"),
        (json!({ "path": true }), "path", "`path`: invalid type: boolean `true`, expected a string"),
    ];
    for (options, key, message) in cases {
        let error = configured("count", options).unwrap_err();
        assert_eq!(error.kind(), SinkErrorKind::Config);
        assert_eq!((error.key(), error.to_string()), (Some(key), message.to_owned()));
    }
    let count = configured("count", json!({ "path": "{steam}" })).unwrap();
    let error = count.destination(&variables()).unwrap_err();
    assert_eq!(error.key(), Some("path"));
    assert_eq!(error.to_string(), "`{steam}` is not a known placeholder (did you mean `stream`?)");
}

#[test]
fn an_error_is_returned_with_its_kind_and_causes() {
    let cases = [
        ("rejected", SinkErrorKind::Rejected, &["it does not fit"] as &[_]),
        ("unavailable", SinkErrorKind::Unavailable, &["cannot write", "the disk is full"]),
        ("closed", SinkErrorKind::Closed, &["cannot write", "broken pipe"]),
    ];
    for (fault, kind, expected) in cases {
        let faulty = configured("faulty", json!({ "at": "write", "fault": fault })).unwrap();
        let error = write(&mut *faulty.open(&variables(), None).unwrap().sink, &["1"]).unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(chain(&error), expected);
    }
}
