//! Runs that start at the value that the records of the last one reached.

mod changes;
mod never;

use std::sync::{Arc, Mutex};

use longhaul_tests::{FaultServer, Reaction, Received, Reply};
use serde_json::{Value, json};

use crate::{api, folder::Folder};

const STREAM: &str = r#"
commit_every = "0s"

[streams.tickets]
path = "/tickets"
records = "/data"
unique = "/id"
pages = { type = "offset", param = "offset" }
sinks = ["lines"]
incremental = { at = "/updated_at", param = "since", from = "2026-01-01" }

[sinks.lines]
type = "ndjson"
path = "out/{stream}.ndjson"
mode = "append"
"#;

/// An API that returns the records since a value, which it includes, two per page.
struct Feed {
    server: FaultServer,
    content: Arc<Mutex<Content>>,
}

#[derive(Default)]
struct Content {
    records: Vec<Value>,
    /// The place of the value.
    at: &'static str,
    /// Stalls at the request after this many.
    stall_in: Option<usize>,
    /// The values of `since` that were sent.
    since: Vec<Option<String>>,
}

impl Content {
    fn answer(&mut self, request: &Received) -> Reaction {
        if let Some(left) = self.stall_in {
            self.stall_in = left.checked_sub(1);
            if left == 0 {
                return Reaction::Stall;
            }
        }
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let since = request.query("since").or_else(|| Some(body.pointer("/filter/since")?.to_string()));
        self.since.push(since.clone());
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let is_new = |record: &&Value| {
            let Some(since) = &since else { return true };
            let value = text(&record[self.at]);
            match (value.parse::<u64>(), since.parse::<u64>()) {
                (Ok(value), Ok(since)) => value >= since,
                _ => value >= *since,
            }
        };
        let offset = request.query("offset").unwrap().parse().unwrap();
        let page: Vec<_> = self.records.iter().filter(is_new).skip(offset).take(2).collect();
        Reply::json(json!({ "data": page }).to_string()).into()
    }
}

impl Feed {
    fn new(at: &'static str) -> Self {
        let content = Arc::new(Mutex::new(Content { at, ..Content::default() }));
        let served = Arc::clone(&content);
        let server = api::server(move |request| served.lock().unwrap().answer(request));
        Self { server, content }
    }

    fn set(&self, records: &[Value]) {
        self.content.lock().unwrap().records = records.to_vec();
    }

    fn folder(&self, replacements: &[(&str, &str)]) -> Folder {
        let stream =
            replacements.iter().fold(STREAM.to_owned(), |stream, (from, to)| stream.replace(from, to));
        Folder::configured(&[stream.as_str(), &api::connection(&api::root(&self.server))].concat())
    }

    /// The values of `since` that were sent since the last call.
    fn since(&self) -> Vec<Option<String>> {
        let mut sent = std::mem::take(&mut self.content.lock().unwrap().since);
        sent.dedup();
        sent
    }
}

fn ticket(id: u64, updated_at: impl Into<Value>) -> Value {
    json!({ "id": id, "updated_at": updated_at.into() })
}

fn ids(folder: &Folder, name: &str) -> Vec<u64> {
    let text = folder.read(&format!("out/{name}.ndjson"));
    text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].as_u64().unwrap()).collect()
}

fn some(value: &str) -> Vec<Option<String>> {
    vec![Some(value.to_owned())]
}

