//! Incremental runs with `unique`: records that arrive again are dropped if they have not changed and the sinks have them.

use std::sync::{Arc, Mutex};

use longhaul_tests::{FaultServer, Reaction, Received, Reply};
use serde_json::{Value, json};

use crate::{api, folder::Folder};

const STREAM: &str = r#"
commit_every = "0s"

[streams.calls]
path = "/calls"
query = { from = "{window.start}", to = "{window.end}" }
records = "/results"
unique = "/id"
pages = { type = "offset", param = "offset" }
sinks = ["lines"]

[streams.calls.window]
from = "2026-01-01"
to = "2026-02-01"
format = "%Y-%m-%dT%H:%M:%SZ"
bounds = "closed"
incremental = true
available = { path = "/available", at = "/until" }

[sinks.lines]
type = "ndjson"
"#;

const APPENDED: &str = "path = \"out/{stream}.ndjson\"\nmode = \"append\"\n";
const FILES: &str = "path = \"out/{window.start}.ndjson\"\n";

/// An API whose ranges include their ends. It serves two records per page, and stalls at the request of this number.
struct Calls {
    server: FaultServer,
    content: Arc<Mutex<Content>>,
}

struct Content {
    until: String,
    /// The time, id and version of each record.
    records: Vec<(&'static str, u64, u64)>,
    stall_in: Option<usize>,
}

impl Calls {
    fn new() -> Self {
        let content = Content { until: String::new(), records: Vec::new(), stall_in: None };
        let content = Arc::new(Mutex::new(content));
        let served = Arc::clone(&content);
        let server = api::server(move |request| served.lock().unwrap().answer(request));
        Self { server, content }
    }

