//! Stripe.

use longhaul_tests::{Reaction, Received, Reply};
use serde_json::json;

use super::system::{Pull, RECORDS, after, end, page, parameter, records};

fn refusal(status: u16, kind: &str, code: &str, message: &str) -> Reply {
    Reply::refusal(status, &json!({ "error": { "type": kind, "code": code, "message": message } }))
        .header("request-id", "req_123")
}

fn pull<S>(stream: &'static str, script: S) -> Pull<'static, S> {
    Pull {
        system: "stripe",
        stream,
        settings: "",
        variables: &[("STRIPE_API_KEY", "rk_live_s3cret")],
        accepts: |request| request.bearer() == Some("rk_live_s3cret"),
        refusal: refusal(401, "invalid_request_error", "api_key", "Invalid API Key provided"),
        throttled: refusal(429, "invalid_request_error", "rate_limit", "Too many requests"),
        script,
    }
}

fn listing(request: &Received) -> Reaction {
    assert_eq!(parameter(request, "limit"), "100");
    let is_of_subscriptions = request.url.path() == "/v1/subscriptions";
    assert_eq!(request.query("status").as_deref(), is_of_subscriptions.then_some("all"));
    let start = request.query("starting_after").map_or(0, |id| after(&id));
    let has_more = end(start) < RECORDS;
    let url = request.url.path();
    Reply::json(format!(r#"{{"object":"list","url":"{url}","has_more":{has_more},"data":{}}}"#, page(start)))
        .into()
}

#[test]
fn listings() {
    for stream in ["customers", "charges", "invoices", "subscriptions", "balance_transactions", "events"] {
        pull(stream, listing).assert_pulls(&records(), (3, "Invalid API Key provided"));
    }
}

#[test]
fn errors() {
    let message = "No such customer: 'r09'";
    let error = refusal(400, "invalid_request_error", "resource_missing", message);
    let ended = pull("charges", listing).answered_with(error);
    assert_eq!(ended.code, Some(4));
    let words = ended.last_error();
    assert!(
        words.contains("resource_missing") && words.contains(message) && words.contains("req_123"),
        "{words}"
    );
}
