//! Windows that are written to files.

use std::{
    fs,
    io::{self, Write},
    path::Path,
    sync::{
        Arc, Barrier, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use jiff::{SignedDuration, Span};
use longhaul_core::{
    disk::SystemDisk,
    pull::PullError,
    sink::{OpenSink, Registry},
};
use longhaul_sinks::Stdout;
use longhaul_tests::{Lifetime, Setup, Timeline, Tokens, chain};
use serde_json::{Value, json};

use crate::windows::{details_query, timeline, windows};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A configured sink. If it writes to standard output, it writes to `stdout` instead.
fn sink(name: &str, stdout: Stdout, options: &Value) -> Box<dyn OpenSink> {
    let mut registry = Registry::default();
    longhaul_sinks::register(&mut registry, stdout, Arc::new(SystemDisk));
    registry.get(name).unwrap().configure(options.as_object().unwrap()).unwrap()
}

fn ndjson(path: &Path, mode: &str) -> Box<dyn OpenSink> {
    sink("ndjson", Stdout::to(io::sink()), &json!({"path": path, "mode": mode}))
}

/// The names and lines of the files in `folder`, ordered by name.
fn files(folder: &Path) -> Vec<(String, Vec<String>)> {
    let lines = |path: &Path| fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect();
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), lines(&entry.path())))
        .collect();
    files.sort();
    files
}

const SIX_HOURS: [&str; 8] = [
    "20260101T000000Z-20260101T060000Z.ndjson",
    "20260101T060000Z-20260101T120000Z.ndjson",
    "20260101T120000Z-20260101T180000Z.ndjson",
    "20260101T180000Z-20260102T000000Z.ndjson",
    "20260102T000000Z-20260102T060000Z.ndjson",
    "20260102T060000Z-20260102T120000Z.ndjson",
    "20260102T120000Z-20260102T180000Z.ndjson",
    "20260102T180000Z-20260103T000000Z.ndjson",
];

/// Checks that the folder has one file for each six hours, and nothing else.
#[track_caller]
fn assert_a_file_for_each_six_hours(folder: &Path) {
    let files = files(folder);
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, SIX_HOURS);
    let records = timeline().records();
    for ((name, lines), expected) in files.iter().zip(records.chunks(180)) {
        assert!(lines == expected, "{name} has {} lines", lines.len());
    }
}

#[test]
fn windows_with_their_own_files_are_pulled_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let sink = ndjson(&folder.path().join("{window.start}-{window.end}.ndjson"), "replace");
    // There is only one request before the first answer. Each of the next four waits until all of them are sent.
    let barrier = Arc::new(Barrier::new(4));
    let requests = AtomicUsize::new(0);
    let (_, _, mut source) = details_query(timeline(), HOUR);
    let tokens = Arc::new(Tokens::new(Lifetime::Unlimited));
    let timeline = timeline();
    let (setup, _) = Setup::scripted_api(&tokens, move |request| {
        if (1..=4).contains(&requests.fetch_add(1, Ordering::SeqCst)) {
            barrier.wait();
        }
        timeline.page(request)
    });
    source.concurrency = 4;
    setup.pull_into(&source, Some(windows(Some(Span::new().hours(6)))), vec![("out", &*sink)]).unwrap();
    assert_a_file_for_each_six_hours(folder.path());
}

#[test]
fn each_window_has_its_own_file_if_the_path_contains_its_times() {
    let folder = tempfile::tempdir().unwrap();
    let (setup, _, source) = details_query(timeline(), HOUR);
    let sink = ndjson(&folder.path().join("{window.start}-{window.end}.ndjson"), "replace");
    let cut = windows(Some(Span::new().hours(6)));
    let summary = setup.pull_into(&source, Some(cut), vec![("out", sink.as_ref())]).unwrap();
    assert_eq!((summary.records, summary.windows), (1440, 8));
    assert_a_file_for_each_six_hours(folder.path());
}

