//! Places of the next page that are wrong, where something else on the page says so.

use serde_json::json;

use crate::ends::{page, reply, stream};

#[test]
fn a_total_that_is_larger_than_the_only_page_is_an_error() {
    let keys = "records = \"/items\"\npages = { type = \"next_url\", next = \"/links/next\" }";
    let (folder, _server) = stream(keys, |_| reply(&json!({ "items": [1, 2], "total": 173 })));
    let ended = folder.run("run");
    assert_eq!(ended.code, Some(4));
    assert_eq!(
        ended.last_error(),
        "error: the stream `events` is not complete\n  \
         caused by: page 1 has no next page at `/links/next`, but has `/total` (173)\n\
         hint: name the place of the next page in `streams.events.pages`; or, if pages without one are complete, add \
         `end = [{ at = \"/links/next\", exists = false }]` there\n"
    );
}

#[test]
fn a_next_page_in_a_list_of_links_is_an_error() {
    let keys = "records = \"/entry\"\npages = { type = \"next_url\", next = \"$.link[?@.rel=='next'].url\" }";
    let (folder, _server) = stream(keys, |_| {
        let link =
            json!([{ "relation": "self", "url": "/a" }, { "relation": "next", "url": "/events?page=2" }]);
        reply(&json!({ "entry": [1], "link": link }))
    });
    let ended = folder.run("run");
    assert_eq!(ended.code, Some(4));
    assert!(ended.stderr.contains("but has `/link/1/url` (a text of 14 characters)"), "{}", ended.stderr);
}

#[test]
fn a_path_that_selects_several_values_is_an_error() {
    let keys = "records = \"/entry\"\npages = { type = \"next_url\", next = \"$.link[*].url\" }";
    let (folder, _server) = stream(keys, |_| {
        reply(&json!({ "entry": [1], "link": [{ "url": "/events?page=1" }, { "url": "/events?page=2" }] }))
    });
    let ended = folder.run("run");
    assert_eq!(ended.code, Some(4));
    assert_eq!(
        ended.last_error(),
        "error: the stream `events` is not complete\n  \
         caused by: `$.link[*].url` selects 2 values, not one\n\
         hint: name one value in `streams.events.pages`, for example with a filter: `$.links[?@.rel=='next'].url`\n"
    );
    assert_eq!(folder.names_in("out"), [""; 0]);
}

/// What pages had at another place proves nothing.
#[test]
fn a_place_that_was_changed_during_a_run_proves_nothing() {
    let keys = "records = \"/items\"\npages = { type = \"cursor\", param = \"page\", cursor = \"/next\" }";
    let (folder, _server) = stream(keys, |request| {
        let page = page(request);
        let next = if page < 10 { json!((page + 1).to_string()) } else { json!(null) };
        reply(&json!({ "items": [page], "next": next }))
    });
    assert_eq!(folder.run("run --max-requests 3").code, Some(75));
    let configuration = folder.read("longhaul.toml");
    let folder = folder.with("longhaul.toml", configuration.replace("\"/next\"", "\"/nxt\""));
    let ended = folder.run("run");
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    let folder = folder.with("longhaul.toml", configuration);
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/events.ndjson"), "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n");
}

/// A number of pages that an earlier page had still holds on a page without it.
#[test]
fn an_empty_page_without_the_number_of_pages_is_not_the_end() {
    let keys =
        "records = \"/items\"\npages = { type = \"page_number\", param = \"page\", page_count = \"/pages\" }";
    let (folder, _server) = stream(keys, |request| match page(request) {
        3 => reply(&json!({ "items": [] })),
        page => reply(&json!({ "items": [page], "pages": 6 })),
    });
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/events.ndjson"), "1\n2\n4\n5\n6\n");
}
