//! Records that arrive more than once.

use std::sync::Arc;

use http::Method;
use jiff::{SignedDuration, Span, tz::TimeZone};
use longhaul_core::{
    Body, Source,
    listing::paginate::{Offset, OffsetStep, Single},
    pull::window::Windows,
};
use longhaul_tests::{Lifetime, Pulled, Reply, Setup, Tokens, split_on, with_total};
use serde_json::{Value, json};

use crate::windows::windows;

/// A record whose key has 23 digits. Only the last two differ between records.
fn record(id: usize) -> String {
    format!(r#"{{"n":1.0,"id":123456789012345678901{id:02}}}"#)
}

/// Pulls windows of six hours from an API that returns all records of a day for each of its windows.
fn pull_days(unique: Option<&str>) -> Pulled {
    let tokens = Arc::new(Tokens::new(Lifetime::Requests(9)));
    let (setup, _) = Setup::scripted_api(&tokens, |request| {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let first = if body["interval"].as_str().unwrap().starts_with("2026-01-01") { 0 } else { 10 };
        let of_day: Vec<_> = (first..first + 10).map(record).collect();
        Reply::json(format!(r#"{{"conversations":[{}]}}"#, of_day.join(",\n")))
    });
    let mut source = setup.source_at("/query", "/conversations", Single::Assumed);
    source.rules = split_on(400, None);
    source.first.method = Method::POST;
    source.first.body = Body::Json(json!({"interval": "{window.start}/{window.end}"}).into());
    source.windows = Some(Windows {
        slice: Some(Span::new().hours(6)),
        min_slice: SignedDuration::from_hours(1),
        timezone: TimeZone::UTC,
        format: "%Y-%m-%dT%H:%M:%SZ".to_owned(),
    });
    source.unique = unique.map(|place| place.parse().unwrap());
    setup.pull(&source, Some(windows(Some(Span::new().hours(6)))))
}

#[test]
fn a_record_in_several_windows_is_written_once() {
    let pulled = pull_days(Some("/id"));
    assert_eq!(pulled.records(), (0..20).map(record).collect::<Vec<_>>());
    let summary = pulled.summary();
    assert_eq!((summary.records, summary.repeated, summary.windows, summary.pages), (20, 60, 8, 8));
}

#[test]
fn without_a_key_nothing_is_dropped() {
    let summary = pull_days(None).summary();
    assert_eq!((summary.records, summary.repeated), (80, 0));
}

#[test]
fn a_record_without_the_key_is_never_dropped() {
    let pulled = pull_days(Some("/key"));
    assert_eq!((pulled.summary().records, pulled.summary().repeated), (80, 0));
}

/// Pulls these records by offset, two per page. Their key is at `/id`.
fn pull(records: &[&'static str], total: usize) -> Pulled {
    let records = records.to_vec();
    let (setup, _) = Setup::scripted_api(&Arc::new(Tokens::new(Lifetime::Unlimited)), move |request| {
        let offset: usize = request.query("offset").unwrap().parse().unwrap();
        let page = &records[offset.min(records.len())..(offset + 2).min(records.len())];
        Reply::json(format!(r#"{{"entities":[{}],"total":{total}}}"#, page.join(",")))
    });
    let param = "offset".parse().unwrap();
    let paginator = Offset { param, size: None, start: 0, step: OffsetStep::Received };
    let source = setup.source_at("/x", "/entities", paginator);
    let (unique, ends) = (Some("/id".parse().unwrap()), with_total("/total"));
    setup.pull(&Source { unique, ends, ..source }, None)
}

#[test]
fn records_on_overlapping_pages_are_written_once() {
    let pulled = pull(
        &[
            r#"{"id":"a","v":1}"#,
            r#"{"id":"b"}"#,
            r#"{"id":"\u0062","v":2}"#,
            r#"{"id":"c"}"#,
            r#"{"id":"a","v":3}"#,
            r#"{"id":"c"}"#,
            r#"{"id":7}"#,
        ],
        7,
    );
    assert_eq!(pulled.records(), [r#"{"id":"a","v":1}"#, r#"{"id":"b"}"#, r#"{"id":"c"}"#, r#"{"id":7}"#]);
    let summary = pulled.summary();
    assert_eq!((summary.records, summary.repeated, summary.missing), (4, 3, 3));
    assert_eq!(summary.pages, 5, "a page counts even if all its records are dropped");
}

#[test]
fn a_number_and_a_text_with_the_same_digits_are_different_keys() {
    let records = [r#"{"id":7}"#, r#"{"id":"7"}"#, r#"{"id":"7"}"#, r#"{"id":7}"#, r#"{"id":true}"#];
    let pulled = pull(&records, 5);
    assert_eq!(pulled.records(), [r#"{"id":7}"#, r#"{"id":"7"}"#, r#"{"id":true}"#]);
    assert_eq!(pulled.summary().repeated, 2);
}
