//! How to authenticate, each against a server that accepts nothing else.

use std::sync::Mutex;

use longhaul_tests::{FaultServer, Received, Reply};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::recipe::{RECORDS, Recipe, block, page, records};
use crate::{
    api,
    auth::{
        jwt::{RSA, Verifier},
        mutual_tls,
        strict_api::{Accepts, Call, Pull, issued},
    },
    folder::Folder,
};

const SECRET: &str = "s3cret of reports";
const PASSWORD: &str = "p4ssw0rd&more";

/// Accepts one token request, and the token as `header`.
struct Exactly {
    request: Call,
    header: &'static str,
    answer: fn(&str) -> Reply,
}

impl Accepts for Exactly {
    fn issue(&self, call: &Call, token: &str) -> Result<Reply, String> {
        call.is(&self.request).map(|()| (self.answer)(token))
    }

    fn page(&self, target: &str, token: &str) -> Call {
        Call::get(target, &[&format!("{}{token}", self.header)])
    }
}

/// A POST of a form, with the answer of RFC 6749.
fn form(headers: &[&str], body: &str) -> Exactly {
    Exactly { request: Call::form(headers, body), header: "authorization: Bearer ", answer: issued }
}

/// Asserts that the recipe under `heading` pulls everything from a server that accepts nothing else, and returns its folder.
fn assert_accepted(heading: &str, accepts: impl Accepts, secrets: &[&str]) {
    let recipe = block(heading).replace("https://login.example.com/oauth", "ROOT/oauth");
    let auth = recipe.strip_prefix("[auth]\n").unwrap();
    let with_files = |configuration: &str| {
        Folder::configured(configuration)
            .with("secret.txt", SECRET)
            .with("password.txt", PASSWORD)
            .with("refresh-token.txt", "r3fresh-0")
            .with("key.pem", RSA)
    };
    assert_eq!(Pull { accepts, auth, secrets }.run(with_files), 4, "{heading}: two tokens in each run");
}

#[test]
fn in_the_header() {
    // `reports:s3cret%20of%20reports`
    let basic = "authorization: Basic cmVwb3J0czpzM2NyZXQlMjBvZiUyMHJlcG9ydHM=";
    let accepts = form(&[basic], "grant_type=client_credentials&scope=orders%3Aread");
    assert_accepted("A client id and secret in the `Authorization` header", accepts, &[SECRET]);
}

#[test]
fn in_the_form() {
    let body = "grant_type=client_credentials&client_id=reports&client_secret=s3cret+of+reports\
                &audience=https%3A%2F%2Fapi.example.com";
    assert_accepted("A client id and secret in the form", form(&[], body), &[SECRET]);
}

#[test]
fn without_a_secret() {
    let body = "grant_type=client_credentials&client_id=reports";
    assert_accepted("A client without a secret", form(&[], body), &[]);
}

#[test]
fn of_a_user() {
    let basic = "authorization: Basic cmVwb3J0czpzM2NyZXQlMjBvZiUyMHJlcG9ydHM=";
    let body = "grant_type=password&username=me%40example.com&password=p4ssw0rd%26more";
    assert_accepted("The name and password of a user", form(&[basic], body), &[SECRET, PASSWORD]);
}

#[test]
fn a_session() {
    let request = Call {
        method: "POST".to_owned(),
        target: "/oauth/token".to_owned(),
        headers: vec!["content-type: application/json".to_owned()],
        body: json!({ "user": "me", "pass": PASSWORD }).to_string(),
    };
    let answer = |token: &str| Reply::status(204).header("x-session", token);
    let accepts = Exactly { request, header: "x-auth-token: ", answer };
    assert_accepted("A session that a login opens", accepts, &[PASSWORD]);
}

/// Accepts a form with a signed field, and these other ones.
struct Signed {
    verifier: Verifier,
    field: &'static str,
    others: &'static [(&'static str, &'static str)],
    kid: Option<&'static str>,
    claims: Value,
}

impl Accepts for Signed {
    fn issue(&self, call: &Call, token: &str) -> Result<Reply, String> {
        let mut fields: Vec<_> = form_urlencoded::parse(call.body.as_bytes()).into_owned().collect();
        let signed = fields.iter().position(|(name, _)| name == self.field).ok_or("no assertion")?;
        let (_, signed) = fields.remove(signed);
        let others = self.others.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        if fields != others.collect::<Vec<_>>() {
            return Err(format!("other fields: {fields:?}"));
        }
        Call { body: String::new(), ..call.clone() }.is(&Call::form(&[], ""))?;
        self.verifier.check(&signed, self.kid, &self.claims).map(|()| issued(token))
    }

    fn page(&self, target: &str, token: &str) -> Call {
        Call::get(target, &[&format!("authorization: Bearer {token}")])
    }
}

#[test]
fn a_client_that_signs() {
    let accepts = Signed {
        verifier: Verifier::of(RSA, "RS256"),
        field: "client_assertion",
        others: &[
            ("grant_type", "client_credentials"),
            ("client_id", "reports"),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ],
        kid: Some("2026-01"),
        claims: json!({ "iss": "reports", "sub": "reports", "aud": "https://login.example.com" }),
    };
    assert_accepted("A client that signs with its private key", accepts, &["eyJhbGciOi"]);
}

