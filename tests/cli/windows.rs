//! Windows, with a server that limits the depth of paging.

use std::sync::atomic::{AtomicBool, Ordering};

use longhaul_demo::{FakeApi, IntervalMatching, Settings};
use longhaul_tests::{Reaction, Reply};
use serde_json::json;

use crate::{
    api::{self, LINES, lines, without_faults},
    folder::Folder,
};

const QUERY: &str = r#"
[streams.calls]
method = "POST"
path = "/api/v2/analytics/conversations/details/query"
body = { interval = "{window.start}/{window.end}" }
records = "/conversations"
records_missing = "empty"
sinks = ["lines"]

[streams.calls.pages]
type = "page_number"
param = "/paging/pageNumber"
size_param = "/paging/pageSize"
size = 50
total = "/totalHits"

[streams.calls.window]
from = "2026-01-01"
to = "2026-01-03"
slice = "6h"
min_slice = "1h"

[[streams.calls.answers]]
when = { status = 400, code = "pagination.limit" }
then = "split"
"#;

/// Two days with 1,600 conversations. A query returns at most 300 of them.
fn shallow() -> (Settings, FakeApi) {
    let settings =
        Settings { days: 2, matching: IntervalMatching::Exact, max_depth: Some(300), ..without_faults(1600) };
    let api = api::start(&settings);
    (settings, api)
}

fn folder(api: &FakeApi, stream: &str) -> Folder {
    Folder::configured(&[&api::connection(api.base_url()), stream, LINES].concat())
}

#[test]
fn eight_windows_are_complete_and_in_order() {
    let (settings, api) = shallow();
    let folder = folder(&api, QUERY);
    let ended = folder.run("run --strict");
    let stderr = ended.assert_complete().stable_stderr();
    assert!(
        stderr.starts_with("calls: complete, 1,600 records in ") && stderr.contains(" of 8 windows, "),
        "{stderr}"
    );
    assert!(folder.read("out/calls.ndjson") == lines(&settings), "the records differ");
    let stats = api.stats();
    // Each page was requested once, and no query was too deep.
    assert_eq!(stats.requests["POST /api/v2/analytics/conversations/details/query"], stats.pages);
}

#[test]
fn one_window_is_halved_until_it_fits() {
    let (settings, api) = shallow();
    for unique in ["", "unique = \"/conversationId\"\n"] {
        let stream = QUERY.replace("slice = \"6h\"\n", "").replace("sinks =", &format!("{unique}sinks ="));
        let folder = folder(&api, &stream);
        let ended = folder.run("run --strict");
        let stderr = ended.assert_complete().stable_stderr();
        assert!(stderr.contains("calls: complete, 1,600 records in "), "{stderr}");
        assert!(stderr.contains(" of 8 windows, "), "{stderr}");
        assert!(folder.read("out/calls.ndjson") == lines(&settings), "the records differ");
    }
}

#[test]
fn halved_windows_have_their_own_files_and_lose_nothing() {
    let (settings, api) = shallow();
    for unique in ["", "unique = \"/conversationId\"\n"] {
        let stream = QUERY.replace("slice = \"6h\"\n", "").replace("sinks =", &format!("{unique}sinks ="));
        let folder = folder(&api, &stream);
        folder.run("run --set sinks.lines.path=out/{window.start}.ndjson").assert_complete();
        let names = folder.names_in("out");
        assert_eq!(names.len(), 8, "{names:?}");
        let all: String = names.iter().map(|name| folder.read(&format!("out/{name}"))).collect();
        assert!(all == lines(&settings), "the records differ, with {unique:?}");
    }
}

#[test]
fn each_partition_has_its_own_file_if_the_path_contains_its_id() {
    let (settings, api) = shallow();
    let folder = folder(&api, QUERY);
    let ended = folder.run("run --set sinks.lines.path=out/{partition}.ndjson");
    let stderr = ended.assert_complete().stable_stderr();
    assert!(stderr.ends_with(" -> out/{partition}.ndjson\n"), "{stderr}");
    let names = folder.names_in("out");
    assert_eq!(names.len(), 8, "{names:?}");
    assert_eq!(names[1], "20260101T060000Z-20260101T120000Z.ndjson");
    let all: String = names.iter().map(|name| folder.read(&format!("out/{name}"))).collect();
    assert!(all == lines(&settings), "the records differ");
}

