//! The example in C behaves like the one in Rust.

use std::fs;

use longhaul_core::sink::{
    Destination, Mark, OpenSink, Receipt, SinkError, SinkErrorKind, SinkType, Variables,
};
use serde_json::{Value, json};

use crate::support::{PluginFolder, as_options, chain, write};

fn count(options: Value) -> Result<Box<dyn OpenSink>, SinkError> {
    PluginFolder::with_count_in_c().sink_type("count").configure(&as_options(options))
}

#[test]
fn its_table_is_read() {
    let folder = PluginFolder::with_count_in_c();
    let sink_type = folder.sink_type("count");
    assert_eq!(sink_type.version(), "1.0.0");
    assert_eq!(sink_type.summary(), "counts the records of each stream, in C");
    assert_eq!(sink_type.options(), ["path"]);
}

#[test]
fn records_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join(r#"a "quoted\" folder"#);
    fs::create_dir(&folder).unwrap();
    let variables = Variables::new("users", &folder).with("window.start", "20260101T000000Z");
    let count = count(json!({ "path": r"out/{stream}\é-{window.start}" })).unwrap();
    let path = folder.join(r"out/users\é-20260101T000000Z");
    assert_eq!(count.destination(&variables).unwrap(), Destination::File(path.clone()));

    let mut opened = count.open(&variables, None).unwrap();
    assert_eq!(opened.at, Mark::START);
    write(&mut *opened.sink, &["{}", "[1]"]).unwrap();
    let receipt = opened.sink.commit(Mark(1)).unwrap();
    assert_eq!(receipt, Receipt("2".into()));
    drop(opened);
    assert!(!path.exists());

    let mut opened = count.open(&variables, Some((&receipt, Mark(1)))).unwrap();
    assert_eq!(opened.at, Mark(1));
    write(&mut *opened.sink, &["3"]).unwrap();
    opened.sink.commit(Mark(2)).unwrap();
    opened.sink.finish().unwrap();
    assert_eq!(fs::read_to_string(path).unwrap(), "3\n");
}

#[test]
fn an_error_in_the_options_names_its_key() {
    let cases = [
        (json!({ "pathh": "x" }), Some("pathh"), "`pathh` is not an option of this sink"),
        (json!({}), Some("path"), "`path` is missing"),
        (json!({ "path": true }), Some("path"), "`path` is not a text, or is too long"),
        (json!({ "path": "x".repeat(5000) }), Some("path"), "`path` is not a text, or is too long"),
        (json!({ "path": "x".repeat(9000) }), None, "the options are too long"),
    ];
    for (options, key, message) in cases {
        let error = count(options).unwrap_err();
        assert_eq!(error.kind(), SinkErrorKind::Config);
        assert_eq!((error.key(), error.to_string()), (key, message.to_owned()));
    }
    let error =
        count(json!({ "path": "{steam}" })).unwrap().destination(&Variables::new("users", "/")).unwrap_err();
    assert_eq!(
        (error.key(), error.to_string()),
        (Some("path"), "`{steam}` is not a known placeholder".into())
    );
    let error = count(json!({ "path": "{stream}" })).unwrap();
    let error = error.destination(&Variables::new("x".repeat(4000), "/".repeat(200))).unwrap_err();
    assert_eq!(error.to_string(), "the path `{stream}` is too long");
}

#[test]
fn an_error_has_its_cause() {
    let folder = tempfile::tempdir().unwrap();
    let variables = Variables::new("users", folder.path());
    fs::write(folder.path().join("file"), "").unwrap();
    let mut opened = count(json!({ "path": "file/x" })).unwrap().open(&variables, None).unwrap();
    opened.sink.commit(Mark(0)).unwrap();
    let error = opened.sink.finish().unwrap_err();
    assert_eq!(error.kind(), SinkErrorKind::Unavailable);
    let path = folder.path().join("file/x");
    assert_eq!(chain(&error), [format!("cannot write `{}`", path.display()), "Not a directory".into()]);
}

#[test]
fn a_receipt_of_another_sink_is_rejected() {
    let count = count(json!({ "path": "x" })).unwrap();
    for receipt in ["", "seven", "-1", "99999999999999999999"] {
        let receipt = Receipt(receipt.into());
        let error = count.open(&Variables::new("users", "/"), Some((&receipt, Mark(1)))).unwrap_err();
        assert_eq!(error.kind(), SinkErrorKind::Broken);
        assert_eq!(error.to_string(), format!("the receipt `{}` was not issued by this sink", receipt.0));
    }
    let receipt = Receipt(u64::MAX.to_string());
    let mut opened = count.open(&Variables::new("users", "/"), Some((&receipt, Mark(1)))).unwrap();
    assert_eq!(opened.sink.commit(Mark(1)).unwrap(), receipt);
}
