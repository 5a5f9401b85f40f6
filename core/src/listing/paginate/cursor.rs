//! The position of a page in its listing.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::{http::secret::Secret, json::ExactValue};

/// The position of a page in its listing. The first page has none. Checkpoints store it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cursor {
    /// The page starts after this many records, or at this record if the API counts from 1.
    Offset(u64),
    /// The page has this number.
    Page(u64),
    /// The page is requested with this value, which only the server understands.
    Token(ExactValue),
    /// The page is at this URL.
    Url(Url),
    /// The page is one of several files that a job has as its results.
    File {
        /// How many files are before it.
        index: u64,
        /// A fingerprint of the addresses of these files and of its own, in order.
        addresses: String,
    },
}

/// Query parameters that are treated as credentials, whatever their value.
const SECRET_PARAMETERS: [&str; 12] = [
    "access_token",
    "api-key",
    "api_key",
    "apikey",
    "authorization",
    "client_secret",
    "password",
    "secret",
    "sig",
    "signature",
    "x-amz-security-token",
    "x-amz-signature",
];

/// The minimum length of a secret to look for, in bytes. Shorter ones appear in URLs by chance.
const SHORTEST: usize = 8;

impl Cursor {
    /// Whether the cursor contains one of `secrets`, or a parameter that is named like a secret.
    pub(crate) fn contains_secret(&self, secrets: &[Secret]) -> bool {
        let quotes = |text: &str| {
            let long = secrets.iter().map(Secret::expose).filter(|secret| secret.len() >= SHORTEST);
            long.into_iter().any(|secret| text.contains(secret))
        };
        match self {
            Self::Offset(_) | Self::Page(_) | Self::File { .. } => false,
            Self::Token(value) => quotes(&value.text()),
            Self::Url(url) => {
                let is_secret_name =
                    |name: &str| SECRET_PARAMETERS.contains(&name.to_ascii_lowercase().as_str());
                let has_user = !url.username().is_empty() || url.password().is_some();
                let is_secret =
                    |(name, value): (Cow<'_, str>, Cow<'_, str>)| is_secret_name(&name) || quotes(&value);
                has_user || quotes(url.path()) || url.query_pairs().any(is_secret)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_recognized_by_its_value_or_by_its_name() {
        let secrets = [Secret::new("eyJhbGci+/=="), Secret::new("7")];
        let url = |text: &str| Cursor::Url(text.parse().unwrap()).contains_secret(&secrets);
        for text in [
            "https://api.example/x?page=2&t=eyJhbGci%2B%2F%3D%3D",
            "https://api.example/x?page=2&Api_Key=abc",
            "https://me:pw@api.example/x?page=2",
        ] {
            assert!(url(text), "{text}");
        }
        assert!(!url("https://api.example/x?page=7&pageToken=abc&key=9"));
        assert!(Cursor::Token("a/eyJhbGci+/==/b".to_owned().into()).contains_secret(&secrets));
        assert!(!Cursor::Token(ExactValue::number("7")).contains_secret(&secrets));
    }
}
