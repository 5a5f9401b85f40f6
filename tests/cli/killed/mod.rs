//! Pulls that are killed at random instants, again and again: in the end there are the same bytes as if nothing had
//! happened, and no more was pulled twice than came since the last checkpoint.
//!
//! `LONGHAUL_TEST_KILLS` says how many kills there are at least, over all pulls of this file, and `LONGHAUL_TEST_SEED`
//! repeats the draws of a run that failed. That a crash of the machine does no harm either is shown with a disk that
//! forgets, by the suite of the engine.
#![cfg(unix)]

mod victim;

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
use longhaul_tests::{Act, Timeline};

use self::victim::{Every, Pull, assert_survives};
use crate::{
    api::{self, LINES, TUTORIAL, calm},
    folder::Folder,
};

const AT_EACH_PAGE: Every = Every { text: "0s", time: Duration::ZERO };
const OFTEN: Every = Every { text: "10ms", time: Duration::from_millis(10) };
/// What is done where nothing is configured.
const BY_DEFAULT: Every = Every { text: "1s", time: Duration::from_secs(1) };

const TABLE: &str = r#"
[sinks.table]
type = "csv"
path = "out/{stream}.csv"
columns = ["/conversationId", { name = "direction", at = "/originatingDirection" }]
"#;

/// Every other form of a file: compressed ones, and tables of all columns, which wait in a spool.
const OTHER_FORMS: &str = r#"
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
too_deep = { status = 400, code = "pagination.limit" }
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

/// Tokens die every nine requests, one request in ten meets a fault, and each answer takes a moment.
fn rough(records: usize) -> Settings {
    Settings {
        token_requests: Some(9),
        faults: Faults { rate: 0.1, retry_after: 0, ..Faults::default() },
        latency: Duration::from_millis(3),
        days: 2,
        matching: IntervalMatching::Exact,
        ..calm(records)
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
        configuration: [&api::connection(&api::nowhere()), stream.as_str(), sinks].concat(),
        settings: rough(80),
        there_before: &[],
        readers: 1,
        deepest: 0,
    }
}

/// A token that is revoked while its first requests are under way looks as if it had never served, and that is the end
/// of a run. One request at a time cannot meet with it.
fn without_revocations(settings: Settings) -> Settings {
    let kinds = Fault::ALL.into_iter().filter(|fault| *fault != Fault::RevokeToken).collect();
    Settings { faults: Faults { kinds, ..settings.faults }, ..settings }
}

fn windows(sink: &str) -> Pull {
    Pull {
        stream: "calls",
        configuration: [&api::connection(&api::nowhere()), QUERY, sink].concat(),
        settings: rough(64),
        ..listing()
    }
}

fn jobs(sink: &str) -> Pull {
    Pull {
        stream: "conversation_jobs",
        configuration: [JOBS, sink].concat(),
        settings: without_revocations(Settings { job_polls: 1, ..rough(64) }),
        ..listing()
    }
}

#[test]
fn a_listing_into_two_files_at_once() {
    // Slow enough that a checkpoint is saved now and then.
    let slow = Pull { settings: Settings { latency: Duration::from_millis(40), ..rough(80) }, ..listing() };
    assert_survives(&slow, &[BY_DEFAULT]);
    assert_survives(&listing(), &[AT_EACH_PAGE, OFTEN, BY_DEFAULT]);
}

#[test]
fn a_listing_behind_what_was_there_before() {
    let listing = listing();
    let appending =
        ["type = \"ndjson\"", "type = \"csv\""].iter().fold(listing.configuration.clone(), |text, kind| {
            text.replace(kind, &format!("{kind}\nmode = \"append\""))
        });
    let there_before = &[
        ("out/conversations.ndjson", "{\"old\":1}\n"),
        ("out/conversations.csv", "conversationId,direction\r\nold,inbound\r\n"),
    ];
    let pull = Pull { configuration: appending, there_before, ..listing };
    assert_survives(&pull, &[AT_EACH_PAGE, OFTEN]);
}

/// What they hold is compared with plain files of the same pull, too.
#[test]
fn a_listing_into_files_of_every_form_at_once() {
    let names = r#""lines", "table", "gzip", "zstd", "all", "packed""#;
    let pull = listing_into(names, &[LINES, TABLE, OTHER_FORMS].concat());
    let files = assert_survives(&pull, &[AT_EACH_PAGE, OFTEN, BY_DEFAULT]);
    for (plain, packed) in [
        ("conversations.ndjson", "conversations.ndjson.gz"),
        ("conversations.csv", "conversations.csv.zst"),
        ("all.csv", "all.csv.gz"),
    ] {
        assert!(files[plain] == files[packed], "{packed}");
    }
    // Appended to are compressed files as well; a table of all columns is not.
    let names = r#""gzip", "zstd""#;
    let sinks = OTHER_FORMS.replace("path =", "mode = \"append\"\npath =");
    let (appended, _) = sinks.split_once("[sinks.all]").unwrap();
    assert_survives(&listing_into(names, appended), &[AT_EACH_PAGE, OFTEN]);
}

#[test]
fn windows_into_one_file() {
    assert_survives(&windows(LINES), &[AT_EACH_PAGE, OFTEN]);
}

#[test]
fn windows_that_are_halved_into_one_file() {
    let pull = windows(LINES);
    // A day is 32 records, of which no more than 12 are to be had at once.
    let pull = Pull {
        configuration: pull.configuration.replace("slice = \"6h\"", "slice = \"1d\""),
        settings: Settings { max_depth: Some(12), ..pull.settings },
        deepest: 12 / 2,
        ..pull
    };
    assert_survives(&pull, &[AT_EACH_PAGE, OFTEN]);
}

/// What was pulled of the window is taken back by then, and the halves are not noted yet.
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
            return Act::Stall;
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
fn windows_with_files_of_their_own_four_at_a_time() {
    let pull = windows(FILE_FOR_EACH_WINDOW);
    let pull = Pull { readers: 4, settings: without_revocations(pull.settings.clone()), ..pull };
    assert_survives(&pull, &[AT_EACH_PAGE, OFTEN, BY_DEFAULT]);
}

#[test]
fn jobs_whose_records_overlap_into_one_file() {
    // A conversation is in the job of each day that it touches, and the preset drops it the second time.
    let pull = jobs(LINES);
    let pull =
        Pull { settings: Settings { matching: IntervalMatching::UtcDays, ..pull.settings.clone() }, ..pull };
    assert_survives(&pull, &[AT_EACH_PAGE, OFTEN]);
}

#[test]
fn jobs_with_files_of_their_own() {
    assert_survives(&jobs(FILE_FOR_EACH_WINDOW), &[AT_EACH_PAGE, OFTEN]);
}
