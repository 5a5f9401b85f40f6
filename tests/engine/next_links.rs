//! Links to the next page, and where they may lead.

use std::sync::Arc;

use http::{HeaderValue, Method};
use longhaul_core::listing::{
    Listing, PageError, Pages,
    paginate::{Base, Follow, NextUrl},
};
use longhaul_tests::{
    FaultServer, Lifetime, ManualClock, Reaction, Received, Reply, ScriptedTransport, Setup, Tokens, chain,
};
use serde_json::json;

/// An API whose pages link to `next(request)`.
fn setup(
    next: impl Fn(&Received) -> serde_json::Value + Send + Sync + 'static,
) -> (Setup, Arc<ScriptedTransport>) {
    let (clock, tokens) = (ManualClock::new(), Tokens::new(Lifetime::Unlimited));
    Setup::scripted(&clock, move |request| {
        if request.is_for_token() {
            return Ok(tokens.issue(request.at));
        }
        let page = json!({"results": [{"from": request.url.as_str()}], "nextPageUri": next(request)});
        Ok(Reply::json(page.to_string()))
    })
}

fn number(request: &Received) -> u32 {
    request.query("page").and_then(|page| page.parse().ok()).unwrap_or(1)
}

#[test]
fn a_cycle_of_links_is_detected_at_any_length() {
    for length in [1, 2, 5, 50] {
        let (setup, transport) = setup(move |request| {
            let number = number(request);
            let next = if number == 60 { 61 - length } else { number + 1 };
            format!("?page={next}").into()
        });
        let pulled = setup.run();
        assert!(matches!(pulled.page_error(), PageError::Repeated { pages: 60 }));
        assert_eq!(chain(pulled.error()), "after 60 pages the API points to a page that was already fetched");
        assert_eq!(transport.api_requests().len(), 60);
        assert!(!pulled.calls.any_finished());
    }
}

#[test]
fn a_fragment_does_not_make_another_page() {
    let (setup, transport) = setup(|request| {
        let count = request.url.fragment().map_or(1, str::len);
        format!("?page=2#{}", "x".repeat(count + 1)).into()
    });
    assert!(matches!(setup.run().page_error(), PageError::Repeated { pages: 2 }));
    assert_eq!(transport.api_requests().len(), 2);
}

#[test]
fn a_first_page_that_links_to_itself_is_an_error_if_the_request_is_repeated() {
    let (setup, transport) = setup(|request| request.url.as_str().into());
    let next = "/nextPageUri".parse().unwrap();
    let paginator = Arc::new(NextUrl { base: Base::Response, follow: Follow::Repeat, ..NextUrl::at(next) });
    let listing = Listing { paginator, ..setup.listing() };
    let client = setup.client();
    let mut pages = Pages::new(&client, listing);
    assert!(pages.fetch().unwrap().is_some());
    assert!(matches!(pages.fetch(), Err(PageError::Repeated { pages: 1 })));
    assert!(pages.fetch().unwrap().is_none(), "no page follows an error");
    assert_eq!(transport.api_requests().len(), 1);
    assert_eq!(transport.api_requests()[0].method, Method::POST);
}

#[test]
fn a_null_or_empty_link_ends_a_listing() {
    for end in [json!(null), json!(""), json!(false)] {
        let (setup, transport) = setup(move |_| end.clone());
        assert_eq!(setup.run().records().len(), 1);
        assert_eq!(transport.api_requests().len(), 1);
    }
}

#[test]
fn an_invalid_link_is_an_error() {
    for (link, message) in [
        (json!(7), "the link to the next page at `/nextPageUri` is a number, not text"),
        (json!(true), "the link to the next page at `/nextPageUri` is a boolean, not text"),
        (json!(["/p"]), "the link to the next page at `/nextPageUri` is an array, not text"),
        (json!({"href": "/p"}), "the link to the next page at `/nextPageUri` is an object, not text"),
        (json!("http://[::1"), "the link to the next page at `/nextPageUri` is not a URL"),
        (json!("https://api.example:99999/"), "the link to the next page at `/nextPageUri` is not a URL"),
    ] {
        let (setup, _) = setup(move |_| link.clone());
        assert_eq!(chain(setup.run().error()), message);
    }
}

/// Links to other origins than that of the API. `API` and `OTHER` stand for the addresses of two servers, and `PORT` for
/// the port of the API.
const FOREIGN_LINKS: [&str; 13] = [
    "http://OTHER/api/v2/details/query?page=2",
    "//OTHER/x",
    "/\\OTHER/x",
    "\\\\OTHER\\x",
    "http:\\\\OTHER\\x",
    " \thttp://OTHER/x",
    "/\t/OTHER/x",
    "http://API@OTHER/x",
    "http://me:pw@API/x",
    "https://API/x",
    "http://localhost:PORT/x",
    "ftp://API/x",
    "data:application/json,{}",
];

/// Pulls from an API whose answer contains `link`, and checks that nothing connects to the other server.
fn assert_not_followed(link: &str, answer: fn(&str) -> Reply) {
    let clock = ManualClock::new();
    let other = FaultServer::start(Arc::clone(&clock) as _, |_| Reaction::Close);
    let (tokens, of_script, authority) =
        (Tokens::new(Lifetime::Unlimited), link.to_owned(), other.url().authority().to_owned());
    let api = FaultServer::start(Arc::clone(&clock) as _, move |request| {
        if request.is_for_token() {
            return tokens.issue(request.at).into();
        }
        let api = request.url.authority();
        let port = request.url.port().unwrap_or_default().to_string();
        let link = of_script.replace("OTHER", &authority).replace("API", api).replace("PORT", &port);
        answer(&link).into()
    });
    let mut setup = Setup::over_sockets(&api.url(), &clock);
    setup.request.headers.insert("x-api-key", HeaderValue::from_static("k3y"));

    let pulled = setup.run();

    let report = chain(pulled.error());
    assert!(report.contains("the server points to `"), "{link}: {report}");
    assert!(!report.contains("pw"), "{link}: {report}");
    assert_eq!(other.connections(), 0, "{link}");
    assert_eq!(api.api_requests().len(), 1, "{link}");
    assert_eq!(api.api_requests()[0].header("x-api-key"), Some("k3y"));
    assert!(!pulled.calls.any_finished());
}

#[test]
fn a_link_to_another_origin_is_not_followed() {
    for link in FOREIGN_LINKS {
        assert_not_followed(link, |link| {
            Reply::json(json!({"results": [1], "nextPageUri": link}).to_string())
        });
    }
}

#[test]
fn a_redirect_to_another_origin_is_not_followed() {
    for link in FOREIGN_LINKS.into_iter().filter(|link| !link.contains('\t')) {
        assert_not_followed(link, |link| Reply::status(303).header("location", link));
        assert_not_followed(link, |link| Reply::status(307).header("location", link));
        assert_not_followed(link, |link| Reply::status(308).header("location", link));
    }
}

#[test]
fn an_error_shows_only_the_origin_of_a_foreign_link() {
    let (foreign, _) = setup(|_| "https://me:pw@evil.example:8443/x?token=t0ken".into());
    assert_eq!(
        chain(foreign.run().error()),
        "the server points to `a URL with a user name in it`, but credentials are sent only to `https://api.example`"
    );
    let (foreign, _) = setup(|_| "https://evil.example:8443/x?token=t0ken".into());
    assert_eq!(
        chain(foreign.run().error()),
        "the server points to `https://evil.example:8443`, but credentials are sent only to `https://api.example`"
    );
}