#[test]
fn the_next_run_starts_at_the_greatest_value() {
    let feed = Feed::new("updated_at");
    let folder = feed.folder(&[]);
    let first = [
        ticket(1, "2026-01-02T00:00:00Z"),
        ticket(2, "2026-01-04T00:00:00+01:00"),
        ticket(3, "2026-01-03T00:00:00Z"),
    ];
    feed.set(&first);
    folder.run("run").assert_complete();
    assert_eq!((feed.since(), ids(&folder, "tickets")), (some("2026-01-01"), vec![1, 2, 3]));
    assert_eq!(
        folder.run("status").stable_stdout(),
        "tickets: complete since MOMENT, 3 records in 3 pages\n  \
         the next run starts at 2026-01-04T00:00:00+01:00\n"
    );
    // The first one was changed.
    feed.set(&[ticket(2, "2026-01-04T00:00:00+01:00"), ticket(1, "2026-01-05T00:00:00Z")]);
    let ended = folder.run("run");
    assert_eq!(
        ended.assert_complete().stable_stderr(),
        "tickets: complete, 1 record in 2 pages, 1 record left out as unchanged, TIME -> FOLDER/out/tickets.ndjson\n"
    );
    assert_eq!(feed.since(), some("2026-01-04T00:00:00+01:00"));
    assert_eq!(ids(&folder, "tickets"), [1, 2, 3, 1]);
    // Nothing is new.
    for _ in 0..2 {
        folder.run("run").assert_complete();
        assert_eq!(feed.since(), some("2026-01-05T00:00:00Z"));
        assert_eq!(ids(&folder, "tickets"), [1, 2, 3, 1]);
    }
    feed.set(&[]);
    folder.run("run").assert_complete();
    assert_eq!(feed.since(), some("2026-01-05T00:00:00Z"));
    folder.run("run").assert_complete();
    assert_eq!(feed.since(), some("2026-01-05T00:00:00Z"), "the value does not go back");
}

#[test]
fn a_lookback_starts_earlier_in_the_form_of_the_api() {
    let feed = Feed::new("updated_at");
    let folder = feed.folder(&[("from = \"2026-01-01\"", "lookback = \"36h\"")]);
    feed.set(&[ticket(1, "2026-01-02 12:00:00.500")]);
    folder.run("run").assert_complete();
    assert_eq!(feed.since(), [None], "without `from`, the first run gets everything");
    folder.run("run").assert_complete();
    assert_eq!((feed.since(), ids(&folder, "tickets")), (some("2026-01-01 00:00:00.500"), vec![1]));
}

#[test]
fn ids_go_into_the_body_as_numbers() {
    let feed = Feed::new("id");
    let folder = feed.folder(&[
        (
            "path = \"/tickets\"",
            "path = \"/tickets\"\nmethod = \"POST\"\nbody = { filter = { open = true } }",
        ),
        (
            "at = \"/updated_at\", param = \"since\", from = \"2026-01-01\"",
            "at = \"/id\", param = \"/filter/since\"",
        ),
    ]);
    feed.set(&[ticket(9, ""), ticket(10, "")]);
    folder.run("run").assert_complete();
    feed.set(&[ticket(9, ""), ticket(10, ""), ticket(11, "")]);
    folder.run("run").assert_complete();
    assert_eq!(feed.since(), [None, Some("10".to_owned())]);
    assert_eq!(ids(&folder, "tickets"), [9, 10, 11]);
}

#[test]
fn a_value_after_the_start_of_the_run_does_not_count_unless_records_are_in_order() {
    for (order, expected) in [("greatest", "2026-01-02T00:00:00Z"), ("as_sent", "2999-01-01T00:00:00Z")] {
        let feed = Feed::new("updated_at");
        let folder =
            feed.folder(&[("param = \"since\"", &format!("param = \"since\", order = \"{order}\""))]);
        feed.set(&[ticket(1, "2026-01-02T00:00:00Z"), ticket(2, "2999-01-01T00:00:00Z")]);
        folder.run("run").assert_complete();
        feed.since();
        folder.run("run").assert_complete();
        assert_eq!((feed.since(), ids(&folder, "tickets")), (some(expected), vec![1, 2]));
    }
}

#[test]
fn the_last_value_counts_if_records_are_in_order() {
    let feed = Feed::new("updated_at");
    let folder = feed.folder(&[
        ("param = \"since\"", "param = \"since\", order = \"as_sent\""),
        (", from = \"2026-01-01\"", ""),
    ]);
    feed.set(&[ticket(1, "c"), ticket(2, "b"), ticket(3, "a")]);
    folder.run("run").assert_complete();
    folder.run("run").assert_complete();
    assert_eq!(feed.since(), [None, Some("a".to_owned())]);
    assert_eq!(ids(&folder, "tickets"), [1, 2, 3], "any text will do");
}