#[test]
fn each_half_of_a_window_has_a_file_and_the_window_has_none() {
    for unique in [None, Some("/id")] {
        let folder = tempfile::tempdir().unwrap();
        let (setup, _, mut source) = details_query(timeline(), HOUR);
        source.unique = unique.map(|place| place.parse().unwrap());
        let sink = ndjson(&folder.path().join("{window.start}-{window.end}.ndjson"), "replace");
        let summary = setup.pull_into(&source, Some(windows(None)), vec![("out", sink.as_ref())]).unwrap();
        assert_eq!((summary.records, summary.windows), (1440, 8), "{unique:?}");
        assert_a_file_for_each_six_hours(folder.path());
    }
}

#[test]
fn a_file_for_all_windows_has_the_same_records_as_the_files_for_each() {
    for unique in [None, Some("/id")] {
        let (folder, all) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (setup, _, mut source) = details_query(timeline(), HOUR);
        source.unique = unique.map(|place| place.parse().unwrap());
        let each = ndjson(&folder.path().join("{window.start}-{window.end}.ndjson"), "replace");
        let whole = ndjson(&all.path().join("{stream}.ndjson"), "replace");
        let sinks = vec![("each", each.as_ref()), ("whole", whole.as_ref())];
        setup.pull_into(&source, Some(windows(None)), sinks).unwrap();
        assert_a_file_for_each_six_hours(folder.path());
        let whole = files(all.path());
        assert!(whole == [("conversations.ndjson".to_owned(), timeline().records())], "{unique:?}");
    }
}

#[test]
fn a_file_is_rolled_back_when_a_window_is_halved() {
    for mode in ["replace", "append"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("all.ndjson");
        fs::write(&path, "\"before\"\n").unwrap();
        let (setup, _, source) = details_query(timeline(), HOUR);
        let sink = ndjson(&path, mode);
        setup.pull_into(&source, Some(windows(None)), vec![("out", sink.as_ref())]).unwrap();
        let before = (mode == "append").then(|| "\"before\"".to_owned());
        let expected = before.into_iter().chain(timeline().records()).collect();
        assert!(files(folder.path()) == [("all.ndjson".to_owned(), expected)], "{mode}");
    }
}

#[test]
fn a_failed_pull_leaves_only_the_files_of_complete_windows() {
    let folder = tempfile::tempdir().unwrap();
    let start = windows(None)[0].start;
    // 120 records in six hours, and 960 in two days. A query can page through 250.
    let timeline = Timeline::new(start, SignedDuration::from_mins(3), 960, 250);
    let (setup, _, mut source) = details_query(timeline, HOUR);
    source.rules = Arc::default();
    let cut = [Span::new().hours(6), Span::new().hours(48)].map(|slice| windows(Some(slice))[0]);
    let sink = ndjson(&folder.path().join("{window.end}.ndjson"), "replace");
    let outcome = setup.pull_into(&source, Some(cut.into()), vec![("out", sink.as_ref())]);
    assert!(matches!(outcome, Err(PullError::Page(_))));
    let names: Vec<_> = files(folder.path()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["20260101T060000Z.ndjson"]);
}

/// A pipe whose reader sees every write immediately.
#[derive(Clone, Default)]
struct Pipe(Arc<Mutex<Vec<u8>>>);

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn records_are_not_written_to_a_pipe_again() {
    let pipe = Pipe::default();
    let stdout = sink("stdout", Stdout::to(pipe.clone()), &json!({}));
    let (setup, _, mut source) = details_query(timeline(), HOUR);
    let error = setup.pull_into(&source, Some(windows(None)), vec![("pipe", stdout.as_ref())]).unwrap_err();
    assert_eq!(chain(&error), "a partition must be pulled again, but the sink `pipe` cannot roll back");

    pipe.0.lock().unwrap().clear();
    source.unique = Some("/id".parse().unwrap());
    setup.pull_into(&source, Some(windows(None)), vec![("pipe", stdout.as_ref())]).unwrap();
    let text = String::from_utf8(pipe.0.lock().unwrap().clone()).unwrap();
    assert!(text.lines().eq(timeline().records().iter().map(String::as_str)));
}
