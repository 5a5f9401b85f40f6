//! What responses mean: the rules of the configuration.

use std::sync::atomic::{AtomicU64, Ordering};

use longhaul_tests::{Received, Reply};
use serde_json::json;

use crate::{
    api,
    ends::{page, reply, stream},
};

const PAGES: &str =
    "records = \"/data\"\npages = { type = \"cursor\", param = \"page\", cursor = \"/next\" }\n";

/// Five pages with one record each.
fn five(request: &Received) -> Reply {
    let number = page(request);
    reply(&json!({ "data": [number], "next": (number < 5).then_some(number + 1) }))
}

fn rule(rule: &str) -> String {
    format!("{PAGES}[[streams.events.answers]]\n{rule}\n")
}

#[test]
fn a_rate_limit_with_a_status_of_success_is_waited_out() {
    let met = AtomicU64::new(0);
    let keys =
        rule("when = { at = \"/error\", is = \"ratelimited\" }\nthen = \"throttle\"\nafter = \"/wait\"");
    let (folder, server) = stream(&keys, move |request| {
        // Ten times is more often than a failed request would be sent again.
        if page(request) == 3 && met.fetch_add(1, Ordering::Relaxed) < 10 {
            return reply(&json!({ "ok": false, "error": "ratelimited", "wait": 0.001 }));
        }
        five(request)
    });
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/events.ndjson"), "1\n2\n3\n4\n5\n");
    assert_eq!(server.received().len(), 1 + 5 + 10);
}

#[test]
fn a_path_does_not_look_into_the_records() {
    let keys =
        rule("when = { at = \"$..error\", exists = true }\nthen = \"fail\"\nmessage = \"/meta/error\"");
    let error = json!({ "error": "the call was lost" });
    let record = error.clone();
    let (folder, _server) = stream(&keys, move |_| reply(&json!({ "data": [record, record] })));
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/events.ndjson"), format!("{error}\n{error}\n"));
    let (folder, _server) =
        stream(&keys, move |_| reply(&json!({ "data": [error], "meta": { "error": "x" } })));
    let ended = folder.run("run");
    assert_eq!(ended.code, Some(4));
    assert!(ended.stderr.contains("the server answered 200 OK: x\n"), "{}", ended.stderr);
}

#[test]
fn a_final_failure_shows_the_message_and_the_hint_of_its_rule() {
    let keys = rule(
        "when = { at = \"/ok\", is = false }\nthen = \"fail\"\nmessage = \"/error\"\n\
         hint = \"request the scope channels:history\"",
    );
    let (folder, _server) = stream(&keys, |request| match page(request) {
        4 => reply(&json!({ "ok": false, "error": "missing_scope" })),
        _ => five(request),
    });
    assert_eq!(
        folder.run("run").last_error(),
        "error: the stream `events` is not complete\n  \
         caused by: `GET http://127.0.0.1:PORT/events` failed\n  \
         caused by: the server answered 200 OK: missing_scope\n\
         hint: request the scope channels:history\n",
    );
}

#[test]
fn a_listing_ends_with_a_status_beyond_the_last_page() {
    let keys = "records = \"/data\"\npages = { type = \"page_number\", param = \"page\" }\n\
                [[streams.events.answers]]\nwhen = { status = 404, text = \"invalid page\" }\nthen = \"end\"\n";
    let (folder, _server) = stream(keys, |request| match page(request) {
        6.. => Reply { status: 404, ..reply(&json!({ "detail": "Invalid page." })) },
        _ => five(request),
    });
    let ended = folder.run("-v run");
    ended.assert_complete();
    assert!(ended.stderr.contains("the response after page 5 means the end"), "{}", ended.stderr);
    assert_eq!(folder.read("out/events.ndjson"), "1\n2\n3\n4\n5\n");
}

