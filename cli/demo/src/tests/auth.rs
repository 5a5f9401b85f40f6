//! Who is admitted, and how often.

use std::time::Duration;

use longhaul_core::Clock;

use super::{client::Reply, start};
use crate::Settings;

#[test]
fn a_missing_token_and_an_invalid_one_have_different_codes() {
    let (api, client, clock) = start(Settings::default());
    let missing = client.with(None).get("/api/v2/users");
    assert_eq!(missing.refusal(), (401, "authentication.required".into()));
    assert_eq!(missing.header("www-authenticate"), Some("Bearer"));
    let unknown = client.with(Some("x")).get("/api/v2/users");
    assert_eq!(unknown.refusal(), (401, "bad.credentials".into()));

    assert_eq!(client.get("/api/v2/users").status, 200);
    clock.advance(Duration::from_millis(2999));
    assert_eq!(client.get("/api/v2/users").status, 200);
    clock.advance(Duration::from_millis(1));
    assert_eq!(client.get("/api/v2/users").refusal(), (401, "bad.credentials".into()));
    let stats = api.stats();
    assert_eq!((stats.unauthorized, stats.tokens_expired, stats.pages), (3, 1, 2));
    assert_eq!(stats.requests["GET /api/v2/users"], 5);
    assert_eq!(stats.total_requests(), 6);
}

#[test]
fn errors_name_the_correlation_that_the_header_names() {
    let (_api, client, _) = start(Settings::default());
    for reply in [
        client.with(None).get("/api/v2/users"),
        client.get("/api/v2/nothing"),
        client.get("/api/v2/users?pageSize=0"),
    ] {
        let body = reply.json();
        assert_eq!(body["contextId"].as_str(), reply.header("inin-correlation-id"));
        assert_eq!(body["status"], reply.status);
        assert_eq!((&body["details"], &body["errors"]), (&serde_json::json!([]), &serde_json::json!([])));
    }
    let reply = client.get("/api/v2/users");
    assert_eq!(reply.header("inin-correlation-id").map(str::len), Some(36));
    assert_eq!(reply.header("date"), Some("Sun, 01 Feb 2026 00:00:00 GMT"));
}

#[test]
fn a_token_dies_after_its_requests() {
    let (api, mut client, _) = start(Settings { token_requests: Some(7), ..Settings::default() });
    for _ in 0..3 {
        assert!((0..7).all(|_| client.get("/api/v2/users").status == 200));
        assert_eq!(client.get("/api/v2/users").status, 401);
        client.renew();
    }
    assert_eq!((api.stats().tokens_spent, api.stats().tokens_invalidated()), (3, 3));
}

#[test]
fn the_rate_headers_tell_when_the_429_comes_and_when_it_is_over() {
    let settings =
        Settings { rate_allowed: 2, token_lifetime: Duration::from_secs(3600), ..Settings::default() };
    let (api, client, clock) = start(settings);
    let headers = |reply: &Reply| {
        ["count", "allowed", "reset"]
            .map(|name| reply.header(&format!("inin-ratelimit-{name}")).unwrap().to_owned())
    };
    assert_eq!(headers(&client.get("/api/v2/users")), ["1", "2", "60"]);
    clock.advance(Duration::from_secs(10));
    assert_eq!(headers(&client.get("/api/v2/users?pageSize=0")), ["2", "2", "50"]);
    let refused = client.get("/api/v2/users");
    assert_eq!(refused.refusal(), (429, "too.many.requests.retry.after".into()));
    assert_eq!(refused.header("retry-after"), Some("50"));
    assert!(refused.body.contains("Retry the request in [50] seconds"));
    assert_eq!(headers(&refused), ["2", "2", "50"]);
    clock.advance(Duration::from_secs(50));
    assert_eq!(client.get("/api/v2/users").status, 200);
    assert_eq!(api.stats().too_many_requests, 1);
}

#[test]
fn a_token_tells_about_itself_and_can_be_revoked() {
    let (api, client, _) = start(Settings::default());
    let info = client.get("/api/v2/tokens/me").json();
    assert_eq!(info["OAuthClient"]["id"], Settings::default().client_id);
    assert_eq!(info["organization"], info["homeOrganization"]);
    let revoked = client.send("DELETE", "/api/v2/tokens/me", "").unwrap();
    assert_eq!((revoked.status, revoked.body.as_str()), (204, ""));
    assert_eq!(client.get("/api/v2/tokens/me").refusal(), (401, "bad.credentials".into()));
    assert_eq!(api.stats().tokens_revoked, 1);
}

#[test]
fn what_is_not_there_is_404_and_another_method_405() {
    let (api, client, _) = start(Settings::default());
    assert_eq!(client.get("/").refusal(), (404, "not.found".into()));
    let other = client.send("PUT", "/api/v2/users", "{}").unwrap();
    assert_eq!(other.refusal(), (405, "method.not.allowed".into()));
    assert_eq!(other.header("allow"), Some("GET"));
    assert_eq!(client.send("GET", "/oauth/token", "").unwrap().header("allow"), Some("POST"));
    assert_eq!(api.stats().requests["other"], 3);
}

#[test]
fn latency_is_what_every_answer_takes() {
    let (_api, client, clock) = start(Settings { latency: Duration::from_millis(40), ..Settings::default() });
    let before = clock.elapsed();
    client.get("/api/v2/users");
    assert_eq!(clock.elapsed(), before + Duration::from_millis(40));
}
