//! `[api]`: the server, and how long to wait for it.

use std::{fmt, path::PathBuf, time::Duration};

use http::HeaderName;
use serde::{
    Deserialize, Deserializer,
    de::{self, IntoDeserializer},
};
use url::Url;

use super::{
    duration, http_url,
    keys::{Kind, Row},
    secret::{SecretSource, Secrets},
    size,
};

pub(super) const KEYS: &[Row] = &[
    ("api.allow_http", Kind::Scalar),
    ("api.allowed_origins", Kind::List),
    ("api.base_url", Kind::Text),
    ("api.ca_file", Kind::Path),
    ("api.connect_timeout", Kind::Text),
    ("api.headers.*", Kind::Secret),
    ("api.idle_timeout", Kind::Text),
    ("api.max_page", Kind::Text),
    ("api.max_time", Kind::Text),
    ("api.proxy", Kind::Text),
    ("api.timeout", Kind::Text),
];

pub(super) const DEFAULTS: &str = r#"
[api]
allow_http = false
allowed_origins = []
connect_timeout = "10s"
idle_timeout = "30s"
max_page = "256MiB"
max_time = "30m"
timeout = "2m"
"#;

/// The API's server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Whether plain http may go to other machines.
    pub allow_http: bool,
    /// Where credentials may go besides the origin of `base_url`: scheme, host and port alone.
    #[serde(deserialize_with = "http_url::origins")]
    pub allowed_origins: Vec<Url>,
    /// What the paths of streams are appended to; its own path is kept.
    #[serde(deserialize_with = "http_url::read")]
    pub base_url: Url,
    /// Certificates trusted besides the system's, in PEM; an absolute path.
    pub ca_file: Option<PathBuf>,
    /// The longest a connection may take to be made.
    #[serde(deserialize_with = "duration::positive")]
    pub connect_timeout: Duration,
    /// Headers of every request, by name.
    #[serde(default, deserialize_with = "headers")]
    pub headers: Secrets,
    /// The longest pause between bytes of an answer.
    #[serde(deserialize_with = "duration::positive")]
    pub idle_timeout: Duration,
    /// The largest page, in bytes after decompression.
    #[serde(deserialize_with = "size::read")]
    pub max_page: u64,
    /// The longest one attempt may take as a whole.
    #[serde(deserialize_with = "duration::positive")]
    pub max_time: Duration,
    /// The way out; the environment's where nothing is said.
    pub proxy: Option<Proxy>,
    /// The longest wait for the first byte of an answer.
    #[serde(deserialize_with = "duration::positive")]
    pub timeout: Duration,
}

/// Through what requests leave the network.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Proxy {
    /// Nothing, whatever `HTTPS_PROXY` says.
    Direct,
    /// The proxy with this URL.
    Through(Url),
}

impl<'de> Deserialize<'de> for Proxy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "none" {
            return Ok(Self::Direct);
        }
        http_url::read(text.into_deserializer()).map(Self::Through)
    }
}

/// Headers by name, each a valid one (RFC 9110 §5.1) and none of them twice in different case.
pub(super) fn headers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secrets, D::Error> {
    deserializer.deserialize_map(Headers)
}

struct Headers;

impl<'de> de::Visitor<'de> for Headers {
    type Value = Secrets;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Secrets, A::Error> {
        let mut headers = Secrets::new();
        while let Some(Name(name)) = map.next_key()? {
            if headers.keys().any(|other| other.eq_ignore_ascii_case(&name)) {
                return Err(de::Error::custom(format!("`{name}` stands twice, in different case")));
            }
            headers.insert(name, map.next_value::<SecretSource>()?);
        }
        Ok(headers)
    }
}

/// The name of a header, in the case it was written.
struct Name(String);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        match HeaderName::from_bytes(name.as_bytes()) {
            Ok(_) => Ok(Self(name)),
            Err(_) => Err(de::Error::custom("this is not the name of a header")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_proxy_is_a_url_or_none() {
        let read = |text: &str| serde_json::from_value::<Proxy>(json!(text)).unwrap();
        assert_eq!(read("none"), Proxy::Direct);
        assert_eq!(read("http://proxy:3128"), Proxy::Through("http://proxy:3128".parse().unwrap()));
    }

    #[test]
    fn headers_have_valid_names_and_each_stands_once() {
        let refusal = |table: serde_json::Value| headers(table).unwrap_err().to_string();
        assert_eq!(refusal(json!({ "X Y": "1" })), "this is not the name of a header");
        assert_eq!(refusal(json!({ "X-A": "1", "x-a": "2" })), "`x-a` stands twice, in different case");
    }
}
