//! Error messages that no other test covers.

use std::{path::PathBuf, sync::Arc};

use http::Method;
use jiff::{Span, Timestamp, tz::TimeZone};
use longhaul_core::{
    Body, Request, Secret,
    client::auth::{ClientAuth, Signer, SigningKey},
    http::transport::{
        Proxy, Settings, SetupError, TransportError,
        TransportErrorKind::{
            self, BrokenOff, Garbled, NotConnected, Overlong, ProxyRefused, TimedOut, TooLarge, Unidentified,
            UnknownHost, Unsendable, Untrusted,
        },
        UreqTransport,
    },
    listing::{
        PageError,
        paginate::{Cursor, PageNumber, PaginationError, Paginator, Single},
    },
    pull::window::tile,
};
use longhaul_tests::{Lifetime, ManualClock, Reply, Setup, Tokens, chain};
use serde_json::json;

/// The error of a pull from an API that always replies with `answer`, with its causes.
fn report(answer: impl Fn() -> Result<Reply, TransportErrorKind> + Send + Sync + 'static) -> String {
    let (clock, tokens) = (ManualClock::new(), Tokens::new(Lifetime::Unlimited));
    let (setup, _) =
        Setup::scripted(
            &clock,
            move |request| {
                if request.is_for_token() { Ok(tokens.issue(request.at)) } else { answer() }
            },
        );
    chain(setup.run().error())
}

#[test]
fn a_request_without_an_answer() {
    const REQUEST: &str = "`POST https://api.example/api/v2/details/query`";
    for (kind, attempts, clause) in [
        (NotConnected, "failed 6 times", "no connection to the server"),
        (BrokenOff, "failed 6 times", "the connection closed before the answer was complete"),
        (TimedOut, "failed 6 times", "the server did not answer in time"),
        (Garbled, "failed 6 times", "the answer violates the protocol"),
        (Overlong, "failed", "a header or chunk line of the answer is too long"),
        (Untrusted, "failed", "the server's certificate cannot be trusted"),
        (UnknownHost, "failed 6 times", "the host name has no address"),
        (ProxyRefused, "failed", "the connection was refused"),
        (Unidentified, "failed", "the server does not accept the client without a valid certificate"),
        (TooLarge, "failed", "the answer is larger than `api.max_page`"),
        (Unsendable, "failed", "the request cannot be sent"),
    ] {
        assert_eq!(report(move || Err(kind)), format!("{REQUEST} {attempts}\n{clause}"));
    }
    let caused = TransportError::new(BrokenOff).because("peer disconnected");
    assert_eq!(chain(&caused), "the connection closed before the answer was complete\npeer disconnected");
}

#[test]
fn an_answer_that_is_not_a_page() {
    const REQUEST: &str = "`POST https://api.example/api/v2/details/query` failed 6 times";
    for (body, clause) in [
        ("", "the answer is empty"),
        (" <html>", "the answer is HTML, not JSON"),
        (r#"{"results":[1"#, "the answer is not complete JSON\nEOF while parsing a list at line 1 column 13"),
    ] {
        assert_eq!(report(move || Ok(Reply::json(body))), format!("{REQUEST}\n{clause}"));
    }
}

#[test]
fn no_access_token() {
    const REPORT: &str = "could not send `POST https://api.example/api/v2/details/query`: no access token\n\
        could not get an access token\n\
        `POST https://api.example/oauth/token` ";
    for (reply, clause) in [
        (Reply::status(500), "failed 6 times\nthe server answered 500 Internal Server Error"),
        (
            Reply::status(429).header("retry-after", "600"),
            "must wait 600 s, longer than `retry.max_wait` allows\nthe server answered 429 Too Many Requests",
        ),
        (Reply::html(), "failed 6 times\nthe answer is HTML, not JSON"),
    ] {
        let (setup, _) = Setup::scripted(&ManualClock::new(), move |_| Ok(reply.clone()));
        assert_eq!(chain(setup.run().error()), format!("{REPORT}{clause}"));
    }
}

/// A key on a system without random numbers.
#[derive(Debug)]
struct NoRandomness;

impl SigningKey for NoRandomness {
    fn algorithm(&self) -> &'static str {
        "ES256"
    }

    fn sign(&self, _: &[u8]) -> Option<Vec<u8>> {
        None
    }
}