/// A record that changes while its listing is pulled, and changes back later, is written each time.
#[test]
fn no_change_is_lost_by_unique() {
    let feed = Feed::new("updated_at");
    let folder = feed.folder(&[(", from = \"2026-01-01\"", "")]);
    let version = |version: u64| json!({ "id": 1, "updated_at": "2026-01-02", "version": version });
    let versions = || -> Vec<u64> {
        let text = folder.read("out/tickets.ndjson");
        let records = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        records.map(|record| record["version"].as_u64().unwrap()).collect()
    };
    feed.set(&[version(1), version(1), version(2), version(1)]);
    folder.run("run").assert_complete();
    assert_eq!(versions(), [1, 2, 1]);
    feed.set(&[version(1), version(2)]);
    folder.run("run").assert_complete();
    assert_eq!(versions(), [1, 2, 1, 2]);
    feed.set(&[version(1)]);
    folder.run("run").assert_complete();
    assert_eq!(versions(), [1, 2, 1, 2, 1]);
}

#[test]
fn a_record_without_a_value_is_an_error() {
    let good = || ticket(1, "2026-01-02");
    for bad in [json!({ "id": 7 }), ticket(7, Value::Null), ticket(7, "")] {
        let feed = Feed::new("none");
        let folder = feed.folder(&[(", from = \"2026-01-01\"", "")]);
        feed.set(&[good(), good(), good(), bad]);
        folder.run("run").assert_failed(
            4,
            "tickets: stopped; 1 record (1 page) saved\n\
             error: the stream `tickets` is not complete\n  \
             caused by: record 2 of page 2 has no value at `/updated_at`, from which the next run could start\n\
             hint: to leave out records without it, set `streams.tickets.where = [{ at = \"/updated_at\", exists = \
             true }]`; or choose another `incremental.at`\n",
        );
        // As the hint says.
        let filtered = folder.read("longhaul.toml").replace(
            "path = \"/tickets\"",
            "path = \"/tickets\"\nwhere = [{ at = \"/updated_at\", exists = true }, { at = \"/updated_at\", not = \"\" }]",
        );
        let folder = folder.with("longhaul.toml", filtered);
        folder.run("run --fresh").assert_complete();
        assert_eq!(ids(&folder, "tickets"), [1]);
    }
}

#[test]
fn values_that_cannot_be_compared_are_an_error() {
    let hint = "hint: choose another `streams.tickets.incremental.at`; or, if the API sends records in order, set \
                `order = \"as_sent\"`\n";
    for (records, cause) in [
        (
            vec![ticket(1, "2026-01-02"), ticket(2, 17)],
            "record 2 of page 1 has `17` at `/updated_at`, which cannot be compared with `2026-01-02`",
        ),
        (
            vec![ticket(1, "2026-01-02"), ticket(2, "yesterday")],
            "record 2 of page 1 has `\"yesterday\"` at `/updated_at`, which is neither a time nor a number",
        ),
        (
            vec![ticket(1, json!([1]))],
            "record 1 of page 1 has `[1]` at `/updated_at`, which is neither a time nor a number",
        ),
    ] {
        let feed = Feed::new("none");
        let folder = feed.folder(&[(", from = \"2026-01-01\"", "")]);
        feed.set(&records);
        let expected = format!("error: the stream `tickets` is not complete\n  caused by: {cause}\n{hint}");
        folder.run("run").assert_failed(4, &expected);
    }
    let feed = Feed::new("none");
    let folder = feed.folder(&[(", from = \"2026-01-01\"", "")]);
    feed.set(&[ticket(1, "2026-01-02")]);
    folder.run("run").assert_complete();
    feed.set(&[ticket(2, 17)]);
    let expected = format!(
        "tickets: stopped; 1 record (2 pages) saved\n\
         error: the stream `tickets` is not complete\n  \
         caused by: the values `2026-01-02` and `17` at `/updated_at` cannot be compared\n{hint}"
    );
    folder.run("run").assert_failed(4, &expected);
}

