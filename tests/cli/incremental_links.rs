//! Runs that start at the link or cursor that the last page of the last one had.

use std::sync::{Arc, Mutex};

use longhaul_tests::{FaultServer, Reaction, Received, Reply};

use crate::{api, folder::Folder};

const STREAM: &str = r#"
commit_every = "0s"

[streams.users]
path = "/users/delta"
query = { "$select" = "id" }
records = "/value"
unique = "/id"
pages = { type = "next_url", next = "/next", end = [{ at = "/next", exists = false }] }
sinks = ["lines"]
incremental = { next = "/delta" }

[sinks.lines]
type = "ndjson"
path = "out/{stream}.ndjson"
mode = "append"
"#;

/// The changes that a server has, and whether it stalls after a number of requests.
#[derive(Default)]
struct Changes {
    records: Mutex<Vec<&'static str>>,
    stall_in: Mutex<Option<usize>>,
}

impl Changes {
    fn new() -> Arc<Self> {
        Arc::new(Self { records: Mutex::new(FIRST.to_vec()), ..Self::default() })
    }

    /// Serves two changes per page, as `page` writes them, with the position after them.
    fn serve(
        self: &Arc<Self>,
        page: impl Fn(&Received, &str, Option<usize>, usize) -> String + Send + Sync + 'static,
    ) -> FaultServer {
        let changes = Arc::clone(self);
        api::server(move |request| {
            let mut stall_in = changes.stall_in.lock().unwrap();
            if let Some(left) = *stall_in {
                *stall_in = left.checked_sub(1);
                if left == 0 {
                    return Reaction::Stall;
                }
            }
            let start: usize = request.query("token").map_or(0, |token| token.parse().unwrap());
            let records = changes.records.lock().unwrap();
            let end = (start + 2).min(records.len());
            let next = (end < records.len()).then_some(end);
            Reply::json(page(request, &records[start.min(end)..end].join(","), next, end)).into()
        })
    }