#[test]
fn no_signature() {
    let (mut setup, transport) = Setup::scripted(&ManualClock::new(), |_| Ok(Reply::status(500)));
    let signer = Signer { key: Arc::new(NoRandomness), key_id: None, audience: String::new() };
    setup.endpoint.client_auth = ClientAuth::PrivateKeyJwt(signer);
    assert_eq!(
        chain(setup.run().error()),
        "could not send `POST https://api.example/api/v2/details/query`: no access token\n\
         cannot sign the token request"
    );
    assert!(transport.received().is_empty());
}

#[test]
fn no_records_at_the_configured_place() {
    for (body, message) in [
        (r#"{"results":{"a":1}}"#, "page 1 has an object at `/results`, not an array of records"),
        (r#"{"results":"none"}"#, "page 1 has text at `/results`, not an array of records"),
        (r#"{"nextPageUri":"/p2"}"#, "page 1 has nothing at `/results` but names a next page"),
        (
            r#"{"data":{"items":[1]},"entities":[1]}"#,
            "the first page has nothing at `/results`, but an array at `/data/items`, `/entities`",
        ),
    ] {
        assert_eq!(report(move || Ok(Reply::json(body))), message);
    }
}

#[test]
fn a_cursor_of_another_style_of_pagination() {
    let mut request = Request::new(Method::GET, "https://api.example/".parse().unwrap());
    let cursor = Cursor::Url(request.url.clone());
    let error = Single::Assumed.prepare(&mut request, Some(&cursor)).unwrap_err();
    assert_eq!(error, PaginationError::ForeignCursor);
    assert_eq!(chain(&PageError::from(error)), "the cursor was made by another style of pagination");
}

#[test]
fn a_body_without_a_place_for_the_page_number() {
    for (body, message) in [
        (
            Body::Json(json!({"paging": 7}).into()),
            "the body of the request has no place for `/paging/pageNumber`",
        ),
        (Body::Json(json!([1]).into()), "the body of the request has no place for `/paging/pageNumber`"),
        (Body::Form(Vec::new()), "the body of the request has no place for `/paging/pageNumber`"),
    ] {
        let param = "/paging/pageNumber".parse().unwrap();
        let paginator = PageNumber { param, size: None, start: 1, page_count: None };
        let mut request =
            Request { body, ..Request::new(Method::POST, "https://api.example/".parse().unwrap()) };
        let error = paginator.prepare(&mut request, None).unwrap_err();
        assert!(matches!(error, PaginationError::NoPlace { .. }));
        assert_eq!(chain(&PageError::from(error)), message);
    }
}

#[test]
fn a_range_of_time_that_cannot_be_divided() {
    let at: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let error = tile(at, Timestamp::MAX, Some(&Span::new()), &TimeZone::UTC).unwrap_err();
    assert_eq!(chain(&error), "a slice must be longer than zero");
    let error = tile(at, Timestamp::MAX, Some(&Span::new().years(5000)), &TimeZone::UTC).unwrap_err();
    let report = chain(&error);
    assert!(report.starts_with("the windows reach beyond the calendar\n"), "{report}");
}

#[test]
fn invalid_settings_of_the_transport() {
    let with = |change: fn(&mut Settings, PathBuf), path: PathBuf| {
        let mut settings = Settings { proxy: Proxy::Direct, ..Settings::default() };
        change(&mut settings, path);
        UreqTransport::new(&settings).unwrap_err()
    };
    let folder = tempfile::tempdir().unwrap();
    let (missing, empty) = (folder.path().join("missing.pem"), folder.path().join("empty.pem"));
    std::fs::write(&empty, "-----BEGIN NOTHING-----\n").unwrap();

    let error = with(|settings, path| settings.ca_file = Some(path), missing.clone());
    assert!(matches!(error, SetupError::CaFile { .. }));
    assert!(chain(&error).starts_with(&format!("cannot read the certificates in `{}`\n", missing.display())));
    let error = with(|settings, path| settings.ca_file = Some(path), empty.clone());
    assert_eq!(chain(&error), format!("there is no PEM certificate in `{}`", empty.display()));
    let error = with(|settings, _| settings.proxy = Proxy::Url(Secret::new("no proxy")), PathBuf::new());
    assert_eq!(chain(&error), "the proxy is not a URL such as `http://host:port`");
}
