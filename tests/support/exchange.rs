//! What a fake server is asked, and what it answers.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, Method};
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::api::TOKEN_PATH;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    /// The method.
    pub method: Method,
    /// The absolute URL.
    pub url: Url,
    /// The header fields.
    pub headers: HeaderMap,
    /// The content.
    pub body: Vec<u8>,
    /// When it arrived, on the clock of the test.
    pub at: Duration,
}

impl Received {
    /// Whether it was sent to the token endpoint.
    pub fn is_for_token(&self) -> bool {
        self.url.path() == TOKEN_PATH
    }

    /// A header field's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The bearer token (RFC 6750 §2.1).
    pub fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    /// Client id and secret of HTTP Basic, read as RFC 6749 §2.3.1 writes them.
    pub fn basic(&self) -> Option<(String, String)> {
        let encoded = self.header("authorization")?.strip_prefix("Basic ")?;
        let pair = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (id, secret) = pair.split_once(':')?;
        Some((form_decoded(id), form_decoded(secret)))
    }

    /// A form field's value.
    pub fn field(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(&self.body).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// A query parameter's value.
    pub fn query(&self, name: &str) -> Option<String> {
        self.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

fn form_decoded(text: &str) -> String {
    // Behind a name, for a bare `a=b` would be read as name and value.
    let field = format!("x={text}");
    form_urlencoded::parse(field.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// An answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The header fields, without those that frame the body.
    pub headers: Vec<(String, String)>,
    /// The content.
    pub body: Vec<u8>,
}

impl Reply {
    /// An answer without content.
    pub fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// A 200 with this body as `application/json`.
    pub fn json(body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..Self::status(200) }.header("content-type", "application/json")
    }

    /// A status with a JSON body.
    pub fn refusal(status: u16, body: &Value) -> Self {
        Self { status, ..Self::json(body.to_string()) }
    }

    /// A 200 with a page for people.
    pub fn html() -> Self {
        Self { body: b"<!doctype html><title>Log in</title>".to_vec(), ..Self::status(200) }
            .header("content-type", "text/html")
    }

    /// The same answer with a header field more.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}
