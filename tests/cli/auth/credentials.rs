//! Credentials that do not change.

use std::sync::atomic::{AtomicBool, Ordering};

use longhaul_tests::{FaultServer, Received, Reply};
use serde_json::json;

use super::strict_api::{assert_hidden, state_files};
use crate::{
    api::{self, LINES},
    command_output::CommandOutput,
    folder::Folder,
};

/// Where a request has its credential: in this header, or in this parameter of the query.
#[derive(Clone, Copy)]
enum In {
    Header(&'static str),
    Query(&'static str),
}

/// The value there, and nowhere else.
fn found(at: In, received: &Received) -> Option<String> {
    match at {
        In::Header(name) => {
            let mut others = ["authorization", "x-api-key"].iter().filter(|other| **other != name);
            let is_alone = others.all(|other| received.header(other).is_none());
            received.header(name).filter(|_| is_alone).map(str::to_owned)
        }
        In::Query(name) => {
            let mut values = received.url.query_pairs().filter(|(other, _)| other == name);
            let value = values.next().map(|(_, value)| value.into_owned());
            value.filter(|_| values.next().is_none() && received.header("authorization").is_none())
        }
    }
}

/// A server with five pages for exactly this credential. The links repeat the whole query, as many servers write them. The
/// third page fails once, with a message that quotes the request.
fn server(at: In, expected: &'static str) -> FaultServer {
    let failed = AtomicBool::new(false);
    FaultServer::start(api::clock(), move |received| {
        if found(at, received).as_deref() != Some(expected) {
            return Reply::status(403).into();
        }
        let page: usize = received.query("page").map_or(1, |page| page.parse().unwrap());
        if page == 3 && !failed.swap(true, Ordering::SeqCst) {
            let quoted = format!("no {} {:?} {expected}", received.url, received.headers);
            return Reply::refusal(410, &json!({ "message": quoted })).into();
        }
        let mut next = received.url.clone();
        let others = received.url.query_pairs().filter(|(name, _)| name != "page");
        next.query_pairs_mut().clear().append_pair("page", &(page + 1).to_string()).extend_pairs(others);
        let next = if page < 5 { json!(next) } else { json!(null) };
        Reply::json(json!({ "data": [page], "next": next }).to_string()).into()
    })
}

fn configured(root: &str, auth: &str) -> Folder {
    let stream = "[streams.items]\npath = \"/items\"\nquery = { size = 1 }\nrecords = \"/data\"\n\
                  pages = { type = \"next_url\", next = \"/next\" }\nsinks = [\"lines\"]\n";
    Folder::configured(&format!(
        "commit_every = \"0s\"\n[api]\nbase_url = \"{root}\"\n[auth]\n{auth}\n{stream}{LINES}"
    ))
}

/// Runs a pull that fails once, and finishes it. Nothing shows the credential.
#[track_caller]
fn assert_complete(at: In, expected: &'static str, auth: &str, secrets: &[&str]) {
    let server = server(at, expected);
    let folder = configured(&api::root(&server), auth);
    let first = folder.run("-vv run --summary summary.json");
    assert_eq!(first.code, Some(4), "{}", first.stderr);
    assert!(first.stderr.contains("410 Gone: no http://127.0.0.1:"), "{}", first.stderr);
    let state = state_files(&folder);
    assert!(state.contains("/items?page=3&size=1\""), "{state}");
    assert_hidden(&[&first.stderr, &state, &*folder.read("summary.json")].concat(), secrets);
    let second = folder.run("-vv run");
    second.assert_complete();
    assert_hidden(&second.stderr, secrets);
    assert_eq!(folder.read("out/items.ndjson"), "1\n2\n3\n4\n5\n");
    assert_eq!(server.received().len(), 6, "five pages, and one of them twice");
}

#[test]
fn a_name_and_a_password() {
    assert_complete(
        In::Header("authorization"),
        "Basic bcOpOnA0c3MgdzpyZMKj",
        "type = 'basic'\nusername = 'mé'\npassword = 'p4ss w:rd£'",
        &["p4ss w:rd£", "bcOpOnA0c3MgdzpyZMKj"],
    );
}

#[test]
fn a_key_in_a_header() {
    let auth = "type = 'api_key'\nkey = 'k3y/of+the=api'\nheader = 'X-Api-Key'";
    assert_complete(In::Header("x-api-key"), "k3y/of+the=api", auth, &["k3y/of+the=api"]);
}

#[test]
fn a_key_in_the_query() {
    let auth = "type = 'api_key'\nkey = 'k3y/of the+äpi'\nquery = 'api key'";
    assert_complete(In::Query("api key"), "k3y/of the+äpi", auth, &["k3y/of the+äpi"]);
}

#[test]
fn a_token_of_another_scheme() {
    let auth = "type = 'token'\ntoken = 'k3y-of-the-api'\nscheme = 'Klaviyo-API-Key'";
    let expected = "Klaviyo-API-Key k3y-of-the-api";
    assert_complete(In::Header("authorization"), expected, auth, &["k3y-of-the-api"]);
}

#[test]
fn a_token_in_the_query() {
    let auth = "type = 'token'\ntoken = 't0ken&of=me'\nquery = 'access_token'";
    assert_complete(In::Query("access_token"), "t0ken&of=me", auth, &["t0ken&of=me"]);
}

#[test]
fn links_that_differ_only_in_the_key_are_the_same() {
    let server = FaultServer::start(api::clock(), |received| {
        let next = match received.query("page").as_deref() {
            None => "?page=2&key=k3y",
            Some(_) => "?key=0ther&page=2",
        };
        Reply::json(json!({ "data": [1], "next": next }).to_string()).into()
    });
    let auth = "type = 'api_key'\nkey = 'k3y'\nquery = 'key'";
    let ended = configured(&api::root(&server), auth).run("run");
    assert_eq!(ended.code, Some(4), "{}", ended.stderr);
    assert!(ended.stderr.contains("form a loop"), "{}", ended.stderr);
    let keys: Vec<_> = server.received().iter().map(|received| received.query("key")).collect();
    assert_eq!(keys, [Some("k3y".to_owned()), Some("k3y".to_owned())]);
}

#[test]
fn a_redirect_keeps_the_key_in_the_query() {
    let server = FaultServer::start(api::clock(), |received| match received.url.path() {
        "/items" => Reply::status(302).header("location", "/moved?page=1&key=k3y").into(),
        _ => Reply::json(json!({ "data": [received.url.query()], "next": null }).to_string()).into(),
    });
    let folder = configured(&api::root(&server), "type = 'api_key'\nkey = 'k3y'\nquery = 'key'");
    folder.run("run").assert_complete();
    assert_eq!(folder.read("out/items.ndjson"), "\"page=1&key=k3y\"\n");
}

#[test]
fn the_command_token_prints_what_others_can_use() {
    let printed = |auth: &str| -> CommandOutput { configured("http://127.0.0.1:9", auth).run("token") };
    let key = printed("type = 'api_key'\nkey = 'k3y'\nquery = 'key'");
    assert_eq!((key.code, &*key.stdout), (Some(0), "k3y\n"));
    printed("type = 'basic'\nusername = 'me'\npassword = 'x'")
        .assert_failed(2, "error: there is no token: `auth.type` is `basic`\n  in: longhaul.toml:5\n");
}
