//! Incremental streams.

use std::collections::BTreeMap;

use jiff::Timestamp;
use longhaul_demo::{FakeApi, Settings};
use serde_json::Value;

use crate::{
    api::{self, reach, without_faults},
    command_output::CommandOutput,
    folder::Folder,
};

const JOBS: &str = r#"
system = "genesys"
region = "eu-central-1"

[streams.conversation_jobs]
sinks = ["files"]
job = { every = "1ms" }

[streams.conversation_jobs.window]
from = "2026-01-01"
to = "2026-01-20"
slice = "1d"
incremental = true
lookback = "12h"

[sinks.files]
type = "ndjson"
path = "out/{window.start}.ndjson"
"#;

const APPENDING: &str = r#"
[sinks.files]
type = "ndjson"
path = "out/all.ndjson"
mode = "append"
"#;

const STATE: &str = ".longhaul/conversation_jobs.json";

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A week of conversations. Those before this time are available.
fn available_until(until: &str) -> (Settings, FakeApi) {
    let settings = Settings { available: Some(time(until)), job_polls: 0, ..without_faults(700) };
    let api = api::start(&settings);
    (settings, api)
}

fn run(api: &FakeApi, folder: &Folder) -> CommandOutput {
    let ended = reach(api, folder.longhaul("run")).run();
    ended.assert_complete();
    ended
}

fn watermark(folder: &Folder) -> Value {
    serde_json::from_str::<Value>(&folder.read(STATE)).unwrap()["state"]["watermark"].clone()
}

/// How many times each conversation is in the files `names`.
fn counts(folder: &Folder, names: &[String]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in names.iter().flat_map(|name| lines_of(folder, name)) {
        *counts.entry(line).or_default() += 1;
    }
    counts
}

fn lines_of(folder: &Folder, name: &str) -> Vec<String> {
    folder.read(&format!("out/{name}")).lines().map(str::to_owned).collect()
}

fn assert_nothing_is_lost(found: &BTreeMap<String, usize>, settings: &Settings) {
    let all = (0..settings.records).map(|index| settings.conversation_with_attributes(index));
    let lost: Vec<_> = all.filter(|record| !found.contains_key(record)).collect();
    assert_eq!(lost, [""; 0]);
    assert_eq!(found.len(), settings.records);
}

#[test]
fn the_next_run_pulls_the_new_records_and_the_lookback() {
    let (settings, api) = available_until("2026-01-03T12:00:00Z");
    let folder = Folder::configured(JOBS);
    run(&api, &folder);
    let first = ["20260101T000000Z.ndjson", "20260102T000000Z.ndjson", "20260103T000000Z.ndjson"];
    assert_eq!(folder.names_in("out"), first);
    assert_eq!(watermark(&folder), "2026-01-03T12:00:00Z");
    let untouched = folder.read("out/20260102T000000Z.ndjson");

    api.make_available(time("2026-01-05T06:00:00Z"));
    let submitted = api.stats().jobs_submitted;
    run(&api, &folder);
    assert_eq!(api.stats().jobs_submitted - submitted, 3);
    assert_eq!(
        folder.names_in("out"),
        [&first[..], &["20260104T000000Z.ndjson", "20260105T000000Z.ndjson"]].concat()
    );
    assert_eq!(folder.read("out/20260102T000000Z.ndjson"), untouched);
    assert_eq!(watermark(&folder), "2026-01-05T06:00:00Z");

    // Past the end of the data.
    api.make_available(time("2026-01-09T00:00:00Z"));
    run(&api, &folder);
    assert_eq!(watermark(&folder), "2026-01-09T00:00:00Z");
    assert_nothing_is_lost(&counts(&folder, &folder.names_in("out")), &settings);
}

#[test]
fn a_run_without_new_records_pulls_only_the_lookback() {
    let (_, api) = available_until("2026-01-03T12:00:00Z");
    let folder = Folder::configured(JOBS);
    run(&api, &folder);
    let submitted = api.stats().jobs_submitted;
    run(&api, &folder);
    assert_eq!(api.stats().jobs_submitted - submitted, 1);
    // The API now reports an earlier end of its data.
    api.make_available(time("2026-01-02T00:00:00Z"));
    let ended = run(&api, &folder);
    let stderr = "conversation_jobs: nothing new: everything before MOMENT was pulled\n";
    assert_eq!(ended.stable_stderr(), stderr);
    assert_eq!(watermark(&folder), "2026-01-03T12:00:00Z");
}

/// Another request may find other records also in the time before, which is not pulled again.
#[test]
fn a_changed_request_is_a_warning() {
    let (_, api) = available_until("2026-01-03T12:00:00Z");
    let folder = Folder::configured(JOBS);
    assert!(!run(&api, &folder).stderr.contains("warn "));
    let changed =
        || reach(&api, folder.longhaul("run").variable("LONGHAUL_API__HEADERS__X-TENANT", "globex")).run();
    let ended = changed();
    let warning = "conversation_jobs: `api.headers.x-tenant` is not what it was in the last complete run, so only \
                   later records are pulled with it; for all of them, run: longhaul run conversation_jobs --full-refresh";
    assert!(ended.assert_complete().stderr.contains(warning), "{}", ended.stderr);
    assert!(!changed().assert_complete().stderr.contains("warn "), "once");
}

