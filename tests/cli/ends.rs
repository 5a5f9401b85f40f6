//! Where a listing ends: only where its end is proved.

use std::sync::atomic::{AtomicU64, Ordering};

use longhaul_tests::{FaultServer, Received, Reply};
use serde_json::{Value, json};

use crate::{
    api::{self, LINES},
    command_output::CommandOutput,
    folder::Folder,
};

/// A folder with a stream that has these `keys`, and a server that gives its pages.
pub(crate) fn stream(
    keys: &str,
    answer: impl Fn(&Received) -> Reply + Send + Sync + 'static,
) -> (Folder, FaultServer) {
    let server = api::server(move |request| answer(request).into());
    let stream = format!("\n[streams.events]\npath = \"/events\"\nsinks = [\"lines\"]\n{keys}\n");
    let configuration = [&api::connection(&api::root(&server)), &stream, LINES].concat();
    (Folder::configured(&configuration), server)
}

/// The records of the page `number`, of ten pages with three records each.
pub(crate) fn records(number: u64) -> Vec<u64> {
    (0..3).map(|index| (number - 1) * 3 + index).collect()
}

pub(crate) fn page(request: &Received) -> u64 {
    request.query("page").map_or(1, |page| page.parse().unwrap())
}

pub(crate) fn reply(page: &Value) -> Reply {
    Reply::json(page.to_string())
}

#[track_caller]
pub(crate) fn assert_stops(
    keys: &str,
    answer: impl Fn(&Received) -> Reply + Send + Sync + 'static,
    stderr: &str,
) {
    let (folder, _server) = stream(keys, answer);
    let ended = folder.run("run");
    assert_eq!((ended.code, ended.last_error().as_str()), (Some(4), stderr));
    assert!(!folder.names_in("out").contains(&"events.ndjson".to_owned()), "nothing is published");
}

/// The proof of the end, in the summary.
fn end(folder: &Folder, ended: &CommandOutput) -> Value {
    ended.assert_complete();
    let summary: Value = serde_json::from_str(&folder.read("summary.json")).unwrap();
    summary["pulls"][0]["end"].clone()
}

#[test]
fn a_refusal_beyond_the_last_page_ends_a_listing_by_a_rule() {
    let answer = |request: &Received| match page(request) {
        number @ 1..=2 => reply(&json!({ "data": records(number) })),
        _ => Reply::refusal(400, &json!({ "message": "page is out of range" })),
    };
    let keys = "records = \"/data\"\npages = { type = \"page_number\", param = \"page\" }\n";
    let rule = "[[streams.events.answers]]\nwhen = { status = 400, text = \"out of range\" }\nthen = \"end\"";
    let (folder, _server) = stream(&[keys, rule].concat(), answer);
    let ended = folder.run("run --strict --summary summary.json");
    assert_eq!(end(&folder, &ended), json!({ "proof": "answer", "page": 2 }));
    assert_eq!(folder.read("out/events.ndjson"), "0\n1\n2\n3\n4\n5\n");
}

#[test]
fn a_next_link_at_another_place_stops_the_run() {
    assert_stops(
        "records = \"/data\"\npages = { type = \"next_url\", next = \"/next\" }",
        |request| reply(&json!({ "data": records(page(request)), "next_url": "/events?page=2" })),
        "error: the stream `events` is not complete\n  \
         caused by: page 1 has no next page at `/next`, but has `/next_url` (a text of 14 characters)\n\
         hint: name the place of the next page in `streams.events.pages`; or, if pages without one are complete, add \
         `end = [{ at = \"/next\", exists = false }]` there\n",
    );
}

#[test]
fn the_hint_about_a_missing_next_link_settles_it() {
    let (folder, server) =
        stream("records = \"/data\"\npages = { type = \"next_url\", next = \"/next\" }", |_| {
            reply(&json!({ "data": records(1), "after_hours_too": true }))
        });
    assert_eq!(folder.run("run").code, Some(4));
    let configuration = folder.read("longhaul.toml");
    let settled = configuration
        .replace("next = \"/next\"", "next = \"/next\", end = [{ at = \"/next\", exists = false }]");
    let folder = folder.with("longhaul.toml", settled);
    let ended = folder.run("run --summary summary.json");
    let proof = json!({ "proof": "condition", "at": "/next", "page": 1 });
    assert_eq!(end(&folder, &ended), proof);
    assert_eq!(folder.read("out/events.ndjson"), "0\n1\n2\n");
    drop(server);
}

#[test]
fn an_error_with_a_status_of_success_stops_the_run() {
    let graphql = "method = \"POST\"\nrecords = \"/data/events\"\n\
                   pages = { type = \"cursor\", param = \"/variables/after\", cursor = \"/data/next\" }";
    let hint = "hint: check the request in `streams.events`: the API reports an error, although the status is a success\n";
    let pages = AtomicU64::new(0);
    assert_stops(
        graphql,
        move |_| match pages.fetch_add(1, Ordering::Relaxed) + 1 {
            5 => reply(&json!({ "data": null, "errors": [{ "message": "timed out" }] })),
            page => reply(&json!({ "data": { "events": records(page), "next": page } })),
        },
        &format!(
            "error: the stream `events` is not complete\n  \
             caused by: page 5 has no records at `/data/events`, but an error: timed out\n{hint}"
        ),
    );
    assert_stops(
        NUMBERED,
        |request| match page(request) {
            4 => reply(&json!({ "ok": false, "error": "fatal_error" })),
            page => reply(&json!({ "ok": true, "data": records(page) })),
        },
        &format!(
            "error: the stream `events` is not complete\n  \
             caused by: page 4 has no records at `/data`, but an error: fatal_error\n{hint}"
        ),
    );
}

