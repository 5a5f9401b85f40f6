//! `Link` headers (RFC 8288), and links behind a gateway.

use std::sync::Arc;

use http::Method;
use longhaul_core::{
    Body,
    listing::{
        PageError,
        paginate::{Base, Follow, NextUrl},
    },
};
use longhaul_tests::{Lifetime, Received, Reply, ScriptedTransport, Setup, Tokens, chain};
use serde_json::json;

fn setup(answer: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> (Setup, Arc<ScriptedTransport>) {
    Setup::scripted_api(&Arc::new(Tokens::new(Lifetime::Unlimited)), answer)
}

fn link_header() -> NextUrl {
    NextUrl::at("link:next".parse().unwrap())
}

/// The URL of the second request, if the first page of `https://api.example/repos/list?page=1` has these `Link` headers.
fn second_request(fields: &'static [&str]) -> Option<String> {
    let (setup, transport) = setup(move |request| {
        let page = Reply::json(format!("[\"{}\"]", request.url));
        let is_first = request.url.as_str() == "https://api.example/repos/list?page=1";
        let fields = fields.iter().filter(|_| is_first);
        fields.fold(page, |page, field| page.header("link", *field))
    });
    let source = setup.source_at("/repos/list?page=1", "", link_header());
    let pulled = setup.pull(&source, None);
    assert_eq!(pulled.summary().records, pulled.summary().pages);
    transport.api_requests().get(1).map(|request| request.url.to_string())
}

#[test]
fn the_link_with_the_relation_is_followed_among_several() {
    for fields in [
        &[r#"<https://api.example/repos/list?page=2>; rel="next""#][..],
        &[r#"<?page=2>; rel="next", <?page=50>; rel="last""#],
        &[r#"<?page=50>; rel="last", <?page=2>; rel="next""#],
        &[r#"<?page=50>; rel="last""#, r#"<?page=2>; rel="next""#],
        &[r#"<?page=50>; rel="last"; title="fifty, <?page=9>; rel=\"next\"", <?page=2>; rel="next""#],
        &["</repos/list?page=2>;rel=next"],
        &[r#"<list?page=2> ; Title*=UTF-8'de'n%c3%a4chste ; REL="prefetch NEXT""#],
        &[r##"<?page=9>; rel="next"; anchor="#other", <?page=2>; rel="next""##],
        &[r#", <?page=2>; rel="next","#],
    ] {
        let url = second_request(fields);
        assert_eq!(url.as_deref(), Some("https://api.example/repos/list?page=2"), "{fields:?}");
    }
    let commas = &[r#"<https://api.example/repos/list?ids=1,2;3>; rel="next""#];
    assert_eq!(second_request(commas).as_deref(), Some("https://api.example/repos/list?ids=1,2;3"));
}

#[test]
fn a_page_without_a_next_link_ends_a_listing() {
    for fields in
        [&[][..], &[r#"<?page=1>; rel="prev", <?page=50>; rel="last""#], &[r#"<?page=2>; title="rel=next""#]]
    {
        assert_eq!(second_request(fields), None, "{fields:?}");
    }
}

#[test]
fn a_link_is_followed_by_get_without_content() {
    let (setup, transport) = setup(|request| match request.query("page") {
        None => Reply::json("[1]").header("link", "<?page=2>; rel=next"),
        Some(_) => Reply::json("[2]"),
    });
    let mut source = setup.source_at("/search", "", link_header());
    source.first.method = Method::POST;
    source.first.body = Body::Json(json!({"q": "x"}).into());
    assert_eq!(setup.pull(&source, None).records(), ["1", "2"]);
    let requests = transport.api_requests();
    assert_eq!((&requests[1].method, requests[1].body.len()), (&Method::GET, 0));
    assert_eq!(requests[1].header("content-type"), None);
}

#[test]
fn cycles_and_invalid_links_are_errors() {
    let (cycle, transport) = setup(|request| match request.query("page").as_deref() {
        Some("3") => Reply::json("[3]").header("link", "<?page=2>; rel=next"),
        Some("2") => Reply::json("[2]").header("link", "<?page=3>; rel=next"),
        _ => Reply::json("[1]").header("link", "<?page=2>; rel=next"),
    });
    let pulled = cycle.pull(&cycle.source_at("/x", "", link_header()), None);
    assert!(matches!(pulled.page_error(), PageError::Repeated { pages: 3 }));
    assert_eq!(transport.api_requests().len(), 3);

    let (invalid, _) = setup(|_| Reply::json("[1]").header("link", "<http://[::1>; rel=next"));
    let pulled = invalid.pull(&invalid.source_at("/x", "", link_header()), None);
    assert_eq!(chain(pulled.error()), "the link to the next page at `link:next` is not a URL");

    let (foreign, transport) = setup(|_| Reply::json("[1]").header("link", "<//evil.example/>; rel=next"));
    let pulled = foreign.pull(&foreign.source_at("/x", "", link_header()), None);
    assert!(matches!(pulled.page_error(), PageError::ForeignOrigin(_)));
    assert_eq!(transport.api_requests().len(), 1);
}

#[test]
fn links_without_the_path_of_a_gateway_get_it() {
    let (setup, transport) = setup(|request| {
        let number: u32 = request.query("pageNumber").map_or(1, |number| number.parse().unwrap());
        if request.url.path() != "/gateway/genesys/api/v2/users" {
            return Reply::status(404);
        }
        let mut page = json!({"entities": [number]});
        if number < 3 {
            page["nextUri"] = format!("/api/v2/users?pageSize=25&pageNumber={}", number + 1).into();
        }
        Reply::json(page.to_string())
    });
    let gateway: url::Url = "https://api.example/gateway/genesys".parse().unwrap();
    let next = "/nextUri".parse().unwrap();
    let paginator = NextUrl { base: Base::Prefix(gateway.clone()), follow: Follow::Get, ..NextUrl::at(next) };
    let mut source = setup.source_at("/api/v2/users", "/entities", paginator);
    source.first.base_url = gateway;
    assert_eq!(setup.pull(&source, None).records(), ["1", "2", "3"]);
    assert_eq!(transport.api_requests().len(), 3);
}

/// Only the response that has the records says where the next page is.
#[test]
fn the_link_of_a_redirect_is_not_followed() {
    let (setup, transport) = setup(|request| match (request.url.path(), request.query("page")) {
        ("/old", _) => {
            Reply::status(302).header("location", "/new").header("link", "</old?page=7>; rel=next")
        }
        ("/new", None) => Reply::json("[1]").header("link", "</new?page=2>; rel=next"),
        _ => Reply::json("[2]"),
    });
    let pulled = setup.pull(&setup.source_at("/old", "", link_header()), None);
    assert_eq!(pulled.records(), ["1", "2"]);
    let last = transport.api_requests().pop().map(|request| request.url.to_string());
    assert_eq!(last.as_deref(), Some("https://api.example/new?page=2"));
}
