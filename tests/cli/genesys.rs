//! Conversations with the Genesys Cloud preset: `system`, `region`, credentials in the environment, a stream and a sink.

use longhaul_demo::{Fault, Faults, Settings};

use crate::{
    api::{self, reach, without_faults},
    folder::Folder,
};

const MINIMAL: &str = r#"
system = "genesys"
region = "eu-central-1"

[streams.conversations]
sinks = ["lines"]
window = { from = "2026-01-02", to = "2026-01-05" }
"#;

const BY_JOBS: &str = r#"
system = "genesys"
region = "eu-central-1"

[streams.conversation_jobs]
sinks = ["lines"]
window = { from = "2026-01-01", to = "2026-01-08", slice = "1d" }
query = { pageSize = 10 }
job = { every = "1ms" }
"#;

/// The conversations that started on these days of January 2026, the last excluded, as lines.
fn started_on(days: std::ops::Range<u8>, settings: &Settings) -> String {
    let starts = |record: &str| {
        let record: serde_json::Value = serde_json::from_str(record).unwrap();
        record["conversationStart"].as_str().unwrap()[8..10].parse::<u8>().unwrap()
    };
    let all = (0..settings.records).map(|index| settings.conversation(index));
    all.filter(|record| days.contains(&starts(record))).map(|record| record + "\n").collect()
}

fn with_attributes(settings: &Settings) -> String {
    (0..settings.records).map(|index| settings.conversation_with_attributes(index) + "\n").collect()
}

/// Tokens are rejected after nine requests, and one request in five meets a fault.
fn with_faults(settings: Settings) -> Settings {
    let faults = Faults { rate: 0.2, retry_after: 0, ..Faults::default() };
    Settings { token_requests: Some(9), faults, ..settings }
}

#[test]
fn three_days_of_conversations_arrive_exactly_once_and_unchanged() {
    let settings = without_faults(1750);
    let api = api::start(&settings);
    let folder = Folder::configured(&[MINIMAL, api::LINES].concat());
    let ended = reach(&api, folder.longhaul("run")).run();
    assert_eq!(
        ended.assert_complete().stable_stderr(),
        "conversations: complete, 750 records in 12 pages of 3 windows, TIME -> FOLDER/out/conversations.ndjson\n"
    );
    assert!(folder.read("out/conversations.ndjson") == started_on(2..5, &settings), "the records differ");
}

#[test]
fn duplicates_from_several_windows_are_dropped_and_counted() {
    let settings = without_faults(1750);
    // Other slices share a day with the next slice.
    for (window, windows, dropped) in [
        ("slice=8h", 9, 1500),
        // These slices start at 23:00 UTC, so each overlaps two days.
        ("timezone=Europe/Berlin", 3, 500),
    ] {
        let api = api::start(&settings);
        let folder = Folder::configured(&[MINIMAL, api::LINES].concat());
        let ended =
            reach(&api, folder.longhaul(&format!("run --set streams.conversations.window.{window}"))).run();
        let stderr = ended.assert_complete().stable_stderr();
        // In Berlin, 2 January starts on 1 January UTC.
        let first = if window == "slice=8h" { 2 } else { 1 };
        let expected = started_on(first..5, &settings);
        let records = expected.lines().count();
        let start = format!("conversations: complete, {} records in ", grouped(records));
        let end = format!(
            " of {windows} windows, {} duplicates dropped, TIME -> FOLDER/out/conversations.ndjson\n",
            grouped(dropped)
        );
        assert!(stderr.starts_with(&start) && stderr.ends_with(&end), "{stderr}");
        assert!(folder.read("out/conversations.ndjson") == expected, "the records differ");
    }
}

fn grouped(count: usize) -> String {
    if count < 1000 { count.to_string() } else { format!("{},{:03}", count / 1000, count % 1000) }
}

#[test]
fn conversations_are_complete_despite_rejected_tokens_and_faults() {
    let settings = with_faults(without_faults(3500));
    let api = api::start(&settings);
    let folder = Folder::configured(&[MINIMAL, api::LINES].concat());
    reach(&api, folder.longhaul("run --set streams.conversations.pages.size=10")).run().assert_complete();
    assert!(folder.read("out/conversations.ndjson") == started_on(2..5, &settings), "the records differ");
    let stats = api.stats();
    assert!(
        stats.tokens_invalidated() > 5 && stats.tokens_issued <= stats.tokens_invalidated() + 1,
        "{stats:?}"
    );
    assert!(stats.too_many_requests > 0 && stats.unavailable > 0 && stats.resets > 0, "{stats:?}");
}