#[test]
fn a_stream_without_windows_and_parents_is_a_single_partition() {
    let server = api::server(|_| Reply::json("[1]").into());
    let stream = "[streams.x]\npath = \"/x\"\nsinks = [\"lines\"]\n";
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), stream, LINES].concat());
    let ended = folder.run("run --set sinks.lines.path=out/{partition}.ndjson");
    let stderr = ended.assert_complete().stable_stderr();
    assert_eq!(stderr, "x: complete, 1 record in 1 page, TIME -> FOLDER/out/all.ndjson\n");
    assert_eq!(folder.read("out/all.ndjson"), "1\n");
}

#[test]
fn a_fresh_run_rolls_back_the_files_of_complete_windows() {
    let (settings, api) = shallow();
    let folder = folder(&api, QUERY).with("out/20260101T000000Z.ndjson", "yesterday\n");
    let command = "run --set sinks.lines.path=out/{window.start}.ndjson --set sinks.lines.mode=append";
    for concurrency in [1, 4] {
        let command = format!("{command} --set streams.calls.concurrency={concurrency}");
        let stopped = folder.run(&format!("{command} --max-requests 23"));
        assert_eq!(stopped.code, Some(75), "{}", stopped.stderr);
        let names = folder.names_in("out");
        assert!(names.len() > 3, "{names:?}");
        let ended = folder.run(&format!("{command} --fresh"));
        let stderr = ended.assert_complete().stable_stderr();
        assert!(stderr.starts_with("calls: complete, 1,600 records in 40 pages of 8 windows, "), "{stderr}");
        let names = folder.names_in("out");
        let all: String = names.iter().map(|name| folder.read(&format!("out/{name}"))).collect();
        let before = if concurrency == 1 { "yesterday\n".to_owned() } else { String::new() };
        assert!(all.strip_prefix(before.as_str()) == Some(&lines(&settings)), "the records differ");
        std::fs::remove_dir_all(folder.path("out")).unwrap();
    }
    let state: Vec<_> =
        folder.names_in(".longhaul").iter().map(|name| name.split_once('.').unwrap().1.to_owned()).collect();
    assert_eq!(state, ["json", "lock"]);
}

#[test]
fn a_window_that_fails_ends_the_run_while_others_wait() {
    let is_first = AtomicBool::new(true);
    let server = api::server(move |request| match request.query("from").unwrap().as_str() {
        "2026-01-05T00:00:00Z" => Reply::status(403).into(),
        _ if is_first.swap(false, Ordering::SeqCst) => Reply::json(r#"{"calls":[]}"#).into(),
        _ => Reaction::Stall,
    });
    let stream = r#"
[streams.calls]
path = "/calls"
query = { from = "{window.start}" }
records = "/calls"
concurrency = 4
pages = { type = "page_number", param = "page" }
window = { from = "2026-01-01", to = "2026-01-06", slice = "1d", format = "%Y-%m-%dT%H:%M:%SZ" }
sinks = ["lines"]
"#;
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), stream, LINES].concat());
    folder.run("run --set sinks.lines.path=out/{window.start}.ndjson").assert_failed(
        4,
        "calls: stopped; 0 records (1 page) saved\n\
         error: the stream `calls` is not complete\n  \
         caused by: `GET http://127.0.0.1:PORT/calls` failed\n  \
         caused by: the server answered 403 Forbidden\n\
         hint: the credentials are valid but lack a permission or scope for this request\n",
    );
    assert!(server.api_requests().len() <= 5, "no request was repeated");
}

#[test]
fn a_file_that_cannot_be_opened_during_a_pull_is_an_error_of_the_sink() {
    let (_, api) = shallow();
    let folder = folder(&api, QUERY).with("out/20260102T000000Z.ndjson/in the way", "");
    let ended = folder.run("run --set sinks.lines.path=out/{window.start}.ndjson");
    // Not 2, which means that nothing was sent.
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    let words = ended.last_error();
    let cause = "caused by: the sink `lines` failed\n  caused by: cannot write to `out/20260102T000000Z.ndjson`: it is a folder\n";
    assert!(words.contains(cause), "{words}");
}