#[test]
fn a_signed_assertion() {
    let accepts = Signed {
        verifier: Verifier::of(RSA, "RS256"),
        field: "assertion",
        others: &[("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")],
        kid: None,
        claims: json!({
            "iss": "robot@project.example.com", "sub": "me@example.com", "aud": "https://login.example.com",
            "scope": "reports.read",
        }),
    };
    assert_accepted("A signed assertion", accepts, &["eyJhbGciOi"]);
}

/// Replaces the refresh token with each use, and accepts only the latest one.
struct Rotating(Mutex<usize>);

impl Accepts for Rotating {
    fn issue(&self, call: &Call, token: &str) -> Result<Reply, String> {
        let mut number = self.0.lock().unwrap();
        let basic = "authorization: Basic cmVwb3J0czpzM2NyZXQlMjBvZiUyMHJlcG9ydHM=";
        let body = format!("grant_type=refresh_token&refresh_token=r3fresh-{number}");
        call.is(&Call::form(&[basic], &body))?;
        *number += 1;
        let answer = json!({ "access_token": token, "refresh_token": format!("r3fresh-{number}") });
        Ok(Reply::json(answer.to_string()))
    }

    fn page(&self, target: &str, token: &str) -> Call {
        Call::get(target, &[&format!("authorization: Bearer {token}")])
    }
}

#[test]
fn a_refresh_token_in_a_file() {
    let accepts = Rotating(Mutex::new(0));
    assert_accepted("A refresh token that is replaced with each use", accepts, &[SECRET, "r3fresh-1"]);
}

const STREAM: &str = "\n[streams.items]\npath = \"/items\"\nrecords = \"/data\"\n\
                      pages = { type = \"offset\", param = \"start\", step = \"received\" }\nsinks = [\"lines\"]\n";

/// A page for a request that `is_right`.
fn items(request: &Received, is_right: bool) -> Reply {
    if !is_right {
        return Reply::status(401);
    }
    let start = request.query("start").map_or(0, |start| start.parse().unwrap());
    Reply::json(format!("{{\"data\":{}}}", page(start)))
}

/// Asserts that the recipe under `heading` pulls everything from a server that accepts only requests that are right.
fn assert_sends(heading: &str, is_right: fn(&Received) -> bool) {
    let server = FaultServer::start(api::clock(), move |request| items(request, is_right(request)).into());
    let folder = Folder::empty().with("password.txt", PASSWORD).with("key.txt", "k3y/of=reports");
    let recipe = Recipe { heading, others: &[], stream: STREAM };
    let ended = recipe.run(&folder, &server, "run -vv");
    ended.assert_complete();
    assert_eq!(folder.read("out/items.ndjson").lines().count(), RECORDS);
    assert!(!ended.stderr.contains("p4ss") && !ended.stderr.contains("k3y"), "{}", ended.stderr);
}

#[test]
fn a_name_and_password() {
    assert_sends("A name and password with every request", |request| {
        // `me@example.com/token:p4ssw0rd&more`
        request.header("authorization") == Some("Basic bWVAZXhhbXBsZS5jb20vdG9rZW46cDRzc3cwcmQmbW9yZQ==")
    });
}

#[test]
fn a_key_in_a_header() {
    assert_sends("A key in a header", |request| {
        request.header("x-api-key") == Some("k3y/of=reports") && request.header("authorization").is_none()
    });
}

#[test]
fn a_key_in_the_query() {
    assert_sends("A key in the query", |request| {
        let is_key = |(name, value): &(_, _)| *name == "api_key" && *value == "k3y/of=reports";
        request.url.query_pairs().filter(is_key).count() == 1 && request.header("authorization").is_none()
    });
}

#[test]
fn the_address_in_the_answer() {
    let instance =
        FaultServer::start(api::clock(), |request| items(request, request.bearer() == Some("t0ken")).into());
    let named = api::root(&instance);
    let login = FaultServer::start(api::clock(), move |request| {
        let is_right = request.basic() == Some(("reports".to_owned(), SECRET.to_owned()));
        assert!(request.is_for_token() && is_right, "{request:?}");
        Reply::json(json!({ "access_token": "t0ken", "instance_url": named }).to_string()).into()
    });
    let others = [
        ("https://login.example.com", api::root(&login)),
        ("https://*.my.example.com", api::root(&instance)),
    ];
    let heading = "The token answer names the address of the API";
    let folder = Folder::empty().with("secret.txt", SECRET);
    Recipe { heading, others: &others, stream: STREAM }.run(&folder, &login, "run").assert_complete();
    assert_eq!(folder.read("out/items.ndjson"), records().join("\n") + "\n");
}

#[test]
fn a_certificate() {
    let server = mutual_tls::server();
    let stream = "\n[streams.items]\npath = \"/items\"\nrecords = \"/data\"\nsinks = [\"lines\"]\n";
    let recipe = Recipe { heading: "A certificate of the client", others: &[], stream };
    let folder = Folder::empty()
        .with("ca.pem", mutual_tls::ROOT)
        .with("me.pem", mutual_tls::CLIENT)
        .with("me.key", mutual_tls::CLIENT_KEY);
    recipe.run_at(&folder, &server, "run").assert_complete();
    assert_eq!(folder.read("out/items.ndjson"), "1\n2\n");
}
