//! Requests to a fake server, and its answers.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, Method};
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::fake_api::TOKEN_PATH;

/// A received request.
#[derive(Clone, Debug)]
pub struct Received {
    /// The method.
    pub method: Method,
    /// The absolute URL.
    pub url: Url,
    /// The headers.
    pub headers: HeaderMap,
    /// The content.
    pub body: Vec<u8>,
    /// When it arrived, by the clock of the test.
    pub at: Duration,
}

impl Received {
    /// Whether it was sent to the token endpoint.
    pub fn is_for_token(&self) -> bool {
        self.url.path() == TOKEN_PATH
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The bearer token (RFC 6750 §2.1).
    pub fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    /// The client id and secret of HTTP Basic, decoded as in RFC 6749 §2.3.1.
    pub fn basic(&self) -> Option<(String, String)> {
        let encoded = self.header("authorization")?.strip_prefix("Basic ")?;
        let pair = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (id, secret) = pair.split_once(':')?;
        Some((form_decoded(id), form_decoded(secret)))
    }

    /// The value of a form field.
    pub fn field(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(&self.body).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// The value of a query parameter.
    pub fn query(&self, name: &str) -> Option<String> {
        self.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

fn form_decoded(text: &str) -> String {
    // The field needs a name, because `a=b` alone would be a name and a value.
    let field = format!("x={text}");
    form_urlencoded::parse(field.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// An answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers, without those about the length of the body.
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

    /// A 200 with an HTML page.
    pub fn html() -> Self {
        Self { body: b"<!doctype html><title>Log in</title>".to_vec(), ..Self::status(200) }
            .header("content-type", "text/html")
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}
