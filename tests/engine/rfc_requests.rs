//! The requests that RFC 6749 and RFC 6750 describe, checked by an independent mock server.

use longhaul_tests::{ManualClock, Setup};
use mockito::{Matcher, Server};

#[test]
fn a_pull_sends_the_requests_of_the_rfcs() {
    let mut server = Server::new();
    let token = server
        .mock("POST", "/oauth/token")
        .match_header("authorization", "Basic dGhlLWNsaWVudDp0aGUtczNjcmV0")
        .match_header("content-type", "application/x-www-form-urlencoded")
        .match_body(Matcher::UrlEncoded("grant_type".to_owned(), "client_credentials".to_owned()))
        .with_header("content-type", "application/json;charset=UTF-8")
        .with_body(r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"Bearer","expires_in":3600}"#)
        .create();
    let bearer = "Bearer 2YotnFZFEjr1zCsicMWpAA";
    let first = server
        .mock("POST", "/api/v2/details/query")
        .match_header("authorization", bearer)
        .match_header("content-type", "application/json")
        .match_body(Matcher::JsonString(r#"{"order":"asc"}"#.to_owned()))
        .with_body(
            r#"{"results":[{"id":"a"},{"id":"b"}],"nextPageUri":"/api/v2/details/query?cursor=Zm9v%3D"}"#,
        )
        .create();
    let second = server
        .mock("GET", "/api/v2/details/query?cursor=Zm9v%3D")
        .match_header("authorization", bearer)
        .match_header("content-type", Matcher::Missing)
        .with_body(r#"{"results":[{"id":"c"}],"nextPageUri":null}"#)
        .create();
    let base = server.url().parse().unwrap();

    let pulled = Setup::over_sockets(&base, &ManualClock::new()).run();

    assert_eq!(pulled.records(), [r#"{"id":"a"}"#, r#"{"id":"b"}"#, r#"{"id":"c"}"#]);
    for mock in [token, first, second] {
        mock.assert();
    }
}
