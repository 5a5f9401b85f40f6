//! Conversation details by query.

use serde_json::{Value, json};

use super::{
    client::{Client, Reply},
    start,
};
use crate::{IntervalMatching, Settings};

const PATH: &str = "/api/v2/analytics/conversations/details/query";
const ALL: &str = "2026-01-01T00:00:00.000Z/2026-01-08T00:00:00.000Z";

fn query(client: &Client, body: &Value) -> Reply {
    client.post(PATH, &body.to_string())
}

fn ids(reply: &Reply) -> Vec<String> {
    let page = reply.json();
    let conversations = page["conversations"].as_array().unwrap();
    conversations.iter().map(|record| record["conversationId"].as_str().unwrap().to_owned()).collect()
}

fn page(number: usize) -> Value {
    json!({ "interval": ALL, "paging": { "pageSize": 100, "pageNumber": number } })
}

#[test]
fn the_pages_are_all_records_once_and_past_the_end_the_key_is_absent() {
    let settings = Settings { records: 250, ..Settings::default() };
    let (api, client, _) = start(settings.clone());
    let mut records = Vec::new();
    for number in 1..=3 {
        let reply = query(&client, &page(number));
        records.extend(reply.elements("conversations"));
        assert_eq!(reply.json()["totalHits"], 250);
    }
    assert_eq!(records, (0..250).map(|at| settings.conversation(at)).collect::<Vec<_>>());
    assert_eq!(query(&client, &page(4)).body, r#"{"totalHits":250}"#);
    assert_eq!(api.stats().requests["POST /api/v2/analytics/conversations/details/query"], 4);
}

#[test]
fn a_page_is_25_by_default_and_100_at_most() {
    let (_api, client, _) = start(Settings::default());
    assert_eq!(ids(&query(&client, &json!({ "interval": ALL }))).len(), 25);
    let too_large = json!({ "interval": ALL, "paging": { "pageSize": 101, "pageNumber": 1 } });
    assert_eq!(query(&client, &too_large).refusal(), (400, "invalid.value".into()));
    let (_api, client, _) = start(Settings { max_page: 7, ..Settings::default() });
    assert_eq!(ids(&query(&client, &page(1))).len(), 7);
}

#[test]
fn an_interval_is_needed_and_must_be_one() {
    let (_api, client, _) = start(Settings::default());
    assert_eq!(client.post(PATH, "").refusal(), (400, "invalid.date".into()));
    assert_eq!(query(&client, &json!({ "interval": "2026-01-01" })).refusal(), (400, "invalid.date".into()));
    assert_eq!(query(&client, &json!({ "interval": 7 })).refusal(), (400, "bad.request".into()));
    assert_eq!(
        query(&client, &json!({ "interval": ALL, "order": "up" })).refusal(),
        (400, "bad.request".into())
    );
}

#[test]
fn an_interval_means_the_days_it_touches_or_just_itself() {
    let noon = json!({ "interval": "2026-01-02T06:00:00Z/2026-01-02T12:00:00Z" });
    let hits = |matching| {
        let (_api, client, _) = start(Settings { records: 2800, matching, ..Settings::default() });
        query(&client, &noon).json()["totalHits"].clone()
    };
    assert_eq!(hits(IntervalMatching::UtcDays), 400);
    assert_eq!(hits(IntervalMatching::Exact), 100);
}

#[test]
fn the_order_is_the_one_asked_for() {
    let (_api, client, _) = start(Settings { records: 100, ..Settings::default() });
    let ordered = |order: &str, by: &str| {
        let mut body = page(1);
        body["order"] = order.into();
        body["orderBy"] = by.into();
        query(&client, &body)
    };
    let ascending = ids(&ordered("asc", "conversationStart"));
    let mut reversed = ids(&ordered("desc", "segmentStart"));
    reversed.reverse();
    assert_eq!(ascending, reversed);
    assert_eq!(ascending, ids(&ordered("unordered", "conversationEnd")));

    let by_end = ordered("asc", "conversationEnd").json();
    let ends: Vec<_> = by_end["conversations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|record| record["conversationEnd"].as_str())
        .collect();
    assert!(ends.is_sorted_by_key(|end| end.unwrap_or("open")));
    let mut same = ids(&ordered("desc", "segmentEnd"));
    same.sort();
    let mut all = ascending.clone();
    all.sort();
    assert_eq!(same, all);
}

#[test]
fn a_page_that_is_too_deep_is_refused() {
    let (_api, client, _) = start(Settings { max_depth: Some(200), ..Settings::default() });
    assert_eq!(query(&client, &page(2)).status, 200);
    assert_eq!(query(&client, &page(3)).refusal(), (400, "pagination.limit".into()));
}
