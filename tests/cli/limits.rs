//! How many requests are in flight: as many as `concurrency` says, unless the user configures a limit.

use std::sync::Arc;

use longhaul_tests::{Crowd, FaultServer, Reply};

use crate::{
    api::{self, LINES, connection, root},
    folder::Folder,
};

const PAGES: &str = r#"
[streams.things]
path = "/things"
records = "/rows"
pages = { type = "page_number", param = "page", page_count = "/pages" }
concurrency = 8
sinks = ["lines"]
"#;

#[test]
fn a_server_never_has_more_requests_at_once_than_allowed() {
    for (of_api, of_stream, most) in [
        ("rate = { concurrent = 3 }\n", "", 3),
        ("", "rate = { concurrent = 2 }\n", 2),
        ("rate = { concurrent = 2 }\n", "rate = { concurrent = 4 }\n", 2),
        ("", "", 8),
    ] {
        let crowd = Arc::new(Crowd::new(most));
        let inside = Arc::clone(&crowd);
        let server = api::server(move |request| {
            inside.pass();
            let page = request.query("page").unwrap();
            Reply::json(format!(r#"{{"rows":[{{"n":{page}}}],"pages":40}}"#)).into()
        });
        let connection = connection(&root(&server));
        let folder = Folder::configured(&[of_api, &connection, PAGES, of_stream, LINES].concat());
        folder.run("run").assert_complete();
        let expected: Vec<_> = (1..=40).map(|page| format!("{{\"n\":{page}}}\n")).collect();
        assert_eq!(folder.read("out/things.ndjson"), expected.concat());
        assert_eq!(crowd.most(), most, "{of_api}{of_stream}");
    }
}

const JOBS: &str = r#"
[streams.reports]
path = "{job.url}"
records = "/rows"
window = { from = "2026-01-01", to = "2026-01-11", slice = "1d", format = "%F" }
concurrency = 8
rate = { concurrent = 2 }
sinks = ["files"]

[streams.reports.job]
submit = { method = "POST", path = "/jobs", body = { day = "{window.start}" } }
id = "/id"
poll = "/jobs/{job.id}"
state = "/state"
done = ["DONE"]
url = "/url"
every = "1ms"

[sinks.files]
type = "ndjson"
path = "out/{window.start}.ndjson"
"#;

/// The results are on another server, which gets no token.
#[test]
fn jobs_and_downloads_without_a_token_count_too() {
    let crowd = Arc::new(Crowd::new(2));
    let inside = Arc::clone(&crowd);
    let files = FaultServer::start(api::clock(), move |request| {
        inside.pass();
        assert_eq!(request.header("authorization"), None);
        Reply::json(format!(r#"{{"rows":[{{"day":"{}"}}]}}"#, &request.url.path()[1..])).into()
    });
    let (inside, signed) = (Arc::clone(&crowd), root(&files));
    let server = api::server(move |request| {
        inside.pass();
        let reply = match request.url.path().strip_prefix("/jobs/") {
            None => {
                let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
                format!(r#"{{"id":{}}}"#, body["day"])
            }
            Some(day) => format!(r#"{{"state":"DONE","url":"{signed}/{day}"}}"#),
        };
        Reply::json(reply).into()
    });
    let connection = connection(&root(&server))
        .replace("\n[auth]", &format!("public_origins = [\"{}\"]\n\n[auth]", root(&files)));
    let folder = Folder::configured(&[&connection, JOBS].concat());
    folder.run("run").assert_complete();
    for day in 1..=10 {
        let file = format!("out/202601{day:02}T000000Z.ndjson");
        assert_eq!(folder.read(&file), format!("{{\"day\":\"2026-01-{day:02}\"}}\n"));
    }
    assert_eq!(crowd.most(), 2);
}

#[test]
fn the_results_of_several_jobs_are_read_at_once_into_one_file() {
    let crowd = Arc::new(Crowd::new(4));
    let inside = Arc::clone(&crowd);
    let server = api::server(move |request| {
        let reply = match request.url.path().strip_prefix("/jobs/").map(|rest| rest.split_once('/')) {
            None => {
                let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
                format!(r#"{{"id":{}}}"#, body["day"])
            }
            Some(None) => r#"{"state":"DONE"}"#.to_owned(),
            Some(Some((day, _))) => {
                inside.pass();
                format!(r#"{{"rows":[{{"day":"{day}"}}]}}"#)
            }
        };
        Reply::json(reply).into()
    });
    let stream = JOBS
        .replace("{job.url}", "/jobs/{job.id}/rows")
        .replace("url = \"/url\"\n", "")
        .replace("rate = { concurrent = 2 }\n", "")
        .replace("concurrency = 8", "concurrency = 4")
        .replace("{window.start}.ndjson", "{stream}.ndjson");
    let folder = Folder::configured(&[&connection(&root(&server)), &*stream].concat());
    folder.run("run").assert_complete();
    let expected: Vec<_> = (1..=10).map(|day| format!("{{\"day\":\"2026-01-{day:02}\"}}\n")).collect();
    assert_eq!(folder.read("out/reports.ndjson"), expected.concat(), "in the order of windows");
    assert_eq!(crowd.most(), 4);
}
