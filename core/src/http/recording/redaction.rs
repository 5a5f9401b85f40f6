//! Removes secrets from what is recorded.

use std::borrow::Cow;

use http::{
    HeaderName,
    header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, SET_COOKIE},
};

use crate::http::secret::{Secrets, sounds_secret};

const HIDDEN: &str = "***";

/// The parameters that sign a URL of Amazon S3, Google Cloud Storage or Azure, in lower case.
const SIGNATURES: [&str; 7] = [
    "x-amz-signature",
    "x-amz-credential",
    "x-amz-security-token",
    "x-goog-signature",
    "x-goog-credential",
    "signature",
    "sig",
];

/// Replaces secrets by `***`: those of the run in any spelling, and what follows the name of a signature or credential in
/// the query of a URL. The same text is always redacted to the same text, and redacted text stays as it is.
#[derive(Clone, Debug)]
pub(super) struct Redaction(Secrets);

impl Redaction {
    pub(super) fn new(secrets: Secrets) -> Self {
        Self(secrets)
    }

    pub(super) fn text(&self, text: &str) -> String {
        without_signatures(&self.0.redact_from(text, Secrets::SHORTEST))
    }

    /// The value of a header field.
    pub(super) fn header(&self, name: &HeaderName, value: &str) -> String {
        let is_secret = [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, SET_COOKIE].contains(name);
        if is_secret || sounds_secret(name.as_str()) { HIDDEN.to_owned() } else { self.text(value) }
    }

    /// A body. Bytes that are not UTF-8 stay as they are.
    pub(super) fn bytes<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        let mut redacted = Vec::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            redacted.extend_from_slice(self.text(chunk.valid()).as_bytes());
            redacted.extend_from_slice(chunk.invalid());
        }
        if redacted == bytes { Cow::Borrowed(bytes) } else { Cow::Owned(redacted) }
    }
}

fn without_signatures(text: &str) -> String {
    let mut redacted = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(equals) = rest.find('=') {
        let (before, after) = rest.split_at(equals + 1);
        redacted.push_str(before);
        rest = after;
        if is_secret_parameter(&before[..equals]) {
            let end = after.find(ends_value).unwrap_or(after.len());
            redacted.push_str(if end == 0 { "" } else { HIDDEN });
            rest = &after[end..];
        }
    }
    redacted.push_str(rest);
    redacted
}

/// Whether `before` ends with the name of such a parameter, after `?` or `&` in the spellings of URLs, JSON and HTML.
fn is_secret_parameter(before: &str) -> bool {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let name = before.trim_end_matches(is_of_name).len();
    let (prefix, name) = before.split_at(name);
    for escape in ["u0026", "u003f", "u003F"] {
        if prefix.ends_with('\\')
            && let Some(name) = name.strip_prefix(escape)
        {
            return is_secret_name(name);
        }
    }
    (prefix.ends_with(['?', '&']) || prefix.ends_with("&amp;")) && is_secret_name(name)
}

fn is_secret_name(name: &str) -> bool {
    // `token` alone is often a cursor, and without it a replay could not tell pages apart.
    let name = name.to_ascii_lowercase();
    SIGNATURES.contains(&&*name) || (sounds_secret(&name) && name != "token")
}

fn ends_value(c: char) -> bool {
    c.is_whitespace() || "&\"'<>\\#;)]}`|".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::secret::Secret;

    fn redaction() -> Redaction {
        let secrets = Secrets::default();
        secrets.add(&Secret::new("hunter2!"));
        Redaction::new(secrets)
    }

    #[test]
    fn signatures_are_replaced_wherever_a_url_is_written() {
        for (text, redacted) in [
            (
                "https://s3.example/a?X-Amz-Date=1&X-Amz-Signature=ab12&z=1",
                "https://s3.example/a?X-Amz-Date=1&X-Amz-Signature=***&z=1",
            ),
            (
                r#"{"url":"https:\/\/b.example\/a?sv=1\u0026sig=ab%2Fc%3D","n":1}"#,
                r#"{"url":"https:\/\/b.example\/a?sv=1\u0026sig=***","n":1}"#,
            ),
            ("<a href='/x?a=1&amp;access_token=t0k'>", "<a href='/x?a=1&amp;access_token=***'>"),
            ("/x?api_key=k&page=2", "/x?api_key=***&page=2"),
            ("/x?api_key=&page=2", "/x?api_key=&page=2"),
            ("/x?token=cursor-2&a=b", "/x?token=cursor-2&a=b"),
            ("a signature=none, design=x ?sig", "a signature=none, design=x ?sig"),
        ] {
            assert_eq!(redaction().text(text), redacted);
            assert_eq!(redaction().text(redacted), redacted);
        }
    }

    #[test]
    fn secrets_are_replaced_in_bodies_and_header_fields() {
        let redaction = redaction();
        assert_eq!(*redaction.bytes(b"{\"a\":\"hunter2!\"}\xff"), *b"{\"a\":\"***\"}\xff");
        assert!(matches!(redaction.bytes(b"{}\xff"), Cow::Borrowed(_)));
        assert_eq!(redaction.header(&SET_COOKIE, "id=7"), "***");
        assert_eq!(redaction.header(&HeaderName::from_static("x-api-key"), "k3y"), "***");
        assert_eq!(redaction.header(&HeaderName::from_static("x-next"), "hunter2%21"), "***");
        assert_eq!(redaction.header(&HeaderName::from_static("etag"), "\"a\""), "\"a\"");
    }
}
