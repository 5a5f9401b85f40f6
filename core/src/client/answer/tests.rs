//! What responses mean: a table.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::{Value, json};

use super::*;
use crate::http::{place::Comparison, request::Request, secret::Secrets, transport::Response};

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_800_000_000)
}

fn verdict(rules: &Rules, status: u16, headers: &[(&'static str, &str)], body: &str) -> Verdict {
    let field = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
    };
    let headers: HeaderMap = headers.iter().map(field).collect();
    let status = StatusCode::from_u16(status).unwrap();
    let response = Response::new(status, headers, body.as_bytes().to_vec());
    let request = Request::new(Method::GET, "https://api.example/".parse().unwrap());
    let secrets = Secrets::default();
    let view = View::new(&response, &request, &secrets).with_records(rules.records.as_ref());
    rules.judge(&view, &RefusalFormat::default(), now())
}

struct Judged {
    then: Then,
    after: Option<Duration>,
    refusal: Option<Refusal>,
}

fn judge(rules: &Rules, status: u16, headers: &[(&'static str, &str)], body: &str) -> Judged {
    match verdict(rules, status, headers, body) {
        Verdict::Page(_) => Judged { then: Then::Page, after: None, refusal: None },
        Verdict::Refused { then, after, refusal } => Judged { then, after, refusal: Some(refusal) },
    }
}

fn at(place: &str, comparison: Comparison) -> Condition {
    Condition { at: Some((place.parse().unwrap(), vec![comparison])), ..Condition::default() }
}

fn is(value: Value) -> Comparison {
    Comparison::Is(vec![value])
}

fn rule(when: Condition, then: Then) -> Rule {
    Rule { when, then, after: None, message: None, hint: None }
}

#[test]
fn every_status_has_a_meaning() {
    use Then::{Fail, Page, Renew, Retry, Throttle, Wait};
    let meaning = |kind, status| judge(&Rules { kind, ..Rules::default() }, status, &[], "{}").then;
    for status in 200..=599 {
        let expected = match status {
            202 => Wait,
            200..=299 => Page,
            401 => Renew,
            429 => Throttle,
            408 | 425 | 500 | 502 | 503 | 504 | 520..=530 | 598 | 599 => Retry,
            _ => Fail,
        };
        assert_eq!(meaning(Kind::Page, status), expected, "{status}");
        let expected = if status == 202 { Page } else { expected };
        assert_eq!(meaning(Kind::Other, status), expected, "{status} to another request");
    }
}

#[test]
fn a_forbidden_request_with_an_exhausted_limit_is_throttled() {
    let verdict = |headers: &[(&'static str, &str)]| judge(&Rules::default(), 403, headers, "{}");
    let limit = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1800000030")];
    let throttled = verdict(&limit);
    assert_eq!((throttled.then, throttled.after), (Then::Throttle, Some(Duration::from_secs(30))));
    let throttled = verdict(&[("retry-after", "1.5")]);
    assert_eq!((throttled.then, throttled.after), (Then::Throttle, Some(Duration::from_millis(1500))));
    assert_eq!(verdict(&[("x-ratelimit-remaining", "7"), ("x-ratelimit-reset", "30")]).then, Then::Fail);
    assert_eq!(verdict(&[]).then, Then::Fail);
}

#[test]
fn a_token_endpoint_may_call_a_rate_limit_a_bad_request() {
    let verdict = judge(&Rules::default(), 400, &[], r#"{"description":"Rate limit exceeded"}"#);
    assert_eq!(verdict.then, Then::Throttle);
}

#[test]
fn the_first_rule_that_matches_decides() {
    let rules = Rules::of_pages(vec![
        rule(at("/error", is(json!("ratelimited"))), Then::Throttle),
        rule(at("/ok", is(json!(false))), Then::Fail),
        rule(Condition { status: vec![StatusMatch::Class(4)], ..Condition::default() }, Then::Skip),
    ]);
    assert_eq!(judge(&rules, 200, &[], r#"{"ok":false,"error":"ratelimited"}"#).then, Then::Throttle);
    assert_eq!(judge(&rules, 200, &[], r#"{"ok":false,"error":"x"}"#).then, Then::Fail);
    assert_eq!(judge(&rules, 200, &[], r#"{"ok":true}"#).then, Then::Page);
    assert_eq!(judge(&rules, 401, &[], "{}").then, Then::Skip, "before the built-in rules");
    assert_eq!(judge(&rules, 503, &[], "{}").then, Then::Retry);
}

#[test]
fn all_parts_of_a_condition_must_match() {
    let when = Condition {
        status: vec![StatusMatch::Code(400), StatusMatch::Code(404)],
        code: Some("pagination.limit".to_owned()),
        text: Some("TOO DEEP".to_owned()),
        ..Condition::default()
    };
    let rules = Rules::of_pages(vec![rule(when, Then::Split)]);
    let body = |code: &str, message: &str| json!({ "code": code, "message": message }).to_string();
    assert_eq!(judge(&rules, 400, &[], &body("pagination.limit", "this is too deep")).then, Then::Split);
    assert_eq!(judge(&rules, 404, &[], &body("pagination.limit", "this is too deep")).then, Then::Split);
    assert_eq!(judge(&rules, 400, &[], &body("other", "this is too deep")).then, Then::Fail);
    assert_eq!(judge(&rules, 400, &[], &body("pagination.limit", "no")).then, Then::Fail);
    assert_eq!(judge(&rules, 403, &[], &body("pagination.limit", "this is too deep")).then, Then::Fail);
    let text = Condition { text: Some("maintenance".to_owned()), ..Condition::default() };
    let rules = Rules::of_pages(vec![rule(text, Then::Retry)]);
    assert_eq!(judge(&rules, 400, &[], "Down for Maintenance").then, Then::Retry, "a body that is not JSON");
}

#[test]
fn a_rule_says_how_long_to_wait_and_what_to_show() {
    let mut throttle = rule(at("/error", is(json!("busy"))), Then::Throttle);
    throttle.after = Some(After::At("/wait".parse().unwrap()));
    throttle.message = Some(Message::At("/reason".parse().unwrap()));
    throttle.hint = Some("ask for less".to_owned());
    let mut fail = rule(Condition::default(), Then::Fail);
    fail.message = Some(Message::Text("never".to_owned()));
    let rules = Rules::of_pages(vec![throttle, fail]);
    let judged = judge(&rules, 200, &[], r#"{"error":"busy","wait":"2.5","reason":"too many"}"#);
    assert_eq!((judged.then, judged.after), (Then::Throttle, Some(Duration::from_millis(2500))));
    let refusal = judged.refusal.unwrap();
    assert_eq!(refusal.message.as_deref(), Some("too many"));
    assert_eq!(refusal.hint.as_deref(), Some("ask for less"));
    let judged = judge(&rules, 200, &[("retry-after", "3")], r#"{"error":"busy"}"#);
    assert_eq!(judged.after, Some(Duration::from_secs(3)), "without its own place, the header counts");
    assert_eq!(judge(&rules, 200, &[], "{}").refusal.unwrap().message.as_deref(), Some("never"));
}

#[test]
fn a_place_with_several_values_fails_the_request() {
    let rules = Rules::of_pages(vec![rule(at("$.errors[*].code", Comparison::Exists(false)), Then::End)]);
    assert_eq!(judge(&rules, 200, &[], "{}").then, Then::End);
    let judged = judge(&rules, 200, &[], r#"{"errors":[{"code":1},{"code":2}]}"#);
    assert_eq!(judged.then, Then::Fail);
    assert_eq!(judged.refusal.unwrap().message.unwrap(), "`$.errors[*].code` selects 2 values, not one");
}

#[test]
fn a_path_does_not_look_into_the_records() {
    let of = |records: &str| {
        Rules::of_pages(vec![rule(at("$..error", Comparison::Exists(true)), Then::Retry)])
            .with_records(records.parse().unwrap())
    };
    for (records, body, then) in [
        ("/data", r#"{"data":[{"error":1},{"error":2}]}"#, Then::Page),
        ("/data", r#"{"data":[{"error":1},{"error":2}],"meta":{"error":3}}"#, Then::Retry),
        ("/a/data", r#"{"meta":{"error":3}, "a":{"data": [{"error":1}] }}"#, Then::Retry),
        ("/data/*", r#"{"data":{"x":{"error":1},"y":{"error":2}}}"#, Then::Page),
        ("/data", r#"{"data":{"error":1}}"#, Then::Retry),
        ("", r#"[{"error":1},{"error":2}]"#, Then::Page),
        // The whole page is one record, or an error.
        ("", r#"{"error":1}"#, Then::Retry),
    ] {
        assert_eq!(judge(&of(records), 200, &[], body).then, then, "{records:?} in {body}");
    }
    // A pointer looks where it leads.
    let pointer = Rules::of_pages(vec![rule(at("/data/0/error", is(json!(1))), Then::Retry)]);
    let judged =
        judge(&pointer.with_records("/data".parse().unwrap()), 200, &[], r#"{"data":[{"error":1}]}"#);
    assert_eq!(judged.then, Then::Retry);
}
