//! Pulls that are killed at random times, again and again. In the end, the files have the same bytes as those of an
//! undisturbed pull, and only the pages since the last checkpoint were pulled twice.
//!
//! `LONGHAUL_TEST_KILLS` is the minimum number of kills of all pulls in this file. `LONGHAUL_TEST_SEED` repeats the random
//! numbers of a failed run. The tests of the engine simulate crashes of the machine, with a disk that loses unsynced data.
#![cfg(unix)]

mod killed_pull;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

use jiff::SignedDuration;
use longhaul_demo::{Fault, Faults, IntervalMatching, Settings};
use longhaul_tests::{Reaction, Timeline};

use self::killed_pull::{AT_EACH_PAGE, Pull, assert_complete_despite_kills};
use crate::{
    api::{self, LINES, TUTORIAL, without_faults},
    folder::Folder,
};

const OFTEN: &str = "10ms";
/// The default.
const DEFAULT: &str = "1s";

const TABLE: &str = r#"
[sinks.table]
type = "csv"
path = "out/{stream}.csv"
columns = ["/conversationId", { name = "direction", at = "/originatingDirection" }]
"#;

/// The other formats: compressed files, and tables of all columns, which use a spool.
const OTHER_FORMATS: &str = r#"
[sinks.gzip]
type = "ndjson"
path = "out/{stream}.ndjson.gz"

[sinks.zstd]
type = "csv"
path = "out/{stream}.csv.zst"
columns = ["/conversationId", { name = "direction", at = "/originatingDirection" }]

[sinks.all]
type = "csv"
path = "out/all.csv"

[sinks.packed]
type = "csv"
path = "out/all.csv.gz"
"#;

const QUERY: &str = r#"
[streams.calls]
method = "POST"
path = "/api/v2/analytics/conversations/details/query"
body = { interval = "{window.start}/{window.end}" }
records = "/conversations"
records_missing = "empty"
concurrency = 4
sinks = ["lines"]

[streams.calls.pages]
type = "page_number"
param = "/paging/pageNumber"
size_param = "/paging/pageSize"
size = 2
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

const JOBS: &str = r#"
system = "genesys"
region = "eu-central-1"

[streams.conversation_jobs]
sinks = ["lines"]
concurrency = 3
query = { pageSize = 2 }
window = { from = "2026-01-01", to = "2026-01-03", slice = "6h" }
job = { every = "1ms" }
"#;

const FILE_FOR_EACH_WINDOW: &str = r#"
[sinks.lines]
type = "ndjson"
path = "out/{window.start}.ndjson"
"#;

/// Tokens are rejected after nine requests, one request in ten meets a fault, and each answer takes 3 ms.
fn with_faults(records: usize) -> Settings {
    Settings {
        token_requests: Some(9),
        faults: Faults { rate: 0.1, retry_after: 0, ..Faults::default() },
        latency: Duration::from_millis(3),
        days: 2,
        matching: IntervalMatching::Exact,
        ..without_faults(records)
    }
}

/// Two files side by side, from forty pages.
fn listing() -> Pull {
    listing_into("\"lines\", \"table\"", &[LINES, TABLE].concat())
}

fn listing_into(names: &str, sinks: &str) -> Pull {
    let stream = TUTORIAL.replace("\"lines\"", names).replace("50", "2");
    Pull {
        stream: "conversations",
        configuration: [&api::connection(&api::unused_url()), stream.as_str(), sinks].concat(),
        settings: with_faults(80),
        existing_files: &[],
        concurrency: 1,
        deepest: 0,
    }
}

/// A token that is revoked during its first requests looks like a token that never worked, which ends a run. This cannot
/// happen with one request at a time, but it can if pages are prefetched.
fn without_revocations(settings: Settings) -> Settings {
    let kinds = Fault::ALL.into_iter().filter(|fault| *fault != Fault::RevokeToken).collect();
    Settings { faults: Faults { kinds, ..settings.faults }, ..settings }
}

fn windows(sink: &str) -> Pull {
    Pull {
        stream: "calls",
        configuration: [&api::connection(&api::unused_url()), QUERY, sink].concat(),
        settings: without_revocations(with_faults(64)),
        ..listing()
    }
}

fn jobs(sink: &str) -> Pull {
    Pull {
        stream: "conversation_jobs",
        configuration: [JOBS, sink].concat(),
        settings: without_revocations(Settings { job_polls: 1, ..with_faults(64) }),
        ..listing()
    }
}

#[test]
fn a_listing_into_two_files_at_once() {
    // Slow enough for some checkpoints at the default interval.
    let slow =
        Pull { settings: Settings { latency: Duration::from_millis(40), ..with_faults(80) }, ..listing() };
    assert_complete_despite_kills(&slow, &[DEFAULT]);
    assert_complete_despite_kills(&listing(), &[AT_EACH_PAGE, OFTEN, DEFAULT]);
}

