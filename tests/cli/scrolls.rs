//! Listings whose place only the server knows: no page can be requested again, so they start again.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use longhaul_tests::{FaultServer, Reaction, Reply};
use serde_json::json;

use crate::{
    api::{self, LINES},
    folder::Folder,
};

const EVENTS: &str = r#"
[streams.events]
path = "/events"
records = "/data"
pages = { type = "cursor", param = "scroll", cursor = "/scroll", repeats = true }
sinks = ["lines"]
"#;

const ALL: &str = "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n";

/// Ten records in pages of two. `react` gets the number of the request, and its answer.
fn scroll(react: impl Fn(u64, Reply) -> Reaction + Send + Sync + 'static) -> (Folder, FaultServer) {
    let (place, requests) = (AtomicU64::new(0), Arc::new(AtomicU64::new(0)));
    let server = api::server(move |request| {
        if request.query("scroll").is_none() {
            place.store(0, Ordering::Relaxed);
        }
        let from = place.fetch_add(2, Ordering::Relaxed);
        let data: Vec<u64> = (from..from + 2).filter(|record| *record < 10).collect();
        let number = requests.fetch_add(1, Ordering::Relaxed) + 1;
        react(number, Reply::json(json!({ "data": data, "scroll": "s1" }).to_string()))
    });
    (Folder::configured(&[&api::connection(&api::root(&server)), EVENTS, LINES].concat()), server)
}

#[test]
fn an_answer_that_is_lost_starts_the_listing_again() {
    let (folder, server) = scroll(|number, reply| if number == 3 { Reaction::Close } else { reply.into() });
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/events.ndjson"), ALL);
    let requests = server.received();
    let starts = requests.iter().filter(|request| request.url.path().ends_with("/events"));
    assert_eq!(starts.filter(|request| request.url.query().is_none()).count(), 2);
}

#[test]
fn a_run_that_was_stopped_starts_the_listing_again() {
    let (folder, _server) = scroll(|_, reply| reply.into());
    for _ in 0..2 {
        assert_eq!(folder.run("run --max-requests 3").code, Some(75));
        assert!(!folder.names_in("out").contains(&"events.ndjson".to_owned()));
    }
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/events.ndjson"), ALL);
}

#[test]
fn a_server_that_keeps_failing_ends_the_run() {
    let (folder, _server) =
        scroll(|number, reply| if number % 3 == 0 { Reaction::Close } else { reply.into() });
    let ended = folder.run("run");
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    assert!(!folder.names_in("out").contains(&"events.ndjson".to_owned()));
}