#[test]
fn a_lookback_of_a_number_is_an_error() {
    let feed = Feed::new("id");
    let folder = feed.folder(&[("at = \"/updated_at\"", "lookback = \"1h\", at = \"/id\"")]);
    feed.set(&[ticket(2027, "")]);
    folder.run("run").assert_failed(
        4,
        "error: the stream `tickets` is not complete\n  \
         caused by: record 1 of page 1 has `2027` at `/id`, which is not a time, so the next run cannot start earlier by \
         `lookback`\n\
         hint: remove `streams.tickets.incremental.lookback`, or choose another `at` with a time\n",
    );
    assert!(folder.names_in("out").is_empty(), "nothing is written");
}

#[test]
fn runs_killed_at_any_request_lose_and_repeat_nothing() {
    let first = [ticket(1, "2026-01-02"), ticket(2, "2026-01-05"), ticket(3, "2026-01-03")];
    let second = [
        ticket(2, "2026-01-05"),
        ticket(4, "2026-01-07"),
        ticket(5, "2026-01-06"),
        ticket(6, "2026-01-06"),
        ticket(7, "2026-01-06"),
    ];
    for stall in 0..4 {
        let feed = Feed::new("updated_at");
        let folder = feed.folder(&[]);
        feed.set(&first);
        folder.run("run").assert_complete();
        feed.set(&second);
        feed.content.lock().unwrap().stall_in = Some(stall);
        let mut running = folder.longhaul("run").start();
        while feed.content.lock().unwrap().stall_in.is_some() && !running.has_ended() {
            std::thread::yield_now();
        }
        drop(running.kill());
        feed.content.lock().unwrap().stall_in = None;
        feed.since();
        folder.run("run").assert_complete();
        assert_eq!(feed.since(), some("2026-01-05"), "killed at request {stall}");
        folder.run("run").assert_complete();
        assert_eq!(feed.since(), some("2026-01-07"), "killed at request {stall}");
        assert_eq!(ids(&folder, "tickets"), [1, 2, 3, 4, 5, 6, 7], "killed at request {stall}");
    }
}

#[test]
fn a_sink_that_does_not_keep_earlier_records_is_an_error() {
    let feed = Feed::new("updated_at");
    let replaced = "error: each pull of this incremental stream would replace the records of the previous one\n  \
                    in: longhaul.toml:14\nhint: set `mode = \"append\"`\n";
    feed.folder(&[("mode = \"append\"\n", "")]).run("run").assert_failed(2, replaced);
    let windows = [
        ("mode = \"append\"\n", ""),
        ("{stream}", "{window.start}"),
        (
            "records =",
            "query = { from = \"{window.start}\" }\nwindow = { from = \"2026-01-01\", slice = \"1y\" }\nrecords =",
        ),
    ];
    feed.folder(&windows).run("run").assert_failed(2, &replaced.replace(":14", ":16"));
    feed.folder(&[("sinks = [\"lines\"]", "")]).run("run").assert_failed(
        2,
        "error: a stream with `incremental` must go to a sink that keeps its records, not to stdout\n",
    );
    assert_eq!(feed.since(), [None; 0]);
}

#[test]
fn a_value_that_does_not_fit_into_the_body_is_an_error() {
    let feed = Feed::new("updated_at");
    let replacements = [
        ("path = \"/tickets\"", "path = \"/tickets\"\nmethod = \"POST\"\nbody = { filter = 7 }"),
        ("param = \"since\"", "param = \"/filter/since\""),
    ];
    feed.folder(&replacements).run("run").assert_failed(
        2,
        "error: the stream `tickets` is not complete\n  \
         caused by: the body of the request has no place for `/filter/since`\n\
         hint: check `streams.tickets.incremental.param`\n",
    );
    assert_eq!(feed.since(), [None; 0]);
}