#[test]
fn appending_runs_lose_nothing_and_repeat_nothing() {
    let (settings, api) = available_until("2026-01-03T12:00:00Z");
    let folder = Folder::configured(&[JOBS.split("[sinks.files]").next().unwrap(), APPENDING].concat());
    run(&api, &folder);
    let first = folder.read("out/all.ndjson");
    api.make_available(time("2026-01-09T00:00:00Z"));
    let ended = run(&api, &folder);
    let expected = "conversation_jobs: complete, 450 records in 6 pages of 6 windows, 70 duplicates dropped, \
                    56 records left out as unchanged, TIME -> FOLDER/out/all.ndjson\n";
    assert_eq!(ended.stable_stderr(), expected);
    assert!(folder.read("out/all.ndjson").starts_with(&first), "what was there is not there any more");
    let found = counts(&folder, &["all.ndjson".to_owned()]);
    assert_nothing_is_lost(&found, &settings);
    // The preset drops those that the lookback pulls again.
    assert!(found.values().all(|times| *times == 1));
}

#[test]
fn a_run_that_fails_leaves_the_watermark_where_it_was() {
    let (settings, api) = available_until("2026-01-03T12:00:00Z");
    let folder = Folder::configured(JOBS);
    run(&api, &folder);
    api.make_available(time("2026-01-09T00:00:00Z"));
    let path = "streams.conversation_jobs.path=/api/v2/analytics/conversations/details/jobs/{job.id}/resluts";
    let ended = reach(&api, folder.longhaul("run --set").argument(path)).run();
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    assert_eq!(watermark(&folder), "2026-01-03T12:00:00Z");
    run(&api, &folder);
    assert_nothing_is_lost(&counts(&folder, &folder.names_in("out")), &settings);
}

#[test]
fn a_run_with_another_sink_leaves_the_watermark_alone() {
    let (_, api) = available_until("2026-01-03T12:00:00Z");
    let folder = Folder::configured(
        &[JOBS, "[sinks.other]\ntype = \"ndjson\"\npath = \"other/{window.start}\"\n"].concat(),
    );
    reach(&api, folder.longhaul("run --sink other")).run().assert_complete();
    assert_eq!(folder.names_in("other").len(), 3);
    assert!(!folder.path(STATE).exists());
}

#[test]
fn the_watermark_is_never_later_than_the_run() {
    let api = api::start(&without_faults(70));
    let stream = JOBS.replace("conversation_jobs", "conversations").replace("2026-01-20", "2999-01-01");
    let stream =
        stream.replace("job = { every = \"1ms\" }\n", "").replace("slice = \"1d\"\n", "slice = \"2000y\"\n");
    let folder = Folder::configured(&stream);
    run(&api, &folder);
    let state: Value = serde_json::from_str(&folder.read(".longhaul/conversations.json")).unwrap();
    let watermark = time(state["state"]["watermark"].as_str().unwrap());
    assert!(watermark <= Timestamp::try_from(api::clock().now()).unwrap(), "{watermark}");
}

#[test]
fn one_file_that_is_replaced_each_time_is_an_error() {
    let (_, api) = available_until("2026-01-03T12:00:00Z");
    let folder = Folder::configured(&JOBS.replace("{window.start}", "{stream}"));
    reach(&api, folder.longhaul("run")).run().assert_failed(
        2,
        "error: each pull of this incremental stream would replace the records of the previous one\n  \
         in: longhaul.toml:18\n\
         hint: put `{window.start}` in the path, or set `mode = \"append\"`\n",
    );
    assert_eq!(api.stats().total_requests(), 0);
}

#[test]
fn a_file_for_each_partition_keeps_what_earlier_runs_pulled() {
    let (_, api) = available_until("2026-01-02T00:00:00Z");
    let folder = Folder::configured(&JOBS.replace("{window.start}", "{partition}"));
    run(&api, &folder);
    assert_eq!(folder.names_in("out"), ["20260101T000000Z-20260102T000000Z.ndjson"]);
}

#[test]
fn stdout_is_an_error() {
    let (_, api) = available_until("2026-01-03T12:00:00Z");
    let folder = Folder::configured(&JOBS.replace("sinks = [\"files\"]", "sinks = []"));
    let words =
        "error: a stream with `incremental = true` must go to a sink that keeps its records, not to stdout\n";
    reach(&api, folder.longhaul("run")).run().assert_failed(2, words);
    assert_eq!(api.stats().total_requests(), 0);
}

#[test]
fn a_damaged_state_is_an_error_and_is_left_alone() {
    let (_, api) = available_until("2026-01-03T12:00:00Z");
    let folder = Folder::configured(JOBS).with(STATE, "{\"version\":1");
    let ended = reach(&api, folder.longhaul("run")).run();
    ended.assert_failed(
        6,
        "error: `FOLDER/.longhaul/conversation_jobs.json` is damaged\n  \
         caused by: EOF while parsing an object at line 1 column 12\n\
         hint: restore the file, or discard it and start again: longhaul run conversation_jobs \
         --fresh\n",
    );
    assert_eq!(folder.read(STATE), "{\"version\":1");
}