    fn add(&self, records: &[&'static str]) {
        self.records.lock().unwrap().extend(records);
    }

    fn lines(&self) -> String {
        self.records.lock().unwrap().join("\n") + "\n"
    }
}

/// Pages with links.
fn links(request: &Received, records: &str, next: Option<usize>, end: usize) -> String {
    let mut url = request.url.clone();
    url.set_query(Some(&format!("token={end}")));
    let name = if next.is_some() { "next" } else { "delta" };
    format!(r#"{{"{name}":"{url}","value":[{records}]}}"#)
}

/// The queries that were sent.
fn queries(server: &FaultServer) -> Vec<String> {
    let received = server.received().into_iter().filter(|request| request.url.path() != "/oauth/token");
    received.map(|request| request.url.query().unwrap_or_default().to_owned()).collect()
}

fn folder(server: &FaultServer, stream: &str) -> Folder {
    Folder::configured(&[stream, &api::connection(&api::root(server))].concat())
}

const FIRST: [&str; 3] = [r#"{"id":1,"n":"a"}"#, r#"{"id":2,"n":"a"}"#, r#"{"id":3,"n":"a"}"#];

#[test]
fn the_next_run_starts_at_the_link_of_the_last_page() {
    let changes = Changes::new();
    let server = changes.serve(links);
    let folder = folder(&server, STREAM);
    folder.run("run").assert_complete();
    assert_eq!(queries(&server), ["%24select=id", "token=2"]);
    assert_eq!(
        folder.run("status").stable_stdout(),
        "users: complete since MOMENT, 3 records in 2 pages\n  \
         the next run starts at http://127.0.0.1:PORT/users/delta\n"
    );
    // Nothing is new.
    folder.run("run").assert_complete();
    assert_eq!(queries(&server)[2..], ["token=3"]);
    changes.add(&[r#"{"id":2,"n":"b"}"#, r#"{"id":2,"n":"a"}"#, r#"{"id":4,"n":"a"}"#]);
    folder.run("run").assert_complete();
    assert_eq!(queries(&server)[3..], ["token=3", "token=5"]);
    assert_eq!(folder.read("out/users.ndjson"), changes.lines());
    folder.run("run --full-refresh").assert_complete();
    assert_eq!(queries(&server)[5..], ["%24select=id", "token=2", "token=4"]);
}

#[test]
fn the_next_run_starts_with_the_cursor_of_the_last_page() {
    let changes = Changes::new();
    let server = changes.serve(|_, records, next, end| {
        let next = next.map_or("null".to_owned(), |next| next.to_string());
        format!(r#"{{"next":{next},"delta":{end},"value":[{records}]}}"#)
    });
    let stream = STREAM.replace("{ next = \"/delta\" }", "{ next = \"/delta\", param = \"token\" }");
    let pages =
        "pages = { type = \"next_url\", next = \"/next\", end = [{ at = \"/next\", exists = false }] }";
    let stream =
        stream.replace(pages, "pages = { type = \"cursor\", cursor = \"/next\", param = \"token\" }");
    let folder = folder(&server, &stream);
    folder.run("run").assert_complete();
    changes.add(&[r#"{"id":4,"n":"a"}"#]);
    folder.run("run").assert_complete();
    assert_eq!(queries(&server), ["%24select=id", "%24select=id&token=2", "%24select=id&token=3"]);
    assert_eq!(folder.read("out/users.ndjson").lines().count(), 4);
}

#[test]
fn an_end_without_the_link_is_an_error() {
    for (page, cause) in [
        (
            r#"{"value":[]}"#,
            "page 1 is the last one, but has nothing at `/delta`, where the next run would start",
        ),
        (
            r#"{"value":[],"delta":null}"#,
            "page 1 is the last one, but has nothing at `/delta`, where the next run would start",
        ),
        (
            r#"{"value":[],"delta":7}"#,
            "the value at `/delta` is a number, not a link from which the next run could start",
        ),
    ] {
        let server = api::server(move |_| Reply::json(page).into());
        folder(&server, STREAM).run("run").assert_failed(
            4,
            &format!(
                "error: the stream `users` is not complete\n  caused by: {cause}\n\
                 hint: set `streams.users.incremental.next` to the place of the link or cursor on the last page, and \
                 `param` if it is a cursor\n"
            ),
        );
    }
    let server =
        api::server(move |_| Reply::json(r#"{"value":[],"delta":"/users/delta?access_token=abc"}"#).into());
    folder(&server, STREAM).run("run").assert_failed(
        4,
        "error: the stream `users` is not complete\n  \
         caused by: the value at `/delta` contains a credential, so it cannot be saved for the next run\n\
         hint: use a link without credentials, or remove `streams.users.incremental` to pull everything each time\n",
    );
    let server = api::server(move |_| Reply::json(r#"{"value":[],"delta":"https://evil.example/x"}"#).into());
    let ended = folder(&server, STREAM).run("run");
    assert_eq!(ended.code, Some(4));
    assert!(ended.stderr.contains("https://evil.example"), "{}", ended.stderr);
}

#[test]
fn runs_killed_at_any_request_lose_and_repeat_nothing() {
    for stall in 0..3 {
        let changes = Changes::new();
        let server = changes.serve(links);
        let folder = folder(&server, STREAM);
        folder.run("run").assert_complete();
        changes.add(&[r#"{"id":4}"#, r#"{"id":5}"#, r#"{"id":6}"#]);
        *changes.stall_in.lock().unwrap() = Some(stall);
        let mut running = folder.longhaul("run").start();
        while changes.stall_in.lock().unwrap().is_some() && !running.has_ended() {
            std::thread::yield_now();
        }
        drop(running.kill());
        *changes.stall_in.lock().unwrap() = None;
        folder.run("run").assert_complete();
        changes.add(&[r#"{"id":7}"#]);
        folder.run("run").assert_complete();
        assert_eq!(folder.read("out/users.ndjson"), changes.lines(), "killed at request {stall}");
    }
}

/// With `--fresh`, the run would start at the same link again.
#[test]
fn a_link_that_has_expired_is_left_by_a_full_refresh() {
    let hint = "hint: if the link or cursor at which the last run ended has expired, pull everything again: \
                longhaul run users --full-refresh\n";
    for rule in ["", "[[streams.users.answers]]\nwhen = { status = 410 }\nthen = \"restart\"\n"] {
        let changes = Changes::new();
        let gone = Arc::new(Mutex::new(false));
        let (served, is_gone) = (Arc::clone(&changes), Arc::clone(&gone));
        let server = api::server(move |request| {
            let start: usize = request.query("token").map_or(0, |token| token.parse().unwrap());
            if start > 0 && *is_gone.lock().unwrap() {
                return Reply::status(410).into();
            }
            let records = served.records.lock().unwrap();
            Reply::json(links(request, &records[start..].join(","), None, records.len())).into()
        });
        let folder = folder(&server, &STREAM.replace("[sinks", &format!("{rule}[sinks")));
        folder.run("run").assert_complete();
        *gone.lock().unwrap() = true;
        let ended = folder.run("run");
        assert_eq!(ended.code, Some(4));
        assert!(ended.last_error().ends_with(hint), "{}", ended.stderr);
        changes.add(&[r#"{"id":4,"n":"a"}"#]);
        folder.run("run --full-refresh").assert_complete();
        assert!(folder.read("out/users.ndjson").ends_with("{\"id\":4,\"n\":\"a\"}\n"));
    }
}
