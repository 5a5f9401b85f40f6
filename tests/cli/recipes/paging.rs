//! How to page.

use longhaul_tests::{Received, Reply};
use serde_json::Value;

use super::recipe::{RECORDS, SIZE, after, array, assert_pulls, number, page, records, run, serve};
use crate::folder::Folder;

/// The URL of the page at `start`, below the server's own.
fn url(request: &Received, start: usize) -> String {
    let mut url = request.url.clone();
    url.set_query(Some(&format!("start={start}")));
    url.to_string()
}

/// Where the page after the one at `start` begins; nothing after the last page.
fn next(start: usize) -> Option<usize> {
    (start + SIZE < RECORDS).then_some(start + SIZE)
}

#[test]
fn next_url() {
    assert_pulls("The URL of the next page is in the body", &records(), |request| {
        let start = number(request, "start", 0);
        let next = next(start).map(|next| format!(r#","@odata.nextLink":"{}""#, url(request, next)));
        Reply::json(format!(r#"{{"value":{}{}}}"#, page(start), next.unwrap_or_default())).into()
    });
}

#[test]
fn link_header() {
    assert_pulls("The URL of the next page is in a `Link` header", &records(), |request| {
        let start = number(request, "start", 0);
        let first = format!("<{}>; rel=\"first\"", url(request, 0));
        let next = next(start).map(|next| format!(", <{}>; rel=\"next\"", url(request, next)));
        Reply::json(page(start)).header("link", first + &next.unwrap_or_default()).into()
    });
}

#[test]
fn link_in_a_list() {
    assert_pulls("The URL of the next page is in a list of links", &records(), |request| {
        let start = number(request, "start", 0);
        let own = format!(r#"{{"relation":"self","url":"{}"}}"#, url(request, start));
        let next =
            next(start).map(|next| format!(r#",{{"relation":"next","url":"{}"}}"#, url(request, next)));
        let links = own + &next.unwrap_or_default();
        Reply::json(format!(r#"{{"resourceType":"Bundle","link":[{links}],"entry":{}}}"#, page(start))).into()
    });
}

#[test]
fn kept_origin() {
    assert_pulls("The next link has the scheme or port of a server behind a proxy", &records(), |request| {
        let start = number(request, "start", 0);
        let next = next(start).map_or("null".to_owned(), |next| {
            let mut inner = request.url.clone();
            inner.set_port(Some(8080)).unwrap();
            inner.set_query(Some(&format!("start={next}")));
            format!("{:?}", inner.as_str())
        });
        Reply::json(format!(r#"{{"orders":{},"next":{next}}}"#, page(start))).into()
    });
}

/// The value at `pointer` in the body of the request.
fn in_body(request: &Received, pointer: &str) -> Option<Value> {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    body.pointer(pointer).cloned()
}

#[test]
fn cursor() {
    assert_pulls("A cursor in the body", &records(), |request| {
        assert_eq!(in_body(request, "/page_size"), Some(SIZE.into()));
        let start = in_body(request, "/start_cursor").map_or(0, |cursor| after(cursor.as_str().unwrap()) - 1);
        let next = next(start).map_or("null".to_owned(), |next| format!("\"r{next}\""));
        let more = next != "null";
        Reply::json(format!(r#"{{"results":{},"next_cursor":{next},"has_more":{more}}}"#, page(start))).into()
    });
}

#[test]
fn cursor_in_a_header() {
    assert_pulls("A cursor in a header", &records(), |request| {
        let number = number(request, "page", 1);
        let start = (number - 1) * SIZE;
        let next = next(start).map(|_| (number + 1).to_string()).unwrap_or_default();
        Reply::json(page(start)).header("x-next-page", next).into()
    });
}

#[test]
fn cursor_in_a_link() {
    assert_pulls("A cursor in a parameter of a `Link` header", &records(), |request| {
        let start = request
            .query("cursor")
            .map_or(0, |cursor| cursor.split(':').nth(1).unwrap().parse::<usize>().unwrap());
        let link = |rel: &str, start: usize, results: bool| {
            let url = url(request, start);
            format!("<{url}>; rel=\"{rel}\"; results=\"{results}\"; cursor=\"0:{start}:0\"")
        };
        let previous = link("previous", start.saturating_sub(SIZE), start > 0);
        let next = link("next", start + SIZE, next(start).is_some());
        Reply::json(page(start)).header("link", format!("{previous}, {next}")).into()
    });
}

#[test]
fn id_of_the_last_record() {
    assert_pulls("The id of the last record", &records(), |request| {
        let start = request.query("starting_after").map_or(0, |id| after(&id));
        let more = next(start).is_some();
        Reply::json(format!(r#"{{"object":"list","data":{},"has_more":{more}}}"#, page(start))).into()
    });
}

#[test]
fn sort_values_of_the_last_record() {
    assert_pulls("The sort values of the last record", &records(), |request| {
        let start = in_body(request, "/search_after").map_or(0, |sort| {
            assert_eq!(sort.as_array().unwrap().len(), 2);
            after(sort[1].as_str().unwrap())
        });
        Reply::json(format!(r#"{{"hits":{{"hits":{}}}}}"#, page(start))).into()
    });
}

#[test]
fn page_numbers() {
    assert_pulls("Page numbers", &records(), |request| {
        let number = number(request, "pageNumber", 1);
        assert_eq!(request.query("pageSize").as_deref(), Some("10"));
        Reply::json(format!(r#"{{"entities":{},"pageCount":3}}"#, page((number - 1) * SIZE))).into()
    });
}

#[test]
fn offsets() {
    assert_pulls("Offsets", &records(), |request| {
        let start = number(request, "offset", 0);
        // Fewer records than requested.
        let records = &records()[start.min(RECORDS)..(start + 7).min(RECORDS)];
        Reply::json(format!(r#"{{"members":{},"total_items":{RECORDS}}}"#, array(records))).into()
    });
}

#[test]
fn offsets_of_hidden_records() {
    // The second page has no record that may be seen, and the others lack some.
    let is_hidden = |index: usize| (10..20).contains(&index) || index.is_multiple_of(4);
    let visible: Vec<_> = records()
        .into_iter()
        .enumerate()
        .filter(|(index, _)| !is_hidden(*index))
        .map(|(_, record)| record)
        .collect();
    assert_pulls("Offsets where some records are hidden", &visible, move |request| {
        let start = number(request, "sysparm_offset", 0);
        let shown = records().into_iter().enumerate().skip(start).take(SIZE);
        let shown: Vec<_> = shown.filter(|(index, _)| !is_hidden(*index)).map(|(_, record)| record).collect();
        let total = RECORDS.to_string();
        Reply::json(format!(r#"{{"result":{}}}"#, array(&shown))).header("x-total-count", total).into()
    });
}

#[test]
fn graphql() {
    assert_pulls("GraphQL", &records(), |request| {
        let start = in_body(request, "/variables/after").map_or(0, |cursor| after(cursor.as_str().unwrap()));
        let last = format!("r{:02}", (start + SIZE).min(RECORDS) - 1);
        let more = next(start).is_some();
        let info = format!(r#"{{"hasNextPage":{more},"endCursor":"{last}"}}"#);
        let products = format!(r#"{{"nodes":{},"pageInfo":{info}}}"#, page(start));
        Reply::json(format!(r#"{{"data":{{"products":{products}}}}}"#)).into()
    });
}

/// The answer of Google Analytics to a request for rows, with this much of its quota left.
fn report(request: &Received, remaining: i64) -> Reply {
    assert_eq!((request.method.as_str(), request.url.path()), ("POST", "/v1beta/properties/1234:runReport"));
    assert_eq!(in_body(request, "/limit"), Some(SIZE.into()));
    let start = usize::try_from(in_body(request, "/offset").unwrap().as_u64().unwrap()).unwrap();
    let quota = format!(r#"{{"tokensPerHour":{{"consumed":7,"remaining":{remaining}}}}}"#);
    Reply::json(format!(r#"{{"rows":{},"rowCount":{RECORDS},"propertyQuota":{quota}}}"#, page(start)))
}

const REPORT: &str = "A report whose offset and limits are in the body";

#[test]
fn an_offset_in_the_body() {
    assert_pulls(REPORT, &records(), |request| report(request, 40_000).into());
}

#[test]
fn a_quota_in_the_body_is_not_exceeded() {
    let (folder, server) = (Folder::empty(), serve(|request| report(request, 10 - 7).into()));
    let ended = run(&folder, &server, REPORT, "run");
    assert_eq!(ended.code, Some(75), "{}", ended.stderr);
    assert_eq!(server.received().len(), 1, "{}", ended.stderr);
}