/// A stream with numbered pages.
const NUMBERED: &str =
    "records = \"/data\"\npages = { type = \"page_number\", param = \"page\", page_count = \"/pages\" }";

#[test]
fn a_page_of_csv_without_its_header_line_stops_the_run() {
    assert_stops(
        "format = \"csv\"\nrecords = \"\"\npages = { type = \"page_number\", param = \"page\" }",
        |request| {
            let text = if page(request) == 1 { "id\n1\n" } else { "2\n3\n" };
            Reply { body: text.into(), ..Reply::status(200) }
        },
        "error: the stream `events` is not complete\n  \
         caused by: the first line of page 2 is not a header line like that of the first page\n\
         hint: if not every page has a header line, name the columns in `streams.events.csv.header`\n",
    );
}

#[test]
fn a_page_without_records_in_the_middle_stops_the_run() {
    assert_stops(
        NUMBERED,
        |request| match page(request) {
            4 => reply(&json!({ "pages": 10 })),
            page => reply(&json!({ "data": records(page), "pages": 10 })),
        },
        "error: the stream `events` is not complete\n  \
         caused by: page 4 has no records at `/data`, but earlier pages had\n\
         hint: if this API omits the records when there are none, set `streams.events.records_missing = \"empty\"`\n",
    );
}

#[test]
fn a_page_that_no_longer_says_whether_there_are_more_stops_the_run() {
    assert_stops(
        "records = \"/data\"\n\
         pages = { type = \"cursor\", param = \"page\", cursor = \"/next\", more = \"/has_more\" }",
        |request| match page(request) {
            3 => reply(&json!({ "data": records(3) })),
            page => reply(&json!({ "data": records(page), "next": page + 1, "has_more": true })),
        },
        "error: the stream `events` is not complete\n  \
         caused by: page 3 does not say whether there are more pages: `/has_more` is missing, but earlier pages had it\n\
         hint: if a page without it is the last one, set `streams.events.pages.end = [{ at = \"/has_more\", exists = \
         false }]`\n",
    );
}

#[test]
fn a_page_that_is_not_ready_is_requested_again() {
    let asked = AtomicU64::new(0);
    let (folder, _server) = stream(NUMBERED, move |request| match page(request) {
        4 if asked.fetch_add(1, Ordering::Relaxed) == 0 => Reply { status: 202, ..Reply::json("{}") },
        page => reply(&json!({ "data": records(page), "pages": 10 })),
    });
    let ended = folder.run("run --summary summary.json");
    assert_eq!(end(&folder, &ended), json!({ "proof": "page_count", "at": "/pages", "page": 10 }));
    assert_eq!(folder.read("out/events.ndjson").lines().count(), 30);
}

#[test]
fn a_stream_without_pages_must_have_a_single_one() {
    for (answer, found) in [
        (reply(&json!({ "data": [1], "has_more": true })), "`/has_more` (true)"),
        (
            reply(&json!({ "data": [1] })).header("link", "</events?page=2>; rel=\"next\""),
            "`link:next` (`http://127.0.0.1:PORT/events`)",
        ),
        (reply(&json!({ "data": [1], "page_count": 10 })), "`/page_count` (10)"),
    ] {
        assert_stops(
            "records = \"/data\"",
            move |_| answer.clone(),
            &format!(
                "error: the stream `events` is not complete\n  \
                 caused by: there seem to be more pages, because the page has {found}\n\
                 hint: set `streams.events.pages` to how to find the next page, or to `type = \"single\"` if there is \
                 only one page\n"
            ),
        );
    }
}

#[test]
fn an_empty_page_before_the_last_one_does_not_end_a_listing() {
    let (folder, _server) = stream(NUMBERED, |request| {
        let number = page(request);
        let data = if number == 3 { Vec::new() } else { records(number) };
        reply(&json!({ "data": data, "pages": 10 }))
    });
    let ended = folder.run("run --summary summary.json");
    assert_eq!(end(&folder, &ended), json!({ "proof": "page_count", "at": "/pages", "page": 10 }));
    assert_eq!(folder.read("out/events.ndjson").lines().count(), 27);
}

