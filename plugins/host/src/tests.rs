//! Tables and results that `longhaul-plugin` never produces, but another author's code may.

use std::{error::Error, ptr};

use longhaul_core::sink::{Batch, Mark, Opened, Options, SinkError, SinkErrorKind, SinkType, Variables};
use longhaul_plugin_abi::{
    self as abi, Bytes, Configured, MAX_RECEIPT, NEEDED_FEATURES, Open, Part, Position, Reply, SinkTable,
    Status,
};

use crate::{InvalidTable, PluginSinkType, table::Plugin};

/// A minimal sink. Its handles point to nothing and are never read.
fn table() -> SinkTable {
    unsafe extern "C" fn configure(_: Bytes, out: *mut *mut Configured, _: Reply) -> Status {
        // SAFETY: the host's `out` can be written to.
        unsafe { out.write(ptr::dangling_mut()) };
        Status::OK
    }
    unsafe extern "C" fn destination(_: *const Configured, _: Bytes, _: Reply) -> Status {
        Status::OK
    }
    unsafe extern "C" fn open(
        _: *const Configured,
        _: Bytes,
        _: *const Position,
        out: *mut abi::Opened,
        _: Reply,
    ) -> Status {
        // SAFETY: as above.
        unsafe { out.write(abi::Opened { sink: ptr::dangling_mut(), at: 0 }) };
        Status::OK
    }
    unsafe extern "C" fn drop_configured(_: *mut Configured) {}
    unsafe extern "C" fn write(_: *mut Open, _: abi::Batch, _: Reply) -> Status {
        Status::OK
    }
    unsafe extern "C" fn commit(_: *mut Open, _: u64, _: Reply) -> Status {
        Status::OK
    }
    unsafe extern "C" fn finish(_: *mut Open, _: Reply) -> Status {
        Status::OK
    }
    unsafe extern "C" fn drop_sink(_: *mut Open) {}

    SinkTable {
        size: u32::try_from(size_of::<SinkTable>()).unwrap(),
        features: 0,
        name: Bytes::of(b"raw"),
        version: Bytes::of(b"1"),
        summary: Bytes::EMPTY,
        options: Bytes::of(br#"{"properties":{}}"#),
        configure: Some(configure),
        destination: Some(destination),
        open: Some(open),
        drop_configured: Some(drop_configured),
        write: Some(write),
        commit: Some(commit),
        finish: Some(finish),
        drop_sink: Some(drop_sink),
    }
}

fn read(table: &SinkTable) -> Result<Plugin, InvalidTable> {
    // SAFETY: a complete table with constant texts.
    unsafe { Plugin::read(table) }
}

fn opened(table: &SinkTable) -> Result<Opened, SinkError> {
    let sink_type = PluginSinkType::new(read(table).unwrap(), "/raw".into());
    sink_type.configure(&Options::new())?.open(&Variables::new("users", "/"), None)
}

fn put(reply: Reply, part: Part, text: &[u8]) {
    // SAFETY: only called from the functions below, with the reply of the current call.
    unsafe { (reply.put)(reply.data, part, Bytes::of(text)) }
}

fn assert_broken(error: &SinkError, message: &str) {
    assert_eq!((error.kind(), error.to_string()), (SinkErrorKind::Broken, message.to_owned()));
}

#[test]
fn a_table_of_a_newer_version_may_be_longer() {
    let size = table().size + 64;
    let features = !NEEDED_FEATURES;
    assert_eq!(read(&SinkTable { size, features, ..table() }).unwrap().name, "raw");
}

#[test]
fn an_invalid_table_is_rejected_with_the_reason() {
    // SAFETY: null is allowed.
    let none = unsafe { Plugin::read(ptr::null()) }.unwrap_err();
    assert_eq!(none.to_string(), "it returned no table");

    let small = InvalidTable::Small { size: 16, needed: size_of::<SinkTable>() };
    assert_eq!(
        InvalidTable::Small { size: 16, needed: 136 }.to_string(),
        "it is too old: its table has 16 bytes, but 136 are needed"
    );
    let not_text = Bytes::of(b"\xff");
    let cases = [
        (SinkTable { size: 16, ..table() }, small.to_string()),
        (
            SinkTable { features: 0x0005_0001, ..table() },
            "it is too new: it needs features that this longhaul does not support (0x50000)".to_owned(),
        ),
        (SinkTable { commit: None, ..table() }, "its table has no function `commit`".to_owned()),
        (SinkTable { summary: not_text, ..table() }, "the `summary` in its table is not UTF-8".to_owned()),
    ];
    for (table, message) in cases {
        assert_eq!(read(&table).unwrap_err().to_string(), message);
    }
    for options in ["", "[]", "{}", r#"{"properties":[]}"#] {
        let table = SinkTable { options: Bytes::of(options.as_bytes()), ..table() };
        assert_eq!(
            read(&table).unwrap_err().to_string(),
            "the `options` in its table are not a JSON Schema with `properties`"
        );
    }
}

#[test]
fn an_unknown_status_is_an_error() {
    unsafe extern "C" fn write(_: *mut Open, _: abi::Batch, reply: Reply) -> Status {
        put(reply, Part(77), b"an unknown part");
        Status(77)
    }
    let table = SinkTable { write: Some(write), ..table() };
    let error = opened(&table).unwrap().sink.write(&Batch::new(b"1\n", &[2])).unwrap_err();
    assert_broken(&error, "the plugin `raw` returned the unknown status 77");
}

#[test]
fn an_error_may_have_no_message_and_several_causes() {
    unsafe extern "C" fn finish(_: *mut Open, reply: Reply) -> Status {
        put(reply, Part::CAUSE, b"outer");
        put(reply, Part::CAUSE, b"inner \xff");
        Status::UNAVAILABLE
    }
    let table = SinkTable { finish: Some(finish), ..table() };
    let error = opened(&table).unwrap().sink.finish().unwrap_err();
    assert_eq!(error.kind(), SinkErrorKind::Unavailable);
    assert_eq!(error.to_string(), "the plugin `raw` failed without a message");
    let outer = error.source().unwrap();
    assert_eq!(outer.to_string(), "outer");
    assert_eq!(outer.source().unwrap().to_string(), "inner \u{fffd}");
    assert!(outer.source().unwrap().source().is_none());
}

#[test]
fn a_missing_result_is_an_error() {
    unsafe extern "C" fn configure(_: Bytes, _: *mut *mut Configured, _: Reply) -> Status {
        Status::OK
    }
    unsafe extern "C" fn open(
        _: *const Configured,
        _: Bytes,
        _: *const Position,
        _: *mut abi::Opened,
        _: Reply,
    ) -> Status {
        Status::OK
    }
    let incomplete = SinkTable { configure: Some(configure), ..table() };
    assert_broken(&opened(&incomplete).unwrap_err(), "the plugin `raw` returned no configured sink");
    let incomplete = SinkTable { open: Some(open), ..table() };
    assert_broken(&opened(&incomplete).unwrap_err(), "the plugin `raw` returned no open sink");
    let error = opened(&table()).unwrap().sink.commit(Mark(1)).unwrap_err();
    assert_broken(&error, "the plugin `raw` returned no receipt");

    let opener =
        PluginSinkType::new(read(&table()).unwrap(), "/raw".into()).configure(&Options::new()).unwrap();
    let error = opener.destination(&Variables::new("users", "/")).unwrap_err();
    assert_broken(&error, "the plugin `raw` returned no destination");
}

#[test]
fn an_invalid_receipt_is_an_error() {
    unsafe extern "C" fn long(_: *mut Open, _: u64, reply: Reply) -> Status {
        put(reply, Part::RECEIPT, &[b'x'; MAX_RECEIPT + 1]);
        Status::OK
    }
    unsafe extern "C" fn garbled(_: *mut Open, _: u64, reply: Reply) -> Status {
        put(reply, Part::RECEIPT, b"\xff");
        Status::OK
    }
    let commit = |table: &SinkTable| opened(table).unwrap().sink.commit(Mark(1)).unwrap_err();
    let error = commit(&SinkTable { commit: Some(long), ..table() });
    assert_broken(&error, "the plugin `raw` returned a receipt of more than 4 KiB");
    let error = commit(&SinkTable { commit: Some(garbled), ..table() });
    assert_broken(&error, "the plugin `raw` returned a receipt that is not UTF-8");
}
