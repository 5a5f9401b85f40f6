//! Assertions that longhaul signs (RFC 7523).

use longhaul_tests::Reply;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::{
    jwt::{P256, P384, RSA, RSA_PKCS1, Verifier},
    strict_api::{Accepts, Call, Pull, issued},
};
use crate::folder::Folder;

/// Accepts a form with one signed field.
struct Signed {
    verifier: Verifier,
    /// The field with the assertion.
    field: &'static str,
    /// The other fields.
    others: Vec<(&'static str, &'static str)>,
    kid: Option<&'static str>,
    claims: fn() -> Value,
}

impl Accepts for Signed {
    fn issue(&self, call: &Call, token: &str) -> Result<Reply, String> {
        let mut fields: Vec<_> = form_urlencoded::parse(call.body.as_bytes()).into_owned().collect();
        let signed = fields.iter().position(|(name, _)| name == self.field);
        let signed = signed.map(|index| fields.remove(index).1).ok_or("no assertion")?;
        let others = self.others.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        if fields != others.collect::<Vec<_>>() {
            return Err(format!("other fields: {fields:?}"));
        }
        Call { body: String::new(), ..call.clone() }.is(&Call::form(&[], ""))?;
        self.verifier.check(&signed, self.kid, &(self.claims)())?;
        Ok(issued(token))
    }

    fn page(&self, target: &str, token: &str) -> Call {
        Call::get(target, &[&format!("authorization: Bearer {token}")])
    }
}

fn with_key(pem: &'static str) -> impl FnOnce(&str) -> Folder {
    move |configuration| Folder::configured(configuration).with("key.pem", pem)
}

#[test]
fn a_client_proves_itself_with_a_key_of_each_kind() {
    for (pem, algorithm) in [
        (RSA, "RS256"),
        (RSA_PKCS1, "RS256"),
        (P256, "ES256"),
        (P384, "ES384"),
        (RSA, "RS384"),
        (RSA, "RS512"),
        (RSA, "PS256"),
        (RSA, "PS384"),
        (RSA, "PS512"),
    ] {
        let pull = Pull {
            accepts: Signed {
                verifier: Verifier::of(pem, algorithm),
                field: "client_assertion",
                others: vec![
                    ("grant_type", "client_credentials"),
                    ("scope", "read"),
                    ("client_id", "the client"),
                    ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
                ],
                kid: Some("k1"),
                claims: || json!({ "iss": "the client", "sub": "the client", "aud": "https://login.example" }),
            },
            auth: "type = 'client_credentials'\ntoken_url = 'ROOT/oauth/token'\nclient_id = 'the client'\n\
                   client_auth = 'private_key_jwt'\nprivate_key = { file = 'key.pem' }\nkey_id = 'k1'\n\
                   audience = 'https://login.example'\nscope = ['read']",
            secrets: &["eyJhbGciOi"],
        };
        let default = ["RS256", "ES256", "ES384"].contains(&algorithm);
        let key = if default { String::new() } else { format!("algorithm = '{algorithm}'\n") };
        let configured =
            |configuration: &str| with_key(pem)(&configuration.replace("key_id", &format!("{key}key_id")));
        assert_eq!(pull.run(configured), 4);
    }
}

#[test]
fn an_assertion_is_the_grant() {
    let pull = Pull {
        accepts: Signed {
            verifier: Verifier::of(RSA, "RS256"),
            field: "assertion",
            others: vec![("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")],
            kid: None,
            claims: || json!({ "iss": "robot@project.example", "sub": "me@example.org", "aud": "aud", "scope": "a b" }),
        },
        auth: "type = 'jwt_bearer'\ntoken_url = 'ROOT/oauth/token'\nclient_id = 'robot@project.example'\n\
               private_key = { file = 'key.pem' }\nsubject = 'me@example.org'\naudience = 'aud'\n\
               scope = ['a', 'b']",
        secrets: &["eyJhbGciOi"],
    };
    assert_eq!(pull.run(with_key(RSA)), 4);
}

#[test]
fn an_assertion_is_the_grant_of_a_client_with_a_secret() {
    let pull = Pull {
        accepts: Signed {
            verifier: Verifier::of(P256, "ES256"),
            field: "assertion",
            others: vec![
                ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                ("client_id", "app"),
                ("client_secret", "s3cret+more"),
            ],
            kid: None,
            claims: || json!({ "iss": "app", "sub": "app", "aud": "aud" }),
        },
        auth: "type = 'jwt_bearer'\ntoken_url = 'ROOT/oauth/token'\nclient_id = 'app'\n\
               client_secret = 's3cret+more'\nclient_auth = 'post'\nprivate_key = { file = 'key.pem' }\n\
               audience = 'aud'",
        secrets: &["s3cret+more", "eyJhbGciOi"],
    };
    assert_eq!(pull.run(with_key(P256)), 4);
}

/// Accepts a JSON object with two assertions, and answers 503 to the first request.
struct Both {
    grant: Verifier,
    client: Verifier,
    met: std::sync::atomic::AtomicBool,
}

impl Accepts for Both {
    fn issue(&self, call: &Call, token: &str) -> Result<Reply, String> {
        let body: Value = serde_json::from_str(&call.body).map_err(|error| error.to_string())?;
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let host = "127.0.0.1";
        let audience = claims_of(&text("who"))["aud"].as_str().unwrap_or_default().to_owned();
        if !audience.contains(host) || !audience.ends_with("/oauth/token") {
            return Err(format!("for {audience}"));
        }
        let claims = json!({ "iss": "app", "sub": "app", "aud": audience });
        self.grant.check(&text("what"), None, &claims)?;
        self.client.check(&text("who"), None, &claims)?;
        if !self.met.swap(true, std::sync::atomic::Ordering::SeqCst) {
            return Ok(Reply::status(503));
        }
        Ok(issued(token))
    }

    fn page(&self, target: &str, token: &str) -> Call {
        Call::get(target, &[&format!("authorization: Bearer {token}")])
    }
}

fn claims_of(assertion: &str) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let body = assertion.split('.').nth(1).unwrap_or_default();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap_or_default()).unwrap_or_default()
}

/// An assertion that a server has seen is refused, even if it answered with an error. It is for the token endpoint.
#[test]
fn every_attempt_is_signed_anew_and_fields_can_name_assertions() {
    let pull = Pull {
        accepts: Both {
            grant: Verifier::of(RSA, "RS256"),
            client: Verifier::of(RSA, "RS256"),
            met: std::sync::atomic::AtomicBool::new(false),
        },
        auth: "type = 'jwt_bearer'\ntoken_url = 'ROOT/oauth/token'\nclient_id = 'app'\n\
               client_auth = 'private_key_jwt'\nprivate_key = { file = 'key.pem' }\n\
               request = { format = 'json', fields = { what = '{assertion}', who = '{client_assertion}' } }",
        secrets: &["eyJhbGciOi"],
    };
    // The server counts the 503 as well.
    assert_eq!(pull.run(with_key(RSA)), 5);
}
