//! An exchange, as a recording stores it.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use super::redaction::Redaction;
use crate::{
    fingerprint::fingerprint,
    http::{
        request::{Body, Request},
        transport::TransportErrorKind,
    },
};

/// A request and its outcome.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exchange {
    /// When the request was sent, in microseconds since the start of the run.
    sent_us: u64,
    /// When its outcome was known.
    ended_us: u64,
    pub(super) request: StoredRequest,
    pub(super) outcome: Outcome,
}

/// A request without its header fields.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredRequest {
    pub(super) method: String,
    pub(super) url: String,
    /// The number of the token that it carried.
    pub(super) token: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) body_sha256: Option<String>,
    /// Only if it contains no secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

/// What came of a request.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Outcome {
    /// A response with any status.
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<StoredBody>,
    },
    /// No complete response.
    Fault {
        kind: TransportErrorKind,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<String>,
    },
}

/// Where the body of a response is.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredBody {
    /// The number of its file.
    pub(super) file: u64,
    /// Its length, decompressed.
    pub(super) length: u64,
    pub(super) sha256: String,
    /// Whether it did not fit in memory.
    pub(super) is_spooled: bool,
    /// Whether it contained a secret, which was replaced.
    pub(super) is_redacted: bool,
}

/// What identifies a request in a recording: its method, its path and query, and its body. Its origin does not count,
/// because the token endpoint may have named it.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Key(u128);

impl Exchange {
    pub(super) fn new(request: StoredRequest, sent: Duration, ended: Duration, outcome: Outcome) -> Self {
        let us = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        Self { sent_us: us(sent), ended_us: us(ended), request, outcome }
    }

    /// When its outcome was known, since the start of the run.
    pub(super) fn ended(&self) -> Duration {
        Duration::from_micros(self.ended_us)
    }

    /// Whether it was answered with a redirect.
    pub(super) fn is_redirect(&self) -> bool {
        matches!(self.outcome, Outcome::Answer { status: 300..400, .. })
    }

    /// Whether it was answered with a successful status.
    pub(super) fn is_success(&self) -> bool {
        matches!(self.outcome, Outcome::Answer { status: 200..300, .. })
    }
}

impl StoredRequest {
    pub(super) fn new(request: &Request, redaction: &Redaction) -> Self {
        let encoded = request.body.encode();
        let redacted = redaction.bytes(&encoded);
        let is_clean = *redacted == *encoded && !has_secret_names(&request.body);
        let has_body = !redacted.is_empty();
        Self {
            method: request.method.to_string(),
            url: redaction.text(request.url.as_str()),
            token: request.grant,
            body_sha256: has_body.then(|| sha256(&redacted)),
            body: (has_body && is_clean).then(|| String::from_utf8_lossy(&redacted).into_owned()),
        }
    }

    pub(super) fn key(&self) -> Key {
        let Self { method, url, body_sha256, .. } = self;
        let target = self.path();
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let body = body_sha256.as_deref().unwrap_or_default();
        Key(fingerprint(format!("{method} {target}?{query} {body}").as_bytes()))
    }

    /// The path of the URL.
    pub(super) fn path(&self) -> &str {
        let url = self.url.split_once('?').map_or(self.url.as_str(), |(url, _)| url);
        let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
        after_scheme.find('/').map_or("/", |start| &after_scheme[start..])
    }
}

/// Whether a field has a name such as `client_secret`.
fn has_secret_names(body: &Body) -> bool {
    use crate::http::secret::sounds_secret;
    fn in_json(value: &serde_json::Value) -> bool {
        match value {
            serde_json::Value::Object(members) => {
                members.iter().any(|(name, value)| sounds_secret(name) || in_json(value))
            }
            serde_json::Value::Array(values) => values.iter().any(in_json),
            _ => false,
        }
    }
    match body {
        Body::Json(value) => in_json(value.value()),
        Body::Form(fields) => fields.iter().any(|(name, _)| sounds_secret(name)),
        Body::Empty | Body::Text { .. } | Body::Stream(_) => false,
    }
}

/// The header fields of a response, to store.
pub(super) fn stored(headers: &HeaderMap, redaction: &Redaction) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            (name.to_string(), redaction.header(name, &String::from_utf8_lossy(value.as_bytes())))
        })
        .collect()
}

/// The header fields of a stored response; `None` if some cannot be ones.
pub(super) fn restored(headers: &[(String, String)]) -> Option<HeaderMap> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::try_from(name).ok()?, HeaderValue::from_bytes(value.as_bytes()).ok()?);
    }
    Some(map)
}

fn sha256(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

/// `bytes` in hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
