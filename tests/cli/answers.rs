//! What responses mean: the rules of the configuration.

use std::sync::atomic::{AtomicU64, Ordering};

use longhaul_tests::{FaultServer, Received, Reply};
use serde_json::json;

use crate::{
    api,
    ends::{page, reply, stream},
    folder::Folder,
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

/// A stream whose cursor expires twice before page 4. Each time, all records have changed.
fn expiring(keys: &str) -> (Folder, FaultServer) {
    let met = AtomicU64::new(0);
    let keys = [keys, &rule("when = { status = 410 }\nthen = \"restart\"")].concat();
    stream(&keys, move |request| match (page(request), met.load(Ordering::Relaxed)) {
        (4, 0..2) => {
            met.fetch_add(1, Ordering::Relaxed);
            Reply::status(410)
        }
        (number, met) => {
            let record = json!({ "id": number, "v": met });
            reply(&json!({ "data": [record], "next": (number < 5).then_some(number + 1) }))
        }
    })
}

#[test]
fn an_expired_cursor_starts_the_listing_again() {
    let of_one_listing = [1, 2, 3, 4, 5].map(|id| format!("{{\"id\":{id},\"v\":2}}\n")).concat();
    for keys in ["", "unique = \"/id\"\n"] {
        let (folder, _server) = expiring(keys);
        folder.run("run").assert_complete();
        assert_eq!(folder.read("out/events.ndjson"), of_one_listing, "{keys}");
    }
}

/// What has been printed stays, and does not come twice.
#[test]
fn an_expired_cursor_drops_nothing_from_standard_output() {
    let (folder, _server) = expiring("unique = \"/id\"\n");
    let ended = folder.run("run --sink stdout");
    let records = [(1, 0), (2, 0), (3, 0), (4, 2), (5, 2)];
    let expected = records.map(|(id, v)| format!("{{\"id\":{id},\"v\":{v}}}\n")).concat();
    assert_eq!(ended.assert_complete().stdout, expected);
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
    let server = FaultServer::start(api::clock(), move |request| {
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
    let folder = Folder::configured(&configuration);
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/events.ndjson"), "1\n");
}

#[test]
fn a_first_response_can_mean_the_end() {
    let keys = rule("when = { status = 304 }\nthen = \"end\"");
    let (folder, _server) = stream(&keys, |_| Reply::status(304));
    let ended = folder.run("-v run --summary summary.json");
    ended.assert_complete();
    assert!(
        ended.stderr.contains("the listing is complete: the first response means the end\n"),
        "{}",
        ended.stderr
    );
    assert_eq!(folder.read("out/events.ndjson"), "");
}

#[test]
fn a_rule_says_that_a_page_with_an_error_is_one_all_the_same() {
    let page = |number: u64| json!({ "data": [number], "next": null, "errors": ["2 records are late"] });
    let (folder, _server) = stream(PAGES, move |request| reply(&page(self::page(request))));
    let ended = folder.run("run");
    assert_eq!(
        (ended.code, ended.last_error().as_str()),
        (
            Some(4),
            "error: the stream `events` is not complete\n  \
             caused by: page 1 has records, but also an error: 2 records are late\n\
             hint: check the request in `streams.events`; if nothing is wrong with such a page, add a rule to \
             `streams.events.answers`: `{ when = { status = \"2xx\", at = \"/errors\", exists = true }, then = \"page\" }`\n"
        )
    );
    let (folder, _server) = stream(
        &rule("when = { status = \"2xx\", at = \"/errors\", exists = true }\nthen = \"page\""),
        move |request| reply(&page(self::page(request))),
    );
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/events.ndjson"), "1\n");
    let single = "records = \"\"\npages.type = \"single\"\n";
    let (folder, _server) = stream(single, |_| reply(&json!({ "id": 7, "success": false })));
    let ended = folder.run("run");
    assert_eq!(
        (ended.code, ended.last_error().as_str()),
        (
            Some(4),
            "error: the stream `events` is not complete\n  \
             caused by: page 1 looks like an error, not like a record: `success` is false\n\
             hint: check the request in `streams.events`; if nothing is wrong with such a page, add a rule to \
             `streams.events.answers`: `{ when = { status = \"2xx\", at = \"/success\", is = false }, then = \"page\" }`\n"
        )
    );
    let accepting = "[[streams.events.answers]]\nwhen = { status = \"2xx\", at = \"/success\", is = false }\nthen = \"page\"\n";
    let (folder, _server) =
        stream(&format!("{single}{accepting}"), |_| reply(&json!({ "id": 7, "success": false })));
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/events.ndjson"), "{\"id\":7,\"success\":false}\n");
}

#[test]
fn a_page_that_says_that_it_is_incomplete_stops_the_run() {
    let (folder, _server) =
        stream(PAGES, |_| reply(&json!({ "data": [1], "next": null, "timed_out": true })));
    let ended = folder.run("run");
    let stderr = "error: the stream `events` is not complete\n  \
         caused by: page 1 has records, but also an error: `timed_out` is true\n\
         hint: check the request in `streams.events`; if nothing is wrong with such a page, add a rule to \
         `streams.events.answers`: `{ when = { status = \"2xx\", at = \"/timed_out\", is = true }, then = \"page\" }`\n";
    assert_eq!((ended.code, ended.last_error().as_str()), (Some(4), stderr));
    let accepting = rule("when = { status = \"2xx\", at = \"/timed_out\", is = true }\nthen = \"page\"");
    let (folder, _server) =
        stream(&accepting, |_| reply(&json!({ "data": [1], "next": null, "timed_out": true })));
    folder.run("run").assert_complete();
}

/// A page that a rule refuses is refused, whatever it has.
#[test]
fn a_rule_that_fails_does_not_look_at_the_records() {
    let keys = rule("when = { at = \"/state\", is = \"partial\" }\nthen = \"fail\"\nmessage = \"/state\"");
    let (folder, _server) = stream(&keys, |request| match page(request) {
        3 => reply(&json!({ "data": [3], "next": 4, "state": "partial" })),
        _ => five(request),
    });
    let ended = folder.run("run");
    assert_eq!(ended.code, Some(4));
    assert!(ended.stderr.contains("caused by: the server answered 200 OK: partial\n"), "{}", ended.stderr);
    assert!(!folder.names_in("out").contains(&"events.ndjson".to_owned()), "nothing is published");
}

/// The records that arrived before are taken back, and the rest of the listing is not taken for complete.
#[test]
fn a_window_that_is_left_out_in_the_middle_leaves_no_records() {
    let windows = "records = \"/data\"\nquery = { from = \"{window.start}\" }\n\
                   pages = { type = \"page_number\", param = \"page\" }\n\
                   [streams.events.window]\nfrom = \"2026-01-01\"\nto = \"2026-01-04\"\nslice = \"1d\"\n\
                   [[streams.events.answers]]\nwhen = { status = 404 }\nthen = \"skip\"\n";
    let (folder, _server) = stream(windows, |request| {
        let from = request.query("from").unwrap();
        match page(request) {
            1 => reply(&json!({ "data": [&from[..10]] })),
            _ if from.starts_with("2026-01-02") => Reply::status(404),
            _ => reply(&json!({ "data": [] })),
        }
    });
    let ended = folder.run("run --summary summary.json");
    ended.assert_complete();
    let summary: serde_json::Value = serde_json::from_str(&folder.read("summary.json")).unwrap();
    assert_eq!(summary["pulls"][0]["skipped"], 1);
    assert_eq!(folder.read("out/events.ndjson"), "\"2026-01-01\"\n\"2026-01-03\"\n");
}
