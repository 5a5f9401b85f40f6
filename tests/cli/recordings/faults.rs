//! A replay meets the faults of the recorded run, and writes the same bytes.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use longhaul_demo::{Faults, IntervalMatching, Settings};
use longhaul_tests::{End, Framing, Reaction, Reply};

use crate::{
    api::{self, reach, without_faults},
    folder::Folder,
};

/// Jobs in windows, several at once; pages that are prefetched; and a listing with next links.
const STREAMS: &str = r#"
system = "genesys"
region = "eu-central-1"

[streams.conversation_jobs]
sinks = ["files"]
concurrency = 3
query = { pageSize = 30 }
window = { from = "2026-01-01", to = "now", slice = "6h" }
job = { every = "1ms" }

[streams.users]
sinks = ["lines"]
concurrency = 4
query = { pageSize = 10 }

[sinks.files]
type = "ndjson"
path = "out/{window.start}.ndjson"

[sinks.lines]
type = "ndjson"
path = "out/{stream}.ndjson"
"#;

#[test]
fn a_pull_with_faults_is_replayed_to_the_same_bytes() {
    let faults = Faults { rate: 0.3, retry_after: 0, ..Faults::default() };
    let settings = Settings {
        days: 2,
        matching: IntervalMatching::Exact,
        token_requests: Some(9),
        job_polls: 2,
        max_page: 20,
        faults,
        ..without_faults(300)
    };
    let api = api::start(&settings);
    let recorded = Folder::configured(STREAMS);
    let ended = reach(&api, recorded.longhaul("run --record rec --summary summary.json")).run();
    ended.assert_complete();
    assert!(ended.stderr.contains(" in rec\n"), "{}", ended.stderr);
    let summary: serde_json::Value = serde_json::from_str(&recorded.read("summary.json")).unwrap();
    assert!(summary["tokens_died"].as_u64() > Some(2) && summary["retries"].as_u64() > Some(4), "{summary}");
    drop(api);
    let replayed = Folder::configured(STREAMS);
    for jobs in ["users conversation_jobs", "conversation_jobs users"] {
        let out = replayed.path("out");
        let _ = std::fs::remove_dir_all(&out);
        let line = format!("run {jobs} --summary summary.json --replay");
        let ended = replayed.longhaul(&line).argument(recorded.path("rec")).run();
        ended.assert_complete();
        assert!(ended.stderr.starts_with("replaying "), "{}", ended.stderr);
        let names = recorded.names_in("out");
        assert!(names.len() > 2);
        assert_eq!(replayed.names_in("out"), names);
        for name in names {
            let path = format!("out/{name}");
            assert!(recorded.read(&path) == replayed.read(&path), "{name} differs");
        }
        let replay: serde_json::Value = serde_json::from_str(&replayed.read("summary.json")).unwrap();
        assert_eq!((&replay["begun"], &replay["tokens"]), (&summary["begun"], &0.into()));
        assert!(replay["retries"].as_u64() > Some(4), "{replay}");
    }
    assert!(!replayed.path(".longhaul").exists());
}

#[test]
fn connections_that_break_are_replayed() {
    let attempts = AtomicU32::new(0);
    let server = api::server(move |_| {
        let reply = Reply::json(r#"{"results":[{"id":1}]}"#);
        match attempts.fetch_add(1, Ordering::SeqCst) {
            0 => Reaction::Close,
            1 => Reaction::Reset,
            2 => Reaction::Cut { reply, framing: Framing::Length, after: 9, end: End::Close },
            3 => Reply::status(503).into(),
            4 => Reply::html().into(),
            _ => reply.into(),
        }
    });
    let folder = Folder::configured(&api::tutorial(&api::root(&server)));
    folder.run("run --record rec").assert_complete();
    let replayed = Folder::configured(&api::tutorial(&api::unused_url()));
    // It would take minutes if it waited.
    let line = "run -v --set retry.base_delay=1000s --set retry.max_delay=1000s --replay";
    let ended = replayed.longhaul(line).argument(folder.path("rec")).run();
    ended.assert_complete();
    for fault in ["the connection closed before the answer was complete", "503"] {
        assert!(ended.stderr.contains(fault), "{}", ended.stderr);
    }
    assert_eq!(replayed.read("out/conversations.ndjson"), "{\"id\":1}\n");
}

#[test]
fn a_run_that_fails_fails_in_the_same_way_again() {
    for (auth, answers, code) in [
        // The API refuses a new token.
        ("", vec![401, 401], 3),
        // A token that cannot be renewed.
        ("type = \"token\"\ntoken = \"t0ken\"", vec![401], 3),
        ("", vec![403], 4),
        ("", vec![503; 6], 75),
    ] {
        let left = Arc::new(std::sync::Mutex::new(answers));
        let server = api::server(move |_| Reply::status(left.lock().unwrap().pop().unwrap_or(500)).into());
        let configuration = |root: &str| {
            let configuration = api::tutorial(root);
            if auth.is_empty() {
                return configuration;
            }
            let (before, rest) = configuration.split_once("[auth]\n").unwrap();
            let (_, after) = rest.split_once("\n\n").unwrap();
            format!("{before}[auth]\n{auth}\n\n{after}")
        };
        let folder = Folder::configured(&configuration(&api::root(&server)));
        let recorded = folder.run("run --record rec");
        assert_eq!(recorded.code, Some(code), "{}", recorded.stderr);
        let replayed = Folder::configured(&configuration(&api::root(&server)));
        let before = server.received().len();
        let ended = replayed.longhaul("run --replay").argument(folder.path("rec")).run();
        assert_eq!(ended.code, Some(code), "{}", ended.stderr);
        let without_hint = |text: String| text.split_once("\nhint").unwrap().0.to_owned();
        assert_eq!(without_hint(ended.last_error()), without_hint(recorded.last_error()));
        assert_eq!(server.received().len(), before, "a replay sends nothing");
        assert!(replayed.names_in("out").is_empty());
    }
}

#[test]
fn an_answer_that_does_not_fit_in_memory_is_replayed() {
    let record = |id: u32| format!("{{\"id\":{id},\"text\":\"aaaaaaaaaaaaaaaa\"}}\n");
    let lines = (0..60_000).fold(String::new(), |lines, id| lines + &record(id));
    assert!(lines.len() > 2 << 20);
    let sent = lines.clone();
    let server = api::server(move |_| Reply { body: sent.clone().into_bytes(), ..Reply::status(200) }.into());
    let configuration = |root: &str| {
        let stream = "[streams.conversations]\npath = \"/all\"\nformat = \"ndjson\"\nsinks = [\"lines\"]\n";
        [&api::connection(root), stream, api::LINES].concat()
    };
    let folder = Folder::configured(&configuration(&api::root(&server)));
    folder.run("run --record rec").assert_complete();
    let line = folder.read("rec/exchanges.ndjson");
    assert!(line.contains("\"is_spooled\":true"), "{line}");
    let replayed = Folder::configured(&configuration(&api::unused_url()));
    replayed.longhaul("run --replay").argument(folder.path("rec")).run().assert_complete();
    assert!(replayed.read("out/conversations.ndjson") == lines);
}
