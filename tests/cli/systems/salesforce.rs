//! Salesforce.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use longhaul_tests::{Reaction, Received, Reply};
use serde_json::{Value, json};

use super::system::{Pull, RECORDS, SIZE, end, page, parameter, records, root};

const TOKEN: &str = "/services/oauth2/token";

/// A grant for the consumer and the user, or the token that was issued for it. The signature is checked elsewhere.
fn accepts(request: &Received) -> bool {
    if request.url.path() != TOKEN {
        return request.bearer() == Some("00Dxx!t0ken");
    }
    let assertion = request.field("assertion").unwrap();
    let claims = URL_SAFE_NO_PAD.decode(assertion.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    request.field("grant_type").as_deref() == Some("urn:ietf:params:oauth:grant-type:jwt-bearer")
        && claims["iss"] == "3MVG9"
        && claims["sub"] == "me@example.com"
        && claims["aud"] == "https://login.salesforce.com"
}

fn pull<S>(stream: &'static str, script: S) -> Pull<'static, S> {
    Pull {
        system: "salesforce",
        stream,
        settings: "auth.token_url = \"ROOT/services/oauth2/token\"",
        variables: &[
            ("SALESFORCE_PRIVATE_KEY", include_str!("../../support/keys/rsa.pem")),
            ("SALESFORCE_USERNAME", "me@example.com"),
            ("SALESFORCE_CLIENT_ID", "3MVG9"),
        ],
        accepts,
        refusal: Reply::refusal(
            400,
            &json!({ "error": "invalid_client_id", "error_description": "client identifier invalid" }),
        ),
        throttled: Reply::status(503),
        script,
    }
}

fn error(status: u16, code: &str, message: &str) -> Reply {
    Reply::refusal(status, &json!([{ "errorCode": code, "message": message }]))
}

/// The results of a query. Where they go on is a path.
fn query(request: &Received) -> Reaction {
    let path = request.url.path();
    if path == TOKEN {
        let token =
            json!({ "access_token": "00Dxx!t0ken", "instance_url": root(request), "token_type": "Bearer" });
        return Reply::json(token.to_string()).into();
    }
    let start = if let Some(start) = path.strip_prefix("/services/data/v62.0/query/01g-") {
        start.parse().unwrap()
    } else {
        assert_eq!(path, "/services/data/v62.0/query");
        assert!(parameter(request, "q").starts_with("SELECT FIELDS(STANDARD) FROM "));
        0
    };
    let rest = if end(start) < RECORDS {
        format!(r#""done":false,"nextRecordsUrl":"/services/data/v62.0/query/01g-{}""#, end(start))
    } else {
        r#""done":true"#.to_owned()
    };
    Reply::json(format!(r#"{{"totalSize":{RECORDS},{rest},"records":{}}}"#, page(start))).into()
}

#[test]
fn queries() {
    for stream in ["accounts", "contacts", "leads", "opportunities", "cases", "users"] {
        pull(stream, query).assert_pulls(&records(), (3, "client identifier invalid"));
    }
}

#[test]
fn the_limit_of_a_day_ends_a_run_that_can_be_resumed() {
    let limit = error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.");
    let ended = pull("accounts", query).answered_with(limit);
    assert_eq!(ended.code, Some(75), "{}", ended.stderr);
    assert!(ended.last_error().contains("TotalRequests Limit exceeded."), "{}", ended.stderr);
}

#[test]
fn expired_results_start_the_query_again() {
    let has_expired = Arc::new(AtomicBool::new(false));
    let script = move |request: &Received| {
        let is_last = request.url.path().ends_with(&format!("-{}", 2 * SIZE));
        if is_last && !has_expired.swap(true, Ordering::Relaxed) {
            return error(400, "INVALID_QUERY_LOCATOR", "invalid query locator").into();
        }
        query(request)
    };
    pull("leads", script).assert_pulls(&records(), (3, "client identifier invalid"));
}

#[test]
fn errors() {
    let ended = pull("cases", query).answered_with(error(
        400,
        "INVALID_TYPE",
        "sObject type 'Case' is not supported.",
    ));
    assert_eq!(ended.code, Some(4));
    let words = ended.last_error();
    assert!(words.contains("INVALID_TYPE") && words.contains("is not supported."), "{words}");
}