#[test]
fn an_expired_cursor_starts_the_listing_again() {
    let met = AtomicU64::new(0);
    let keys = rule("when = { status = 410 }\nthen = \"restart\"");
    let (folder, _server) = stream(&keys, move |request| match page(request) {
        4 if met.fetch_add(1, Ordering::Relaxed) < 2 => Reply::status(410),
        _ => five(request),
    });
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/events.ndjson"), "1\n2\n3\n4\n5\n", "every record once");
}

#[test]
fn a_cursor_that_always_expires_stops_the_run() {
    let keys = rule("when = { status = 410 }\nthen = \"restart\"");
    let (folder, server) = stream(&keys, |request| match page(request) {
        4 => Reply::status(410),
        _ => five(request),
    });
    assert_eq!(
        folder.run("run").last_error(),
        "error: the stream `events` is not complete\n  \
         caused by: `GET http://127.0.0.1:PORT/events` failed\n  \
         caused by: the server answered 410 Gone\n\
         hint: its cursor expires too often; start again, with smaller windows if possible: longhaul run events \
         --fresh\n",
    );
    assert_eq!(server.received().len(), 1 + 4 * 4, "three restarts");
}

#[test]
fn windows_that_are_left_out_are_counted_and_reported() {
    let windows = "records = \"/data\"\nquery = { from = \"{window.start}\" }\n\
                   [streams.events.window]\nfrom = \"2026-01-01\"\nto = \"2026-01-04\"\nslice = \"1d\"\n\
                   [[streams.events.answers]]\nwhen = { status = 404 }\nthen = \"skip\"\n";
    let (folder, _server) = stream(windows, |request| {
        let from = request.query("from").unwrap();
        if from.starts_with("2026-01-02") { Reply::status(404) } else { reply(&json!({ "data": [from] })) }
    });
    let ended = folder.run("run --summary summary.json");
    ended.assert_complete();
    assert_eq!(
        ended.stable_stderr(),
        "events: complete, 2 records in 2 pages of 2 windows, TIME -> FOLDER/out/events.ndjson\n\
         warn  events: 1 window was left out, because an answer rule says `then = \"skip\"`\n"
    );
    let summary: serde_json::Value = serde_json::from_str(&folder.read("summary.json")).unwrap();
    assert_eq!(summary["pulls"][0]["skipped"], 1);
    assert_eq!(folder.read("out/events.ndjson").lines().count(), 2);
}

#[test]
fn a_rule_of_the_api_comes_after_those_of_the_stream() {
    let keys = "records = \"/data\"\npages = { type = \"page_number\", param = \"page\" }\n\
                [[streams.events.answers]]\nwhen = { status = 404 }\nthen = \"end\"\n\
                [[api.answers]]\nwhen = { status = \"4xx\" }\nthen = \"fail\"\nhint = \"of the API\"\n";
    let (folder, _server) = stream(keys, |request| match page(request) {
        3.. => Reply::status(404),
        _ => five(request),
    });
    folder.run("run").assert_complete();
    let (folder, _server) = stream(keys, |_| Reply::status(403));
    assert!(folder.run("run").stable_stderr().ends_with("hint: of the API\n"));
}

#[test]
fn the_token_endpoint_has_rules_of_its_own() {
    let met = AtomicU64::new(0);
    let server = longhaul_tests::FaultServer::start(api::clock(), move |request| {
        if request.url.path() != "/oauth/token" {
            return Reply::json("[1]").into();
        }
        if met.fetch_add(1, Ordering::Relaxed) < 2 {
            return Reply { status: 401, ..Reply::json(r#"{"error":"warming_up"}"#) }.into();
        }
        Reply::json(r#"{"access_token":"t0ken","token_type":"bearer","expires_in":3600}"#).into()
    });
    let configuration = [
        &api::connection(&api::root(&server)),
        "[[auth.answers]]\nwhen = { code = \"warming_up\" }\nthen = \"retry\"\n\
         [streams.events]\npath = \"/events\"\nsinks = [\"lines\"]\n",
        api::LINES,
    ]
    .concat();
    let folder = crate::folder::Folder::configured(&configuration);
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/events.ndjson"), "1\n");
}