#[test]
fn link_headers_may_have_any_text_but_must_be_whole() {
    let linked = |link: fn(u64) -> String| {
        move |request: &Received| {
            let number = page(request);
            let answer = reply(&json!({ "data": records(number) }));
            if number < 10 { answer.header("link", link(number + 1)) } else { answer }
        }
    };
    let keys = "records = \"/data\"\npages = { type = \"link_header\" }";
    let (folder, _server) =
        stream(keys, linked(|next| format!("</events?page={next}>; rel=\"next\"; title=\"größer\"")));
    let ended = folder.run("run --summary summary.json");
    assert_eq!(end(&folder, &ended), json!({ "proof": "next_missing", "at": "link:next", "page": 10 }));
    assert_eq!(folder.read("out/events.ndjson").lines().count(), 30);
    assert_stops(
        keys,
        linked(|next| format!("</events?page={next}")),
        "error: the stream `events` is not complete\n  \
         caused by: the `Link` header cannot be parsed: a link has no closing `>`\n\
         hint: check `streams.events.pages`\n",
    );
}

#[test]
fn a_listing_can_continue_from_its_last_record() {
    let keys = "records = \"/data\"\n\
                pages = { type = \"cursor\", param = \"after\", cursor = \"last:/id\", size = 3 }";
    let after = |request: &Received| request.query("after").map_or(0, |id| id.parse::<u64>().unwrap());
    let answer = move |request: &Received| {
        let ids = (after(request) + 1..=10).take(3);
        reply(&json!({ "data": ids.map(|id| json!({ "id": id })).collect::<Vec<_>>() }))
    };
    let (folder, server) = stream(keys, answer);
    let ended = folder.run("run --summary summary.json");
    assert_eq!(end(&folder, &ended), json!({ "proof": "no_records", "page": 5 }));
    assert_eq!(folder.read("out/events.ndjson").lines().count(), 10);
    assert_eq!(server.received().len(), 1 + 5);
    let short = keys.replace("size = 3", "size = 3, end = [{ short = true }]");
    let (folder, server) = stream(&short, answer);
    let ended = folder.run("run --summary summary.json");
    assert_eq!(end(&folder, &ended), json!({ "proof": "short", "page": 4 }));
    assert_eq!(server.received().len(), 1 + 4);
}

#[test]
fn a_short_page_that_names_a_next_one_stops_the_run() {
    assert_stops(
        "records = \"/data\"\npages = { type = \"page_number\", param = \"page\", size_param = \"n\", size = 4, \
         end = [{ short = true }] }",
        |request| reply(&json!({ "data": &records(page(request))[..2], "has_more": true })),
        "error: the stream `events` is not complete\n  \
         caused by: page 1 has fewer records than were requested, but also `/has_more` (true)\n\
         hint: if a short page is not the last one, remove `short = true` from `streams.events.pages.end`; if it \
         is, and a total counts other records, too, set `total` there, so that it is only compared at the end\n",
    );
}

#[test]
fn pages_without_records_must_end_some_day() {
    assert_stops(
        "records = \"/data\"\n\
         pages = { type = \"cursor\", param = \"page\", cursor = \"/next\", max_empty = 5 }",
        |request| reply(&json!({ "data": [], "next": page(request) + 1 })),
        "error: the stream `events` is not complete\n  \
         caused by: 6 pages in a row have no records, but each has a next page\n\
         hint: check `streams.events.pages`; if this is expected, raise its `max_empty`\n",
    );
}

#[test]
fn an_empty_window_is_an_error_and_replaces_nothing() {
    let window = |window: &str| {
        let keys = format!(
            "records = \"/data\"\npages = {{ type = \"single\" }}\n[streams.events.window]\n{window}\n"
        );
        stream(&keys, |_| reply(&json!({ "data": [1] })))
    };
    for (keys, stderr) in [
        (
            "from = \"2026-01-02\"\nto = \"2026-01-02\"",
            "error: `streams.events.window.to` must be after `from`: the range from 2026-01-02T00:00:00Z to \
             2026-01-02T00:00:00Z is empty\n  in: longhaul.toml:20\nhint: `to` is exclusive\n",
        ),
        (
            "from = \"2126-01-02\"\nto = \"2126-01-03\"",
            "error: `streams.events.window.from` is in the future: nothing can be pulled from 2126-01-02T00:00:00Z on\n  \
             in: longhaul.toml:19\nhint: set a time that has passed\n",
        ),
    ] {
        let (folder, server) = window(keys);
        let folder = folder.with("out/events.ndjson", "of yesterday\n");
        folder.run("run").assert_failed(2, stderr);
        assert_eq!(folder.read("out/events.ndjson"), "of yesterday\n");
        assert!(server.received().is_empty());
    }
}

#[test]
fn data_that_the_api_does_not_have_yet_replaces_nothing() {
    let keys = "records = \"/data\"\npages = { type = \"single\" }\nquery = { from = \"{window.start}\" }\n\
                [streams.events.window]\nfrom = \"2026-01-02\"\navailable = { path = \"/until\", at = \"/date\" }\n";
    let (folder, _server) = stream(keys, |_| reply(&json!({ "date": "2026-01-01T00:00:00Z" })));
    let folder = folder.with("out/events.ndjson", "of yesterday\n");
    let stderr = "events: nothing to pull: the API does not have this data yet\n";
    assert_eq!(folder.run("run").assert_complete().stable_stderr(), stderr);
    assert_eq!(folder.read("out/events.ndjson"), "of yesterday\n");
}
