//! Incremental runs.

use std::sync::{Arc, Mutex};

use longhaul_tests::{FaultServer, Reaction, Received, Reply};

use super::recipe::{array, assert_pulls, number, run, serve};
use crate::folder::Folder;

const VALUE: &str = "Records that changed since the last run";
const LINK: &str = "Changes since the last run, at a link";

fn ticket(id: usize, updated_at: &str) -> String {
    format!(r#"{{"id":{id},"updated_at":"{updated_at}"}}"#)
}

/// The tickets that were updated since a time, two per page.
fn tickets(request: &Received, all: &[(usize, &str)]) -> Reaction {
    let since = request.query("updated_since").unwrap();
    let found: Vec<_> = all.iter().filter(|(_, at)| *at >= &*since).map(|(id, at)| ticket(*id, at)).collect();
    let start = (number(request, "page", 1) - 1) * 2;
    let page = array(&found[start.min(found.len())..(start + 2).min(found.len())]);
    Reply::json(format!(r#"{{"tickets":{page},"total":{}}}"#, found.len())).into()
}

const FIRST: [(usize, &str); 3] =
    [(1, "2026-01-02T00:00:00Z"), (2, "2026-01-03T00:00:00Z"), (3, "2026-01-03T06:00:00Z")];

#[test]
fn values() {
    let expected = FIRST.map(|(id, at)| ticket(id, at));
    assert_pulls(VALUE, &expected, |request| tickets(request, &FIRST));
    let all = Arc::new(Mutex::new(FIRST.to_vec()));
    let served = Arc::clone(&all);
    let server = serve(move |request| tickets(request, &served.lock().unwrap()));
    let folder = Folder::empty();
    run(&folder, &server, VALUE, "run").assert_complete();
    // The second one changes, and the third one is in the `lookback`.
    *all.lock().unwrap() = vec![FIRST[0], FIRST[2], (2, "2026-01-04T00:00:00Z")];
    run(&folder, &server, VALUE, "run").assert_complete();
    let lines = expected.join("\n") + "\n" + &ticket(2, "2026-01-04T00:00:00Z") + "\n";
    assert_eq!(folder.read("out/tickets.ndjson"), lines);
    assert_eq!(last_query(&server, "updated_since"), "2026-01-03T05:00:00Z");
}

fn last_query(server: &FaultServer, name: &str) -> String {
    server.received().last().unwrap().query(name).unwrap()
}

/// Two users per page, then a link to what changes afterwards.
fn users(request: &Received, all: &[String]) -> Reaction {
    let start = number(request, "token", 0);
    let end = (start + 2).min(all.len());
    let mut url = request.url.clone();
    url.set_query(Some(&format!("token={end}")));
    let link = if end < all.len() { "nextLink" } else { "deltaLink" };
    Reply::json(format!(r#"{{"@odata.{link}":"{url}","value":{}}}"#, array(&all[start..end]))).into()
}

#[test]
fn links() {
    let user = |id: usize, name: &str| format!(r#"{{"id":{id},"name":"{name}"}}"#);
    let mut all: Vec<_> = (1..6).map(|id| user(id, "a")).collect();
    let first = all.clone();
    assert_pulls(LINK, &all, move |request| users(request, &first));
    let changes = Arc::new(Mutex::new(all.clone()));
    let served = Arc::clone(&changes);
    let server = serve(move |request| users(request, &served.lock().unwrap()));
    let folder = Folder::empty();
    run(&folder, &server, LINK, "run").assert_complete();
    all.extend([user(2, "b"), user(6, "a")]);
    *changes.lock().unwrap() = all.clone();
    run(&folder, &server, LINK, "run").assert_complete();
    assert_eq!(folder.read("out/users.ndjson"), all.join("\n") + "\n");
    assert_eq!(last_query(&server, "token"), "5");
}
