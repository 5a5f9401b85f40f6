//! The grants of RFC 6749.

use longhaul_tests::Reply;
use serde_json::json;

use super::strict_api::{Accepts, Call, Pull, issued};

/// Accepts one token request, and bearer tokens.
struct Only(Call);

impl Accepts for Only {
    fn issue(&self, call: &Call, token: &str) -> Result<Reply, String> {
        call.is(&self.0).map(|()| issued(token))
    }

    fn page(&self, target: &str, token: &str) -> Call {
        Call::get(target, &[&format!("authorization: Bearer {token}")])
    }
}

#[test]
fn client_credentials_with_basic() {
    // `the%20client:a%20b%2B%C3%A9%3A`.
    let basic = "authorization: Basic dGhlJTIwY2xpZW50OmElMjBiJTJCJUMzJUE5JTNB";
    Pull {
        accepts: Only(Call::form(&[basic], "grant_type=client_credentials&scope=read+write&audience=x%26y")),
        auth: "type = 'client_credentials'\ntoken_url = 'ROOT/oauth/token'\nclient_id = 'the client'\n\
               client_secret = 'a b+é:'\nscope = ['read', 'write']\nextra = { audience = 'x&y' }",
        secrets: &["a b+é:", "dGhlJTIwY2xpZW50OmElMjBiJTJCJUMzJUE5JTNB"],
    }
    .assert_complete();
}

#[test]
fn client_credentials_with_post() {
    let body = "grant_type=client_credentials&client_id=the+client&client_secret=s3cret+%26%2B";
    Pull {
        accepts: Only(Call::form(&[], body)),
        auth: "type = 'client_credentials'\ntoken_url = 'ROOT/oauth/token'\nclient_id = 'the client'\n\
               client_secret = 's3cret &+'\nclient_auth = 'post'",
        secrets: &["s3cret &+"],
    }
    .assert_complete();
}

#[test]
fn client_credentials_as_json() {
    Pull {
        accepts: Only(Call {
            method: "POST".to_owned(),
            target: "/oauth/token".to_owned(),
            headers: vec!["content-type: application/json".to_owned(), "x-tenant: t3nant-key".to_owned()],
            body: json!({
                "grant_type": "client_credentials", "client_id": "c", "client_secret": "s3cret\"é", "audience": "x",
            })
            .to_string(),
        }),
        auth: "type = 'client_credentials'\ntoken_url = 'ROOT/oauth/token'\nclient_id = 'c'\n\
               client_secret = 's3cret\"é'\nclient_auth = 'post'\nextra = { audience = 'x' }\n\
               request = { format = 'json', headers = { X-Tenant = 't3nant-key' } }",
        secrets: &["s3cret\"é", "t3nant-key"],
    }
    .assert_complete();
}

#[test]
fn client_credentials_in_the_query_of_a_get() {
    let target = "/oauth/token?grant_type=client_credentials&client_id=c&client_secret=s3cret+%26%2B";
    Pull {
        accepts: Only(Call::get(target, &[])),
        auth: "type = 'client_credentials'\ntoken_url = 'ROOT/oauth/token'\nclient_id = 'c'\n\
               client_secret = 's3cret &+'\nclient_auth = 'post'\n\
               request = { method = 'GET', format = 'query' }",
        secrets: &["s3cret &+"],
    }
    .assert_complete();
}

#[test]
fn a_password_with_a_public_client() {
    let body = "grant_type=password&username=m%C3%A9&password=p4ss%2Bw+rd&client_id=app";
    Pull {
        accepts: Only(Call::form(&[], body)),
        auth: "type = 'password'\ntoken_url = 'ROOT/oauth/token'\nclient_id = 'app'\nclient_auth = 'none'\n\
               username = 'mé'\npassword = 'p4ss+w rd'",
        secrets: &["p4ss+w rd"],
    }
    .assert_complete();
}

#[test]
fn a_password_without_a_client() {
    Pull {
        accepts: Only(Call::form(&[], "grant_type=password&username=me&password=p4ssw0rd")),
        auth: "type = 'password'\ntoken_url = 'ROOT/oauth/token'\nclient_auth = 'none'\n\
               username = 'me'\npassword = 'p4ssw0rd'",
        secrets: &["p4ssw0rd"],
    }
    .assert_complete();
}

#[test]
fn a_refresh_token_that_stays() {
    let basic = "authorization: Basic YXBwOnMzY3JldA==";
    Pull {
        accepts: Only(Call::form(&[basic], "grant_type=refresh_token&refresh_token=r3fresh%2Fme%3D")),
        auth: "type = 'refresh_token'\ntoken_url = 'ROOT/oauth/token'\nclient_id = 'app'\n\
               client_secret = 's3cret'\nrefresh_token = 'r3fresh/me='",
        secrets: &["s3cret", "YXBwOnMzY3JldA==", "r3fresh/me="],
    }
    .assert_complete();
}