#[test]
fn conversations_found_by_several_jobs_are_written_once() {
    let settings = Settings { job_polls: 2, ..without_faults(700) };
    let api = api::start(&settings);
    let folder = Folder::configured(&[BY_JOBS, api::LINES].concat());
    let ended = reach(&api, folder.longhaul("run")).run();
    let stderr = ended.assert_complete().stable_stderr();
    assert!(stderr.starts_with("conversation_jobs: complete, 700 records in "), "{stderr}");
    assert!(stderr.contains(" pages of 7 windows, ") && stderr.contains(" duplicates dropped, "), "{stderr}");
    assert!(folder.read("out/conversation_jobs.ndjson") == with_attributes(&settings), "the records differ");
    assert_eq!(api.stats().jobs_submitted, 7);
}

#[test]
fn jobs_are_complete_despite_rejected_tokens_and_faults() {
    let settings = with_faults(Settings { job_polls: 5, ..without_faults(1400) });
    let api = api::start(&settings);
    let folder = Folder::configured(&[BY_JOBS, api::LINES].concat());
    reach(&api, folder.longhaul("run")).run().assert_complete();
    assert!(folder.read("out/conversation_jobs.ndjson") == with_attributes(&settings), "the records differ");
    let stats = api.stats();
    // A submission is not a read. No submission was sent twice.
    assert_eq!((stats.jobs_submitted, stats.jobs_cancelled), (7, 0));
    assert!(stats.tokens_invalidated() > 5, "{stats:?}");
    // The fault of each request depends on the timing of the threads.
    let interrupted = stats.cut_before_answer + stats.cut_inside_body + stats.resets;
    let met = [stats.too_many_requests, stats.unavailable, interrupted];
    assert!(met.iter().all(|times| *times > 0), "{stats:?}");
}

#[test]
fn a_rate_limit_reported_as_a_bad_request_by_the_token_endpoint_is_waited_out() {
    let settings = Settings { token_refusals: 2, ..without_faults(70) };
    let api = api::start(&settings);
    let folder = Folder::configured(&[MINIMAL, api::LINES].concat());
    reach(&api, folder.longhaul("run")).run().assert_complete();
    assert!(folder.read("out/conversations.ndjson") == started_on(2..5, &settings), "the records differ");
    assert_eq!((api.stats().token_refusals, api.stats().tokens_issued), (2, 1));
}

#[test]
fn a_window_that_is_too_deep_is_not_halved_below_a_day() {
    let settings = Settings { max_depth: Some(200), ..without_faults(1750) };
    let api = api::start(&settings);
    let folder = Folder::configured(&[MINIMAL, api::LINES].concat());
    let ended = reach(&api, folder.longhaul("run --set streams.conversations.concurrency=1")).run();
    ended.assert_failed(
        4,
        "conversations: stopped; 200 records (2 pages) saved\n\
         error: the stream `conversations` is not complete\n  \
         caused by: the API has too many results to page through from 2026-01-02T00:00:00Z to \
         2026-01-03T00:00:00Z, and the window cannot be halved\n\
         hint: lower `streams.conversations.window.min_slice`, or narrow the request so that it has fewer results\n",
    );
    assert_eq!(folder.names_in("out"), ["conversations.ndjson.part"]);
    // Longer windows are halved to days.
    let settings = Settings { max_depth: Some(400), ..settings };
    let api = api::start(&settings);
    let longer = "run --fresh --set streams.conversations.window.slice=4d --set streams.conversations.window.from=2026-01-01";
    reach(&api, folder.longhaul(longer)).run().assert_complete();
    assert!(folder.read("out/conversations.ndjson") == started_on(1..5, &settings), "the records differ");
}

#[test]
fn a_pull_recovers_from_faults_of_a_single_kind() {
    for kind in Fault::ALL {
        let faults = Faults { rate: 0.5, kinds: vec![kind], retry_after: 0 };
        let settings = Settings { faults, ..without_faults(350) };
        let api = api::start(&settings);
        let folder = Folder::configured(&[MINIMAL, api::LINES].concat());
        let command = folder.longhaul("run --set streams.conversations.pages.size=10");
        reach(&api, command).run().assert_complete();
        assert!(folder.read("out/conversations.ndjson") == started_on(2..5, &settings), "{kind:?}");
    }
}
