//! Servers that send smaller pages than requested, where a short page means something else.

use longhaul_tests::{Received, Reply};
use serde_json::json;

use crate::ends::{assert_stops, reply, stream};

const STEP_IS_SIZE: &str = "records = \"/data\"\npages = { type = \"offset\", param = \"offset\", size_param = \"limit\", \
                            size = 4, step = \"size\", total = \"/total\", ends_at_total = true }";

const LAST_IS_SHORT: &str = "records = \"/data\"\npages = { type = \"page_number\", param = \"page\", size_param = \"limit\", \
                             size = 4, end = [{ short = true }] }";

fn number(request: &Received, name: &str) -> u64 {
    request.query(name).unwrap().parse().unwrap()
}

/// At most `most` rows from an offset on, without those that may not be seen.
fn rows(request: &Received, rows: u64, most: u64, is_hidden: impl Fn(u64) -> bool) -> Reply {
    let offset = number(request, "offset");
    let end = (offset + number(request, "limit").min(most)).min(rows);
    let seen = (offset..end).filter(|row| !is_hidden(*row)).collect::<Vec<_>>();
    reply(&json!({ "data": seen, "total": rows }))
}

/// Pages of at most `most` records, counted in pages of this size.
fn pages(request: &Received, records: u64, most: u64) -> Reply {
    let size = number(request, "limit").min(most);
    let first = (number(request, "page") - 1) * size;
    reply(&json!({ "data": (first..(first + size).min(records)).collect::<Vec<_>>() }))
}

/// An offset that grows by `size` would leave out what the page lacks, whether other pages follow or not.
#[test]
fn pages_that_are_smaller_than_the_step_stop_the_run() {
    for (records, most) in [(20, 2), (20, 3), (7, 3), (4, 3), (3, 2)] {
        let stderr = format!(
            "error: the stream `events` is not complete\n  \
             caused by: page 1 has {most} records, although 4 were requested, and those after them are on no page\n\
             hint: the API seems to send fewer records per page than `streams.events.pages.size`, so that \
             `step = \"size\"` would skip the others: set `size` to the most that it sends\n"
        );
        assert_stops(STEP_IS_SIZE, move |request| rows(request, records, most, |_| false), &stderr);
        // Some of the records are left out, too.
        if most == 3 && records > 4 {
            let stderr = stderr.replace("has 3 records", "has 2 records");
            assert_stops(STEP_IS_SIZE, move |request| rows(request, records, most, |row| row == 1), &stderr);
        }
    }
}

#[test]
fn records_that_may_not_be_seen_cost_one_request() {
    for is_hidden in [|row| row % 3 == 0, |row| (4..8).contains(&row), |row| row == 1] {
        // Nothing is prefetched, so that requests can be counted.
        let keys = format!("concurrency = 1\n{STEP_IS_SIZE}");
        let (folder, server) = stream(&keys, move |request| rows(request, 22, 100, is_hidden));
        folder.run("run --strict").assert_complete();
        let seen: Vec<_> = (0..22).filter(|row| !is_hidden(*row)).map(|row| format!("{row}\n")).collect();
        assert_eq!(folder.read("out/events.ndjson"), seen.concat());
        let offsets = server.received().iter().filter(|request| request.query("offset").is_some()).count();
        assert_eq!(offsets, 6 + 1);
    }
}

#[test]
fn an_end_by_a_rule_does_not_hide_that_pages_are_small() {
    let keys = STEP_IS_SIZE.replace(", total = \"/total\", ends_at_total = true", ", more = \"/more\"");
    let rule = "\n[[streams.events.answers]]\nwhen = { status = 404 }\nthen = \"end\"";
    assert_stops(
        &[&keys, rule].concat(),
        |request| match number(request, "offset") {
            offset @ 0..4 => reply(&json!({ "data": (offset..(offset + 3).min(4)).collect::<Vec<_>>() })),
            _ => Reply::refusal(404, &json!({ "message": "no such page" })),
        },
        "error: the stream `events` is not complete\n  \
         caused by: page 1 has 3 records, although 4 were requested, and those after them are on no page\n\
         hint: the API seems to send fewer records per page than `streams.events.pages.size`, so that `step = \"size\"` \
         would skip the others: set `size` to the most that it sends\n",
    );
}

#[test]
fn a_short_page_before_others_stops_the_run() {
    for records in [4, 9] {
        assert_stops(
            LAST_IS_SHORT,
            move |request| pages(request, records, 3),
            "error: the stream `events` is not complete\n  \
             caused by: page 1 has 3 records, although 4 were requested, but the next page has records, too\n\
             hint: the API seems to send at most 3 records per page: set `streams.events.pages.size = 3`\n",
        );
    }
}

/// A total that is the number of records on the page would end the listing at the first one.
#[test]
fn a_total_of_the_page_stops_the_run() {
    let keys = "records = \"/data\"\npages = { type = \"page_number\", param = \"page\", total = \"/count\", \
                ends_at_total = true }";
    let page = |records: Vec<u64>| reply(&json!({ "count": records.len(), "data": records }));
    let answer = move |request: &Received| match number(request, "page") {
        page_number @ 1..=3 => page((0..3).map(|index| page_number * 3 + index).collect()),
        _ => page(Vec::new()),
    };
    assert_stops(
        keys,
        answer,
        "error: the stream `events` is not complete\n  \
         caused by: all records have arrived according to `/count` (3), but the next page has records, too\n\
         hint: this seems to be the number of records on the page: name the place of the right count in \
         `streams.events.pages.total`, or remove `ends_at_total`\n",
    );
    let (folder, server) = stream(keys, move |request| match number(request, "page") {
        1 => page(vec![1, 2, 3]),
        _ => Reply::refusal(404, &json!({ "detail": "Invalid page." })),
    });
    folder.run("run --strict").assert_complete();
    assert_eq!(folder.read("out/events.ndjson"), "1\n2\n3\n");
    assert_eq!(server.received().len(), 1 + 2);
}

#[test]
fn a_short_page_is_the_last_whatever_the_server_has_after_it() {
    type Beyond = fn(&Received) -> Reply;
    let beyond: [Beyond; 3] = [
        |request| pages(request, 3, 100),
        |_| Reply::refusal(404, &json!({ "detail": "Invalid page." })),
        |_| reply(&json!({ "data": [0, 1, 2] })),
    ];
    for beyond in beyond {
        let answer = move |request: &Received| match number(request, "page") {
            1 => pages(request, 3, 100),
            _ => beyond(request),
        };
        let (folder, _server) = stream(LAST_IS_SHORT, answer);
        folder.run("run --strict").assert_complete();
        assert_eq!(folder.read("out/events.ndjson"), "0\n1\n2\n");
    }
}
