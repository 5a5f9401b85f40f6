//! Redirects within the API (RFC 9110 §15.4).

use std::sync::Arc;

use http::{HeaderValue, Method};
use longhaul_core::client::retry::StopReason;
use longhaul_tests::{
    API_PATH, FakeApi, FaultServer, Lifetime, Links, ManualClock, Received, Reply, ScriptedTransport, Setup,
    Tokens, chain, records,
};
use serde_json::json;

/// A pull from an API that replies with `answer`, whatever the token.
fn setup(answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> (Setup, Arc<ScriptedTransport>) {
    let (clock, tokens) = (ManualClock::new(), Tokens::new(Lifetime::Unlimited));
    let (mut setup, transport) = Setup::scripted(&clock, move |request| {
        Ok(if request.is_for_token() { tokens.issue(request.at) } else { answer(request) })
    });
    setup.request.headers.insert("x-api-key", HeaderValue::from_static("k3y"));
    (setup, transport)
}

fn to(status: u16, location: &str) -> Reply {
    Reply::status(status).header("location", location)
}

fn one_page() -> Reply {
    Reply::json(r#"{"results":[1]}"#)
}

#[test]
fn method_content_and_credentials_are_kept() {
    for status in [307, 308] {
        let (setup, transport) =
            setup(
                move |request| if request.url.path() == "/moved" { one_page() } else { to(status, "/moved") },
            );
        assert_eq!(setup.run().records(), ["1"]);
        let [first, second] = &transport.api_requests()[..] else { panic!("two requests") };
        assert_eq!((&second.method, &second.body), (&Method::POST, &first.body));
        for field in ["authorization", "x-api-key", "content-type"] {
            assert_eq!(first.header(field), second.header(field), "{field} after a {status}");
            assert!(second.header(field).is_some(), "{field} after a {status}");
        }
    }
}

#[test]
fn a_see_other_becomes_a_get_without_content() {
    let (mut setup, transport) =
        setup(|request| if request.url.path() == "/result" { one_page() } else { to(303, "/result") });
    setup.request.headers.insert("content-type", HeaderValue::from_static("application/vnd.query+json"));
    assert_eq!(setup.run().records(), ["1"]);
    let second = &transport.api_requests()[1];
    assert_eq!((&second.method, second.body.len()), (&Method::GET, 0));
    assert_eq!(second.header("content-type"), None);
    assert_eq!(second.bearer(), Some("token-1"));
}

#[test]
fn a_redirect_that_would_turn_a_post_into_a_get_is_an_error() {
    for status in [301, 302] {
        let (setup, transport) = setup(move |_| to(status, "/moved"));
        let pulled = setup.run();
        assert_eq!(pulled.request_error().reason(), StopReason::Refused);
        assert_eq!(
            chain(pulled.error()),
            format!(
                "`POST https://api.example/api/v2/details/query` failed\n\
                 the server redirects a POST with {status}, which would turn it into a GET"
            )
        );
        assert_eq!(transport.api_requests().len(), 1);
    }
}

#[test]
fn a_get_follows_every_kind_of_redirect() {
    for status in [301, 302, 303, 307, 308] {
        let (mut setup, transport) =
            setup(
                move |request| if request.url.path() == "/moved" { one_page() } else { to(status, "/moved") },
            );
        setup.request.method = Method::GET;
        setup.request.body = longhaul_core::Body::Empty;
        assert_eq!(setup.run().records(), ["1"], "{status}");
        assert_eq!(transport.api_requests()[1].method, Method::GET);
    }
}

/// Redirects `count` times.
fn hops(count: usize) -> (Setup, Arc<ScriptedTransport>) {
    setup(move |request| {
        let hop: usize = request.query("hop").and_then(|hop| hop.parse().ok()).unwrap_or(0);
        if hop == count { one_page() } else { to(307, &format!("?hop={}", hop + 1)) }
    })
}

#[test]
fn five_redirects_are_followed_and_no_more() {
    let (setup, _) = hops(5);
    assert_eq!(setup.run().records(), ["1"]);
    let (setup, transport) = hops(6);
    let pulled = setup.run();
    assert_eq!(
        chain(pulled.error()),
        "`POST https://api.example/api/v2/details/query` failed\nthe server redirects more than 5 times"
    );
    assert_eq!(transport.api_requests().len(), 6);
}

#[test]
fn an_invalid_redirect_is_reported() {
    let (unreadable, _) = setup(|_| to(307, "http://[::1"));
    assert_eq!(
        chain(unreadable.run().error()),
        "`POST https://api.example/api/v2/details/query` failed\n\
         the server redirects to something that is not a URL"
    );
    let (without_location, transport) = setup(|_| Reply::status(307));
    assert_eq!(
        chain(without_location.run().error()),
        "`POST https://api.example/api/v2/details/query` failed\n\
         the server answered 307 Temporary Redirect"
    );
    assert_eq!(transport.api_requests().len(), 1);
}

#[test]
fn a_redirect_to_another_origin_is_reported_with_the_request() {
    let (setup, _) = setup(|_| to(307, "https://evil.example/x?y"));
    assert_eq!(
        chain(setup.run().error()),
        "`POST https://api.example/api/v2/details/query` failed\n\
         the server points to `https://evil.example`, but credentials are sent only to `https://api.example`"
    );
}

#[test]
fn relative_links_are_resolved_against_the_url_after_redirects() {
    let (setup, transport) = setup(|request| match request.url.path() {
        "/deep/er/first" => Reply::json(json!({"results": [1], "nextPageUri": "second"}).to_string()),
        "/deep/er/second" => Reply::json(r#"{"results":[2]}"#),
        _ => to(307, "/deep/er/first"),
    });
    assert_eq!(setup.run().records(), ["1", "2"]);
    assert_eq!(transport.api_requests().len(), 3);
}

#[test]
fn a_redirect_by_the_token_endpoint_is_a_refusal() {
    for status in [301, 302, 303, 307, 308] {
        let clock = ManualClock::new();
        let (setup, transport) =
            Setup::scripted(&clock, move |_| Ok(to(status, "https://api.example/elsewhere")));
        let report = chain(setup.run().error());
        assert!(report.contains("the token endpoint refused to issue a token\n"), "{report}");
        assert!(report.contains(&format!("the server answered {status} ")), "{report}");
        assert_eq!(transport.received().len(), 1);
    }
}

#[test]
fn redirects_are_followed_over_real_sockets_too() {
    let (clock, expected) = (ManualClock::new(), records(9));
    let api = FakeApi::new(Tokens::new(Lifetime::Requests(4)), &expected, 3, Links::Relative);
    let server = FaultServer::start(Arc::clone(&clock) as _, move |request| {
        let moved = request.url.query_pairs().any(|(name, _)| name == "moved");
        if request.url.path() == API_PATH && !moved {
            let separator = if request.url.query().is_some() { "&" } else { "?" };
            return to(307, &format!("{}{separator}moved=1", request.url)).into();
        }
        api.answer(request).into()
    });
    let setup = Setup::over_sockets(&server.url(), &clock);
    assert_eq!(setup.run().records(), expected);
}
