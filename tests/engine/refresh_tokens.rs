//! Refresh tokens (RFC 6749 §6).

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use longhaul_core::{Secret, client::auth::RefreshToken};
use longhaul_tests::{
    FakeApi, Lifetime, Links, ManualClock, Received, Reply, ScriptedTransport, Setup, Tokens, chain, records,
};
use serde_json::{Value, json};

/// A pull of six pages, with tokens that are valid for two requests. The token endpoint answers its n-th request, from 1,
/// with `answer(n, issued)`.
fn pull(
    first: Option<&str>,
    answer: impl Fn(usize, Value) -> Reply + Send + Sync + 'static,
) -> (Setup, Arc<ScriptedTransport>, Vec<String>) {
    let (clock, expected) = (ManualClock::new(), records(6));
    let api = FakeApi::new(Tokens::new(Lifetime::Requests(2)), &expected, 1, Links::Relative);
    let requests = AtomicUsize::new(0);
    let (mut setup, transport) = Setup::scripted(&clock, move |request| {
        let reply = api.answer(request);
        if !request.is_for_token() {
            return Ok(reply);
        }
        let issued = serde_json::from_slice(&reply.body).expect("the answer of a token endpoint");
        Ok(answer(requests.fetch_add(1, Ordering::SeqCst) + 1, issued))
    });
    setup.endpoint.refresh_token = first.map(|token| RefreshToken { token: Secret::new(token), file: None });
    (setup, transport, expected)
}

fn with_refresh_token(mut issued: Value, refresh_token: &str) -> Reply {
    issued["refresh_token"] = refresh_token.into();
    Reply::json(issued.to_string())
}

fn invalid_grant() -> Reply {
    Reply::refusal(400, &json!({"error": "invalid_grant", "error_description": "it expired"}))
}

/// The grant type of each token request, and its refresh token.
fn grants(transport: &ScriptedTransport) -> Vec<String> {
    let grant = |request: &Received| {
        let kind = request.field("grant_type").unwrap_or_default();
        request.field("refresh_token").map_or(kind.clone(), |token| format!("{kind} {token}"))
    };
    transport.token_requests().iter().map(grant).collect()
}

#[test]
fn a_refresh_token_is_used_and_rotated() {
    let (setup, transport, expected) = pull(None, |n, issued| with_refresh_token(issued, &format!("r{n}")));
    assert_eq!(setup.run().records(), expected);
    assert_eq!(grants(&transport), ["client_credentials", "refresh_token r1", "refresh_token r2"]);
    assert!(transport.token_requests().iter().all(|request| request.basic().is_some()));
}

#[test]
fn a_refresh_token_that_is_not_rotated_is_kept() {
    let (setup, transport, expected) = pull(Some("r0"), |_, issued| Reply::json(issued.to_string()));
    assert_eq!(setup.run().records(), expected);
    assert_eq!(grants(&transport), ["refresh_token r0"; 3]);
}

#[test]
fn a_refused_refresh_token_falls_back_to_the_grant_and_is_forgotten() {
    let (setup, transport, expected) = pull(None, |n, issued| match n {
        1 => with_refresh_token(issued, "r1"),
        2 => invalid_grant(),
        _ => Reply::json(issued.to_string()),
    });
    assert_eq!(setup.run().records(), expected);
    let grant = "client_credentials";
    assert_eq!(grants(&transport), [grant, "refresh_token r1", grant, grant]);
}

#[test]
fn a_fault_of_the_token_endpoint_does_not_lose_the_refresh_token() {
    let (setup, transport, expected) = pull(Some("r0"), |n, issued| match n {
        1 => Reply::status(503),
        _ => with_refresh_token(issued, &format!("r{n}")),
    });
    assert_eq!(setup.run().records(), expected);
    let refresh = |token| format!("refresh_token {token}");
    assert_eq!(grants(&transport), ["r0", "r0", "r2", "r3"].map(refresh));
}

#[test]
fn a_quoted_refresh_token_is_not_shown() {
    let quotes = |_, _| Reply::refusal(503, &json!({"message": "cannot look up r0-s3cret"}));
    let (setup, _, _) = pull(Some("r0-s3cret"), quotes);
    let pulled = setup.run();
    assert_eq!(
        chain(pulled.error()),
        "could not send `POST https://api.example/api/v2/details/query`: no access token\n\
         could not get an access token\n\
         `POST https://api.example/oauth/token` failed 6 times\n\
         the server answered 503 Service Unavailable: cannot look up ***"
    );
    assert!(!format!("{pulled:?} {setup:?} {:?}", setup.client()).contains("r0-s3cret"));
}

#[test]
fn a_grant_that_is_refused_after_the_refresh_token_is_final() {
    let (setup, transport, _) = pull(Some("r0"), |_, _| invalid_grant());
    let pulled = setup.run();
    assert_eq!(grants(&transport), ["refresh_token r0", "client_credentials"]);
    assert!(chain(pulled.error()).ends_with("400 Bad Request: `invalid_grant`: it expired"));
}
