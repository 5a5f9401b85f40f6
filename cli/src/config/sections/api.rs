//! `[api]`: the server, and how long to wait for it.

use std::{fmt, path::PathBuf, time::Duration};

use serde::{Deserialize, Deserializer, de::IntoDeserializer};
use url::Url;

use crate::config::values::{
    duration, header, http_url,
    kind::{Kind, Row},
    secret::Secrets,
    size,
};

pub(in crate::config) const KEYS: &[Row] = &[
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

pub(in crate::config) const DEFAULTS: &str = r#"
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
    #[serde(default, deserialize_with = "header::table")]
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

/// Through what requests leave the network. `Debug` does not show the password.
#[derive(Clone, Eq, PartialEq)]
pub enum Proxy {
    /// Nothing, whatever `HTTPS_PROXY` says.
    Direct,
    /// The proxy with this URL, which may hold a user and a password.
    Through(Url),
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct => f.write_str("Direct"),
            Self::Through(url) => {
                f.debug_tuple("Through").field(&http_url::without_password(url.as_str())).finish()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Proxy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "none" {
            return Ok(Self::Direct);
        }
        http_url::with_credentials(text.into_deserializer()).map(Self::Through)
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
    fn the_password_of_a_proxy_is_kept_and_not_shown() {
        let proxy: Proxy = serde_json::from_value(json!("http://me:hunter2@proxy:3128")).unwrap();
        assert_eq!(proxy, Proxy::Through("http://me:hunter2@proxy:3128".parse().unwrap()));
        assert_eq!(format!("{proxy:?}"), "Through(\"http://me:***@proxy:3128/\")");
        let refusal = serde_json::from_value::<Proxy>(json!("socks5://me:hunter2@proxy")).unwrap_err();
        assert_eq!(refusal.to_string(), "this is not a URL that starts with `https://` or `http://`");
    }
}