    fn set(&self, until: &str, records: &[(&'static str, u64, u64)]) {
        let mut content = self.content.lock().unwrap();
        (content.until, content.records) = (until.to_owned(), records.to_vec());
    }

    fn folder(&self, more: &str, sink: &str) -> Folder {
        let stream = STREAM.replace("bounds =", &format!("{more}\nbounds ="));
        Folder::configured(&[stream.as_str(), sink, &api::connection(&api::root(&self.server))].concat())
    }
}

impl Content {
    fn answer(&mut self, request: &Received) -> Reaction {
        if let Some(left) = self.stall_in {
            self.stall_in = left.checked_sub(1);
            if left == 0 {
                return Reaction::Stall;
            }
        }
        if request.url.path() == "/available" {
            return Reply::json(json!({ "until": self.until }).to_string()).into();
        }
        let [from, to] = ["from", "to"].map(|name| request.query(name).unwrap());
        let offset = request.query("offset").unwrap().parse().unwrap();
        let found = self.records.iter().filter(|(at, ..)| *at >= &*from && *at <= &*to);
        let page: Vec<Value> =
            found.skip(offset).take(2).map(|(at, id, version)| json!([at, id, version])).collect();
        let records = page.iter().map(line).collect::<Vec<_>>().join(",");
        Reply::json(format!(r#"{{"results":[{records}]}}"#)).into()
    }
}

fn line(record: &Value) -> String {
    format!(r#"{{"id":{},"at":{},"version":{}}}"#, record[1], record[0], record[2])
}

/// The ids and versions in a file.
fn ids(folder: &Folder, name: &str) -> Vec<(u64, u64)> {
    let text = folder.read(&format!("out/{name}"));
    let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    records.map(|record| (record["id"].as_u64().unwrap(), record["version"].as_u64().unwrap())).collect()
}

const FIRST: [(&str, u64, u64); 4] = [
    ("2026-01-01T06:00:00Z", 1, 1),
    ("2026-01-01T18:00:00Z", 2, 1),
    ("2026-01-02T00:00:00Z", 3, 1),
    ("2026-01-02T00:00:00Z", 4, 1),
];

const SECOND: [(&str, u64, u64); 6] = [
    ("2026-01-01T06:00:00Z", 1, 1),
    ("2026-01-01T18:00:00Z", 2, 1),
    ("2026-01-02T00:00:00Z", 3, 1),
    // It was changed after the first run.
    ("2026-01-02T00:00:00Z", 4, 2),
    ("2026-01-02T06:00:00Z", 5, 1),
    ("2026-01-03T00:00:00Z", 6, 1),
];

#[test]
fn boundary_records_arrive_once_in_a_file_that_is_appended_to() {
    let calls = Calls::new();
    let folder = calls.folder("", APPENDED);
    calls.set("2026-01-02T00:00:00Z", &FIRST);
    folder.run("run").assert_complete();
    calls.set("2026-01-03T00:00:00Z", &SECOND);
    assert_eq!(
        folder.run("run").assert_complete().stable_stderr(),
        "calls: complete, 3 records in 3 pages of 1 window, 1 record left out as unchanged, TIME -> \
         FOLDER/out/calls.ndjson\n"
    );
    let expected = [(1, 1), (2, 1), (3, 1), (4, 1), (4, 2), (5, 1), (6, 1)];
    assert_eq!(ids(&folder, "calls.ndjson"), expected);
    calls.set("2026-01-04T00:00:00Z", &SECOND);
    folder.run("run --summary summary.json").assert_complete();
    assert_eq!(ids(&folder, "calls.ndjson"), expected);
    let summary: Value = serde_json::from_str(&folder.read("summary.json")).unwrap();
    assert_eq!(summary["pulls"][0]["unchanged_dropped"], 1);
    assert_eq!(summary["pulls"][0]["repeated_dropped"], 0);
}

#[test]
fn a_lookback_repeats_only_what_has_changed() {
    let calls = Calls::new();
    let folder = calls.folder("lookback = \"12h\"", APPENDED);
    calls.set("2026-01-02T00:00:00Z", &FIRST);
    folder.run("run").assert_complete();
    calls.set("2026-01-03T00:00:00Z", &SECOND);
    folder.run("run").assert_complete();
    let expected = [(1, 1), (2, 1), (3, 1), (4, 1), (4, 2), (5, 1), (6, 1)];
    assert_eq!(ids(&folder, "calls.ndjson"), expected);
}

#[test]
fn boundary_records_arrive_once_in_files_of_windows() {
    let calls = Calls::new();
    let folder = calls.folder("", FILES);
    calls.set("2026-01-02T00:00:00Z", &FIRST);
    folder.run("run").assert_complete();
    calls.set("2026-01-03T00:00:00Z", &SECOND);
    folder.run("run").assert_complete();
    assert_eq!(ids(&folder, "20260101T000000Z.ndjson"), [(1, 1), (2, 1), (3, 1), (4, 1)]);
    assert_eq!(ids(&folder, "20260102T000000Z.ndjson"), [(4, 2), (5, 1), (6, 1)]);
}

/// With `lookback`, the second run replaces a file of the first, which then needs all its records.
#[test]
fn a_file_that_is_replaced_has_all_records_of_its_window() {
    let calls = Calls::new();
    let folder = calls.folder("lookback = \"1d\"", FILES);
    calls.set("2026-01-02T00:00:00Z", &FIRST);
    folder.run("run").assert_complete();
    calls.set("2026-01-03T00:00:00Z", &SECOND);
    folder.run("run").assert_complete();
    let all = [(1, 1), (2, 1), (3, 1), (4, 2), (5, 1), (6, 1)];
    assert_eq!(ids(&folder, "20260101T000000Z.ndjson"), all);
}

/// After a change of the sink or of the key, nothing shows that the sink has the records of earlier runs.
#[test]
fn after_a_change_of_the_stream_boundary_records_arrive_again() {
    let calls = Calls::new();
    let folder = calls.folder("", APPENDED);
    calls.set("2026-01-02T00:00:00Z", &FIRST);
    folder.run("run").assert_complete();
    let changed = folder.read("longhaul.toml").replace("out/{stream}", "out/other");
    let folder = folder.with("longhaul.toml", changed);
    calls.set("2026-01-03T00:00:00Z", &SECOND);
    folder.run("run").assert_complete();
    assert_eq!(ids(&folder, "other.ndjson"), [(3, 1), (4, 2), (5, 1), (6, 1)]);
}

#[test]
fn a_change_of_the_range_repeats_nothing() {
    let calls = Calls::new();
    let folder = calls.folder("lookback = \"12h\"", APPENDED);
    calls.set("2026-01-02T00:00:00Z", &FIRST);
    folder.run("run").assert_complete();
    let later =
        folder.read("longhaul.toml").replace("to = \"2026-02-01\"", "to = \"2026-03-01\"\nslice = \"1d\"");
    let folder = folder.with("longhaul.toml", later);
    calls.set("2026-01-03T00:00:00Z", &SECOND);
    folder.run("run").assert_complete();
    let expected = [(1, 1), (2, 1), (3, 1), (4, 1), (4, 2), (5, 1), (6, 1)];
    assert_eq!(ids(&folder, "calls.ndjson"), expected);
}

#[test]
fn runs_killed_at_any_request_repeat_nothing() {
    for stall in 0..5 {
        let calls = Calls::new();
        let folder = calls.folder("lookback = \"12h\"", APPENDED);
        calls.set("2026-01-02T00:00:00Z", &FIRST);
        folder.run("run").assert_complete();
        calls.set("2026-01-03T00:00:00Z", &SECOND);
        calls.content.lock().unwrap().stall_in = Some(stall);
        let mut running = folder.longhaul("run").start();
        while calls.content.lock().unwrap().stall_in.is_some() && !running.has_ended() {
            std::thread::yield_now();
        }
        drop(running.kill());
        calls.content.lock().unwrap().stall_in = None;
        folder.run("run").assert_complete();
        calls.set("2026-01-04T00:00:00Z", &SECOND);
        folder.run("run").assert_complete();
        let expected = [(1, 1), (2, 1), (3, 1), (4, 1), (4, 2), (5, 1), (6, 1)];
        assert_eq!(ids(&folder, "calls.ndjson"), expected, "killed at request {stall}");
    }
}