/// An API whose ranges include their ends. `{window.last}` is a day before the end.
#[test]
fn windows_of_ranges_that_include_their_ends_repeat_nothing() {
    let server = api::server(|request| {
        let day = |name: &str| request.query(name).unwrap()[8..].parse::<u32>().unwrap();
        let days: Vec<_> = (1..=6).filter(|found| (day("from")..=day("to")).contains(found)).collect();
        Reply::json(serde_json::json!({ "data": days }).to_string()).into()
    });
    let stream = "[streams.events]\npath = \"/events\"\nrecords = \"/data\"\nsinks = [\"lines\"]\n\
                  query = { from = \"{window.start}\", to = \"{window.last}\" }\n\
                  [streams.events.window]\nfrom = \"2026-01-01\"\nto = \"2026-01-07\"\nslice = \"2d\"\n\
                  bounds = \"closed\"\nformat = \"%Y-%m-%d\"\n";
    let folder = Folder::configured(&[&api::connection(&api::root(&server)), stream, LINES].concat());
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/events.ndjson"), "1\n2\n3\n4\n5\n6\n");
}

#[test]
fn a_window_that_no_request_has_is_an_error() {
    let stream = "[streams.calls]\npath = \"/calls\"\nsinks = [\"lines\"]\n\
                  window = { from = \"2026-01-01\", to = \"2026-01-04\", slice = \"1d\" }\n";
    let folder = Folder::configured(&[&api::connection(&api::unused_url()), stream, LINES].concat());
    let ended = folder.run("run");
    let clause = "error: `streams.calls.window`: no request contains `{window.start}` or `{window.end}`, so each window \
                  would give the same records\n";
    assert!(ended.stderr.starts_with(clause), "{}", ended.stderr);
    assert!(
        ended.stderr.ends_with("hint: put the placeholders in `path`, `query` or `body`\n"),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.code, Some(2));
}

/// A window of one second cannot be halved, so a lower `min_slice` would not help.
#[test]
fn the_shortest_window_is_too_deep() {
    let server = api::server(|_| Reply::refusal(400, &json!({ "code": "pagination.limit" })).into());
    let second = QUERY
        .replace("from = \"2026-01-01\"", "from = \"2026-01-01T00:00:00Z\"")
        .replace("to = \"2026-01-03\"", "to = \"2026-01-01T00:00:01Z\"")
        .replace("min_slice = \"1h\"\n", "");
    let ended =
        Folder::configured(&[&api::connection(&api::root(&server)), &second, LINES].concat()).run("run");
    ended.assert_failed(
        4,
        "error: the stream `calls` is not complete\n  \
         caused by: the API has too many results to page through from 2026-01-01T00:00:00Z to 2026-01-01T00:00:01Z, and \
         the window cannot be halved\n\
         hint: narrow the request so that it has fewer results: windows are halved at whole seconds, so this one cannot be \
         halved again\n",
    );
}

#[test]
fn files_of_partitions_can_be_appended_to_by_incremental_runs() {
    let server = api::server(|_| Reply::json(r#"{"conversations":[{"id":1}]}"#).into());
    let stream = QUERY.replace("unique", "x").replace("pages]\ntype = \"page_number\"\nparam = \"/paging/pageNumber\"\nsize_param = \"/paging/pageSize\"\nsize = 50\ntotal = \"/totalHits\"", "incremental]\nat = \"/id\"\nparam = \"/since\"").replace("slice = \"6h\"\nmin_slice = \"1h\"", "slice = \"1d\"");
    let stream = stream.replace(
        "[[streams.calls.answers]]\nwhen = { status = 400, code = \"pagination.limit\" }\nthen = \"split\"\n",
        "",
    );
    let lines = LINES.replace("{stream}", "{partition}");
    let connection = api::connection(&api::root(&server));
    let folder = Folder::configured(&[&connection, &stream, &lines, "mode = \"append\"\n"].concat());
    folder.run("run").assert_complete();
    folder.run("run").assert_complete();
    for name in folder.names_in("out") {
        assert_eq!(folder.read(&format!("out/{name}")), "{\"id\":1}\n{\"id\":1}\n", "{name}");
    }
    assert_eq!(folder.names_in("out").len(), 2);
    let replacing = Folder::configured(&[&*connection, &stream, &lines].concat());
    let ended = replacing.run("run");
    assert_eq!(ended.code, Some(2));
    assert_eq!(
        ended.last_error().lines().next(),
        Some("error: each pull of this incremental stream would replace the records of the previous one")
    );
}