#[test]
fn a_listing_appended_to_existing_files() {
    let listing = listing();
    let appending =
        ["type = \"ndjson\"", "type = \"csv\""].iter().fold(listing.configuration.clone(), |text, kind| {
            text.replace(kind, &format!("{kind}\nmode = \"append\""))
        });
    let existing_files = &[
        ("out/conversations.ndjson", "{\"old\":1}\n"),
        ("out/conversations.csv", "conversationId,direction\r\nold,inbound\r\n"),
    ];
    let pull = Pull { configuration: appending, existing_files, ..listing };
    assert_complete_despite_kills(&pull, &[AT_EACH_PAGE, OFTEN]);
}

/// The compressed files are also compared with the plain files of the same pull.
#[test]
fn a_listing_into_files_of_every_format_at_once() {
    let names = r#""lines", "table", "gzip", "zstd", "all", "packed""#;
    let pull = listing_into(names, &[LINES, TABLE, OTHER_FORMATS].concat());
    let files = assert_complete_despite_kills(&pull, &[AT_EACH_PAGE, OFTEN, DEFAULT]);
    for (plain, packed) in [
        ("conversations.ndjson", "conversations.ndjson.gz"),
        ("conversations.csv", "conversations.csv.zst"),
        ("all.csv", "all.csv.gz"),
    ] {
        assert!(files[plain] == files[packed], "{packed}");
    }
    // Compressed files can be appended to, tables of all columns cannot.
    let names = r#""gzip", "zstd""#;
    let sinks = OTHER_FORMATS.replace("path =", "mode = \"append\"\npath =");
    let (appended, _) = sinks.split_once("[sinks.all]").unwrap();
    assert_complete_despite_kills(&listing_into(names, appended), &[AT_EACH_PAGE, OFTEN]);
}

#[test]
fn windows_into_one_file() {
    assert_complete_despite_kills(&windows(LINES), &[AT_EACH_PAGE, OFTEN]);
}

#[test]
fn windows_that_are_halved_into_one_file() {
    let pull = windows(LINES);
    // A day has 32 records, and a query returns at most 12.
    let pull = Pull {
        configuration: pull.configuration.replace("slice = \"6h\"", "slice = \"1d\""),
        settings: Settings { max_depth: Some(12), ..pull.settings },
        deepest: 12 / 2,
        ..pull
    };
    assert_complete_despite_kills(&pull, &[AT_EACH_PAGE, OFTEN]);
}

/// At this point, the window is rolled back, but its halves are not saved yet.
#[test]
fn a_window_that_is_about_to_be_halved() {
    let half = "2026-01-01T00:00:00.000Z/2026-01-01T12:00:00.000Z";
    let start = "2026-01-01T00:00:00Z".parse().unwrap();
    let timeline = Arc::new(Timeline::new(start, SignedDuration::from_hours(1), 24, 15));
    let (model, killed) = (Arc::clone(&timeline), Arc::new(AtomicBool::new(false)));
    let (reached, reaches) = mpsc::channel();
    let was_killed = Arc::clone(&killed);
    let server = api::server(move |request| {
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        if body["interval"] == half && !was_killed.load(Ordering::SeqCst) {
            reached.send(()).unwrap();
            return Reaction::Stall;
        }
        model.page(request).into()
    });
    let query = QUERY.replace("slice = \"6h\"\n", "").replace("to = \"2026-01-03\"", "to = \"2026-01-02\"");
    let folder = Folder::configured(
        &["commit_every = \"0s\"\n", &api::connection(&api::root(&server)), &query, LINES].concat(),
    );
    let running = folder.longhaul("run").start();
    reaches.recv_timeout(Duration::from_secs(60)).unwrap();
    killed.store(true, Ordering::SeqCst);
    assert_eq!(running.kill().code, None);
    folder.run("run").assert_complete();
    let records: String = timeline.records().into_iter().map(|record| record + "\n").collect();
    assert_eq!(folder.read("out/calls.ndjson"), records);
}

#[test]
fn four_windows_at_a_time_with_their_own_files() {
    let pull = windows(FILE_FOR_EACH_WINDOW);
    let pull = Pull { concurrency: 4, ..pull };
    assert_complete_despite_kills(&pull, &[AT_EACH_PAGE, OFTEN, DEFAULT]);
}

#[test]
fn jobs_whose_records_overlap_into_one_file() {
    // A conversation is in the job of each of its days. The preset drops the duplicates.
    let pull = jobs(LINES);
    let pull =
        Pull { settings: Settings { matching: IntervalMatching::UtcDays, ..pull.settings.clone() }, ..pull };
    assert_complete_despite_kills(&pull, &[AT_EACH_PAGE, OFTEN]);
}

#[test]
fn jobs_with_their_own_files() {
    assert_complete_despite_kills(&jobs(FILE_FOR_EACH_WINDOW), &[AT_EACH_PAGE, OFTEN]);
}
