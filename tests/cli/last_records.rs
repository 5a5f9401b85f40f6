//! Listings that continue from the last record, and totals that repeated pages add up to.

use longhaul_tests::{Received, Reply};
use serde_json::{Value, json};

use crate::ends::{assert_stops, reply, stream};

const AFTER: &str =
    "records = \"/data\"\npages = { type = \"cursor\", param = \"after\", cursor = \"last:/k\" }";

const AT_TOTAL: &str = "records = \"/data\"\npages = { type = \"cursor\", param = \"cursor\", cursor = \"/next\", \
                        total = \"/total\", ends_at_total = true }";

/// Up to three of the records whose value `is_after` the requested one.
fn keyset(keys: &[u64], is_after: impl Fn(u64, u64) -> bool) -> impl Fn(&Received) -> Reply {
    move |request| {
        let after = request.query("after").map(|after| after.parse::<u64>().unwrap());
        let records =
            keys.iter().enumerate().filter(|(_, key)| after.is_none_or(|after| is_after(**key, after)));
        let records = records.take(3).map(|(id, key)| json!({ "id": id, "k": key }));
        reply(&json!({ "data": records.collect::<Vec<_>>() }))
    }
}

fn is_greater(key: u64, after: u64) -> bool {
    key > after
}

/// A page that ends between records with the same value would leave out the others.
#[test]
fn records_with_the_same_value_stop_the_run() {
    let cases: [(&'static [u64], u64); 3] =
        [(&[1, 2, 2, 2, 3], 1), (&[1, 2, 3, 4, 4, 5, 6], 2), (&[1, 1, 2], 1)];
    for (keys, page) in cases {
        let stderr = format!(
            "error: the stream `events` is not complete\n  \
             caused by: records of page {page} have the same value at `last:/k`, and the next page leaves out records \
             with the value of the last one\n\
             hint: continue from a value that no two records share, such as an id; or, if the API keeps such records on \
             one page, set `streams.events.pages.ties = true`\n"
        );
        assert_stops(AFTER, move |request| keyset(keys, is_greater)(request), &stderr);
    }
}

#[test]
fn records_with_the_same_value_are_allowed_if_the_api_keeps_them_together_or_repeats_them() {
    let keys = AFTER.replace("\"last:/k\"", "\"last:/k\", ties = true");
    let (folder, _server) = stream(&keys, |request| keyset(&[1, 2, 2, 3, 4, 4], is_greater)(request));
    folder.run("run --strict").assert_complete();
    assert_eq!(folder.read("out/events.ndjson").lines().count(), 6);
    let keys = AFTER.replace("\"last:/k\"", "\"last:/k\", size = 3, end = [{ short = true }]");
    let (folder, _server) = stream(&format!("{keys}\nunique = \"/id\""), |request| {
        keyset(&[1, 2, 2, 3, 4], |key, after| key >= after)(request)
    });
    folder.run("run --strict").assert_complete();
    assert_eq!(folder.read("out/events.ndjson").lines().count(), 5);
}

#[test]
fn an_api_that_sorts_by_another_value_stops_the_run() {
    assert_stops(
        AFTER,
        |request| keyset(&[1, 7, 3, 2, 8, 5], is_greater)(request),
        "error: the stream `events` is not complete\n  \
         caused by: page 2 has records of the page before it, so the API does not sort by `last:/k`\n\
         hint: let the API sort by this value, with a parameter in `streams.events.query`, or continue from the value by \
         which it sorts\n",
    );
}

#[test]
fn ids_need_no_order() {
    const IDS: [u64; 8] = [5, 1, 7, 3, 2, 8, 4, 6];
    let answer = |request: &Received| {
        let after = request.query("after").map(|after| after.parse::<u64>().unwrap());
        let from = after.map_or(0, |after| 1 + IDS.iter().position(|id| *id == after).unwrap());
        let records = IDS[from..].iter().take(3).map(|id| json!({ "k": id }));
        reply(&json!({ "data": records.collect::<Vec<_>>() }))
    };
    let (folder, _server) = stream(AFTER, answer);
    folder.run("run --strict").assert_complete();
    assert_eq!(folder.read("out/events.ndjson").lines().count(), 8);
}

/// The number of the page in the cursor.
fn turn(request: &Received) -> u64 {
    request.query("cursor").map_or(1, |cursor| cursor.parse().unwrap())
}

/// Pages that come again would add up to the total.
#[test]
fn pages_that_come_again_do_not_prove_that_a_total_is_reached() {
    let again = |total: u64, page: fn(u64) -> Value| {
        move |request: &Received| {
            let turn = turn(request);
            reply(&json!({ "data": page(turn), "total": total, "next": turn + 1 }))
        }
    };
    let stderr = |pages: &str| {
        format!(
            "error: the stream `events` is not complete\n  \
             caused by: pages {pages} have the same records\n\
             hint: the API seems to ignore the cursor: check the name in `streams.events.pages.param`, and whether it \
             belongs in the query or the body; if pages may be alike, set `identical_pages = true` there\n"
        )
    };
    assert_stops(AT_TOTAL, again(4, |_| json!([{ "id": 1 }])), &stderr("1 to 4"));
    assert_stops(AT_TOTAL, again(12, |turn| json!([turn % 3, 7, 8])), &stderr("1 and 4"));
    let identical = AT_TOTAL.replace("param = ", "identical_pages = true, param = ");
    let (folder, _server) = stream(&identical, again(4, |_| json!([0])));
    folder.run("run --strict").assert_complete();
    assert_eq!(folder.read("out/events.ndjson"), "0\n0\n0\n0\n");
}
