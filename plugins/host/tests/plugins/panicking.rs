//! The effects of a panic in a plugin.

use std::{
    env,
    process::Command,
    sync::{Mutex, Once},
};

use log::{LevelFilter, Log, Metadata, Record};
use longhaul_core::sink::{Mark, Opened, SinkError, SinkErrorKind};
use serde_json::json;

use crate::support::{configured, variables, write};

/// Collects the log lines of the plugins.
struct Lines(Mutex<Vec<String>>);

static LINES: Lines = Lines(Mutex::new(Vec::new()));

impl Log for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let line = format!("{} {}: {}", record.level(), record.target(), record.args());
        self.0.lock().unwrap().push(line);
    }

    fn flush(&self) {}
}

fn log_of(run: impl FnOnce()) -> Vec<String> {
    static START: Once = Once::new();
    START.call_once(|| {
        log::set_logger(&LINES).unwrap();
        log::set_max_level(LevelFilter::Info);
    });
    run();
    LINES.0.lock().unwrap().clone()
}

fn panic_at(step: &str) -> Result<Opened, SinkError> {
    configured("faulty", json!({ "at": step, "fault": "panic" })).unwrap().open(&variables(), None)
}

fn assert_broken(error: &SinkError, message: &str) {
    assert_eq!((error.kind(), error.to_string()), (SinkErrorKind::Broken, message.to_owned()));
}

const AGAIN: &str = "the plugin `faulty` panicked earlier, so it is not called again";

#[test]
fn a_panic_is_an_error_and_ends_all_calls() {
    let mut sink = panic_at("write").unwrap().sink;
    assert_broken(&write(&mut *sink, &["1"]).unwrap_err(), "the plugin `faulty` panicked: boom in Write");
    assert_broken(&write(&mut *sink, &["1"]).unwrap_err(), AGAIN);
    assert_broken(&sink.commit(Mark(1)).unwrap_err(), AGAIN);
    assert_broken(&sink.finish().unwrap_err(), AGAIN);

    let mut sink = panic_at("commit").unwrap().sink;
    assert_broken(&sink.commit(Mark(1)).unwrap_err(), "the plugin `faulty` panicked: boom in Commit");
    let sink = panic_at("finish").unwrap().sink;
    assert_broken(&sink.finish().unwrap_err(), "the plugin `faulty` panicked: boom in Finish");
}

#[test]
fn a_configured_sink_that_panicked_is_not_opened() {
    let error = configured("faulty", json!({ "at": "configure", "fault": "panic" })).unwrap_err();
    assert_broken(&error, "the plugin `faulty` panicked: boom in Configure");
    let opener = configured("faulty", json!({ "at": "destination", "fault": "panic" })).unwrap();
    let error = opener.destination(&variables()).unwrap_err();
    assert_broken(&error, "the plugin `faulty` panicked: boom in Destination");
    assert_broken(&opener.open(&variables(), None).unwrap_err(), AGAIN);
    assert_broken(&panic_at("open").unwrap_err(), "the plugin `faulty` panicked: boom in Open");
}

#[test]
fn a_panic_in_one_sink_does_not_affect_the_others() {
    let opener = configured("faulty", json!({ "at": "write", "fault": "panic" })).unwrap();
    let (mut one, mut other) =
        (opener.open(&variables(), None).unwrap(), opener.open(&variables(), None).unwrap());
    write(&mut *one.sink, &["1"]).unwrap_err();
    assert_eq!(other.sink.commit(Mark(7)).unwrap().0, " at 7");
}

#[test]
fn a_panic_while_dropping_is_caught() {
    drop(panic_at("drop").unwrap());
}

/// Runs itself again to capture everything that is printed: the standard error of a library is not captured by the
/// test harness.
#[test]
fn a_panic_is_logged_and_not_printed() {
    const ALONE: &str = "LONGHAUL_TEST_ALONE";
    const NAME: &str = "panicking::a_panic_is_logged_and_not_printed";

    if env::var_os(ALONE).is_none() {
        let test = env::current_exe().unwrap();
        let run = Command::new(test).args(["--exact", NAME, "--nocapture"]).env(ALONE, "1").output().unwrap();
        assert!(run.status.success(), "{run:?}");
        assert!(String::from_utf8_lossy(&run.stdout).contains("1 passed"), "{run:?}");
        assert_eq!(String::from_utf8_lossy(&run.stderr), "");
        return;
    }
    let lines = log_of(|| {
        let mut sink = panic_at("write").unwrap().sink;
        write(&mut *sink, &["1"]).unwrap_err();
    });
    assert_eq!(
        lines[..3],
        ["Configure", "Open", "Write"].map(|step| format!("INFO longhaul_sink_faulty: reached {step}"))
    );
    let panic = &lines[3];
    assert!(panic.starts_with("ERROR longhaul_sink_faulty: panicked at "), "{panic}");
    assert!(panic.contains("lib.rs:") && panic.ends_with(": boom in Write"), "{panic}");
}
