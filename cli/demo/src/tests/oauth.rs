//! The token endpoint.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    client::{Client, basic},
    start,
};
use crate::{ReportedLifetime, Settings};

const GRANT: &str = "grant_type=client_credentials";

fn posted() -> String {
    let Settings { client_id, client_secret, .. } = Settings::default();
    format!("{GRANT}&client_id={client_id}&client_secret={client_secret}")
}

#[test]
fn a_token_comes_with_its_life_and_without_a_refresh_token() {
    let (api, client, _) = start(Settings::default());
    let reply = client.ask_for_token(&basic(), GRANT);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    let token = reply.json();
    let token = token.as_object().unwrap();
    assert_eq!(token.keys().collect::<Vec<_>>(), ["access_token", "expires_in", "token_type"]);
    assert_eq!((&token["token_type"], &token["expires_in"]), (&"bearer".into(), &3.into()));
    assert_eq!(client.with(token["access_token"].as_str()).get("/api/v2/users").status, 200);
    assert_eq!(api.stats().tokens_issued, 2);
}

#[test]
fn credentials_are_taken_from_the_field_or_the_form_but_not_from_both() {
    let (_api, client, _) = start(Settings::default());
    assert_eq!(client.ask_for_token("", &posted()).status, 200);
    let both = client.ask_for_token(&basic(), &posted());
    assert_eq!((both.status, &both.json()["error"]), (400, &"invalid_request".into()));
}

#[test]
fn basic_credentials_may_be_form_encoded_or_not() {
    let settings =
        Settings { client_id: "a:b".into(), client_secret: "ü +%=&".into(), ..Settings::default() };
    let (_api, client, _) = start(Settings { client_id: "ab".into(), ..settings.clone() });
    let ask = |client: &Client, credentials: &str| {
        let field = format!("Authorization: basic {}\r\n", STANDARD.encode(credentials));
        client.ask_for_token(&field, GRANT).status
    };
    assert_eq!(ask(&client, "ab:ü +%=&"), 200);
    assert_eq!(ask(&client, "ab:%C3%BC+%2B%25%3D%26"), 200);
    assert_eq!(ask(&client, "ab:%C3%BC"), 401);
    // Only the encoding shows which colon is the separator.
    let (_api, client, _) = start(settings);
    assert_eq!(ask(&client, "a%3Ab:%C3%BC+%2B%25%3D%26"), 200);
    assert_eq!(ask(&client, "a:b:ü +%=&"), 401);
}

#[test]
fn refusals_have_the_endpoint_s_own_shape() {
    let (_api, client, _) = start(Settings::default());
    let refusal = |headers: &str, form: &str| {
        let reply = client.ask_for_token(headers, form);
        assert_eq!(reply.json()["description"], reply.json()["error_description"]);
        (reply.status, reply.json()["error"].as_str().unwrap().to_owned())
    };
    assert_eq!(refusal("", GRANT), (400, "invalid_client".into()));
    assert_eq!(refusal("Authorization: Basic !\r\n", GRANT), (401, "invalid_client".into()));
    assert_eq!(refusal(&basic(), ""), (400, "invalid_request".into()));
    assert_eq!(refusal(&basic(), &format!("{GRANT}&{GRANT}")), (400, "invalid_request".into()));
    assert_eq!(refusal(&basic(), "grant_type=implicit"), (400, "unsupported_grant_type".into()));
    assert_eq!(refusal(&basic(), "grant_type=password&username=x"), (400, "invalid_grant".into()));
    assert_eq!(refusal(&basic(), "grant_type=refresh_token"), (400, "invalid_grant".into()));
    let wrong = client.ask_for_token("Authorization: Basic eDp5\r\n", GRANT);
    assert_eq!(wrong.header("www-authenticate"), Some("Basic realm=\"oauth\""));
    assert_eq!(wrong.json().get("contextId"), None);
}

#[test]
fn a_body_that_is_no_form_is_refused() {
    let (_api, client, _) = start(Settings::default());
    let reply = client.send("POST", "/oauth/token", GRANT).unwrap();
    assert_eq!(reply.status, 400);
    assert_eq!(reply.json()["description"], "the body must be application/x-www-form-urlencoded");
}

#[test]
fn a_rate_limit_is_said_with_400() {
    let (api, client, _) = start(Settings { token_refusals: 3, ..Settings::default() });
    for _ in 0..2 {
        let reply = client.ask_for_token(&basic(), GRANT);
        assert_eq!((reply.status, &reply.json()["error"]), (400, &"invalid_request".into()));
        assert!(reply.json()["description"].as_str().unwrap().starts_with("rate limit exceeded;"));
    }
    assert_eq!(client.ask_for_token(&basic(), GRANT).status, 200);
    assert_eq!(api.stats().token_refusals, 3);
}

#[test]
fn a_user_s_token_is_refreshed_and_the_refresh_token_rotates() {
    let (_api, client, _) = start(Settings::default());
    let form = "grant_type=password&username=supervisor%40example.com&password=not-a-password";
    let first = client.ask_for_token(&basic(), form).json();
    let form = format!("grant_type=refresh_token&refresh_token={}", first["refresh_token"].as_str().unwrap());
    let second = client.ask_for_token(&basic(), &form).json();
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert_eq!(client.with(second["access_token"].as_str()).get("/api/v2/users").status, 200);
    assert_eq!(client.ask_for_token(&basic(), &form).json()["error"], "invalid_grant");
}

#[test]
fn what_is_told_about_a_token_s_life_is_what_the_settings_say() {
    let reported = |reported_lifetime| {
        let (_api, client, _) = start(Settings { reported_lifetime, ..Settings::default() });
        let body = client.ask_for_token(&basic(), GRANT).body;
        body.split_once("\"expires_in\":").map(|(_, value)| value.trim_end_matches('}').to_owned())
    };
    assert_eq!(reported(ReportedLifetime::Absent), None);
    assert_eq!(reported(ReportedLifetime::Exact).as_deref(), Some("3"));
    assert_eq!(reported(ReportedLifetime::Literal("-1".into())).as_deref(), Some("-1"));
    assert_eq!(reported(ReportedLifetime::Literal("1e300".into())).as_deref(), Some("1e300"));
    assert_eq!(reported(ReportedLifetime::Literal("\"3600\"".into())).as_deref(), Some("\"3600\""));
}
