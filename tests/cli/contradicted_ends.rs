//! Pages that contradict the end of a listing.

use longhaul_tests::Received;
use serde_json::json;

use crate::ends::{assert_stops, page, records, reply, stream};

#[test]
fn a_count_that_contradicts_the_page_stops_the_run() {
    let stderr = |at: &str, more: &str| {
        format!(
            "error: the stream `events` is not complete\n  \
             caused by: page 1 is the last one according to `{at}`, but says at `{more}` that there are more pages\n\
             hint: name the place of the right count in `streams.events.pages`, or remove it, so that it does not end the \
             listing\n"
        )
    };
    let of_pages =
        "records = \"/data\"\npages = { type = \"page_number\", param = \"page\", page_count = \"/pages\" }";
    let page = |request: &Received| json!({ "data": records(page(request)), "pages": 1, "total": 3 });
    let with = move |name: &'static str, value: bool| {
        move |request: &Received| {
            let mut page = page(request);
            page[name] = json!(value);
            reply(&page)
        }
    };
    assert_stops(of_pages, with("has_more", true), &stderr("/pages", "/has_more"));
    assert_stops(of_pages, with("isLast", false), &stderr("/pages", "/isLast"));
    let of_records = of_pages.replace("page_count = \"/pages\"", "total = \"/total\", ends_at_total = true");
    assert_stops(&of_records, with("has_more", true), &stderr("/total", "/has_more"));
    let more = of_records.replace("param = ", "more = \"/go_on\", param = ");
    assert_stops(&more, with("go_on", true), &stderr("/total", "/go_on"));
}

#[test]
fn groups_with_pages_of_their_own_stop_the_run() {
    let keys = "records = \"/users/*/posts/nodes/*\"";
    let groups = |more: bool| {
        let posts = json!({ "nodes": [1, 2], "pageInfo": { "hasNextPage": more } });
        move |_: &Received| reply(&json!({ "users": [{ "posts": posts }] }))
    };
    assert_stops(
        keys,
        groups(true),
        "error: the stream `events` is not complete\n  \
         caused by: page 1 has only some records of a group, because it has `/users/0/posts/pageInfo/hasNextPage` (true)\n\
         hint: pull the records of each group with a stream of its own and `each`; if none are missing, add a rule to \
         `streams.events.answers`: `{ when = { status = \"2xx\" }, then = \"page\" }`\n",
    );
    let rule = "\n[[streams.events.answers]]\nwhen = { status = \"2xx\" }\nthen = \"page\"";
    for (keys, more) in [(keys.to_owned(), false), ([keys, rule].concat(), true)] {
        let (folder, _server) = stream(&keys, groups(more));
        folder.run("run").assert_complete();
        assert_eq!(folder.read("out/events.ndjson"), "1\n2\n");
    }
}

/// Without `records`, the whole page would be a single record.
#[test]
fn a_page_that_is_taken_for_a_record_but_has_a_next_one_stops_the_run() {
    for (page, found) in [
        (json!({ "data": [1, 2], "meta": { "has_more": true } }), "`/meta/has_more` (true)"),
        (json!({ "data": [1, 2], "next": "/a?page=2" }), "`/next` (a text of 9 characters)"),
        (json!({ "data": [1, 2], "total": 20 }), "`/total` (20)"),
    ] {
        let body = page.clone();
        let answer = move |_: &Received| reply(&body);
        let stderr = format!(
            "error: the stream `events` is not complete\n  \
             caused by: there seem to be more pages, because the page has {found}\n\
             hint: set `streams.events.pages` to how to find the next page, or to `type = \"single\"` if there is only one page\n"
        );
        assert_stops("", answer.clone(), &stderr);
        let (folder, _server) = stream("pages = { type = \"single\" }", answer);
        folder.run("run").assert_complete();
        assert_eq!(folder.read("out/events.ndjson"), format!("{page}\n"));
    }
}

/// The API hides all records of the second page.
#[test]
fn an_empty_page_that_says_that_there_are_more_is_not_the_last_one() {
    let keys = "records = \"/data\"\npages = { type = \"page_number\", param = \"page\" }";
    let answer = |request: &Received| {
        let number = page(request);
        let data = if number == 1 || number == 3 { records(number) } else { Vec::new() };
        reply(&json!({ "data": data, "has_more": number < 3 }))
    };
    let (folder, _server) = stream(keys, answer);
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/events.ndjson"), "0\n1\n2\n6\n7\n8\n");
}

#[test]
fn an_empty_page_that_leads_to_another_one_stops_the_run() {
    let keys = "records = \"/data\"\npages = { type = \"page_number\", param = \"page\" }";
    let answer = |request: &Received| {
        let data = if page(request) == 1 { records(1) } else { Vec::new() };
        reply(&json!({ "data": data, "next": "/events?page=3" }))
    };
    let stderr = "error: the stream `events` is not complete\n  \
         caused by: page 2 has no records, which should mean the end, but also `/next` (a text of 14 characters)\n\
         hint: follow it with another `type` in `streams.events.pages`; or, if an empty page is the last one all the same, \
         add a rule to `streams.events.answers`: `{ when = { status = \"2xx\", at = \"/next\", exists = true }, \
         then = \"page\" }`\n";
    assert_stops(keys, answer, stderr);
    let rule =
        "\nanswers = [{ when = { status = \"2xx\", at = \"/next\", exists = true }, then = \"page\" }]";
    let (folder, _server) = stream(&[keys, rule].concat(), answer);
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/events.ndjson"), "0\n1\n2\n");
}

/// The API has renamed the next link, or the page is another answer than the others.
#[test]
fn a_next_link_that_moves_stops_the_run() {
    let stderr = |found: &str| {
        format!(
            "error: the stream `events` is not complete\n  \
             caused by: page 3 has no next page at `/next`, but has {found}\n\
             hint: name the place of the next page in `streams.events.pages`; or, if pages without one are complete, add \
             `end = [{{ at = \"/next\", exists = false }}]` there\n"
        )
    };
    let keys = "records = \"/data\"\npages = { type = \"next_url\", next = \"/next\" }";
    let page_with = |name: &'static str| {
        move |request: &Received| {
            let number = page(request);
            let next = format!("/events?page={}", number + 1);
            let name = if number == 3 { name } else { "next" };
            reply(&json!({ "data": records(number), "cursor": "c", name: next }))
        }
    };
    assert_stops(keys, page_with("Next"), &stderr("`/Next` (a text of 14 characters)"));
    let (folder, _server) = stream(keys, page_with("self"));
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/events.ndjson").lines().count(), 9, "the cursor was there before");
}
