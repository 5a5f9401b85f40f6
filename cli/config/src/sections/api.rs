//! `[api]`: the API, and how long to wait for it.

use std::{fmt, path::PathBuf, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de::IntoDeserializer};
use url::Url;

use crate::{
    sections::answers::{ANSWERS, Answer},
    values::{
        described::described,
        duration, header,
        http_url::{self, HttpUrl, Origins},
        path::ReadPath,
        secret::{SecretSource, Secrets},
        size::Size,
    },
};

/// The API, and how long to wait for it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Whether plain http to other machines is allowed. Without it, plain http is for this machine only.
    #[schemars(extend("default" = false))]
    pub allow_http: bool,
    /// What responses of the API mean, besides the built-in rules. The first rule that matches decides.
    #[schemars(extend("x-value" = ANSWERS, "default" = []))]
    pub answers: Vec<Answer>,
    /// Origins besides that of `base_url` that credentials may be sent to: scheme, host and port. `https://*.example.com`
    /// allows every subdomain.
    #[serde(with = "Origins")]
    #[schemars(extend("default" = []))]
    pub allowed_origins: Vec<Url>,
    /// URL that the `path` of each stream is appended to.
    #[serde(with = "HttpUrl")]
    pub base_url: Url,
    /// File with certificates (PEM) to trust in addition to the system's.
    #[schemars(with = "Option<ReadPath>")]
    pub ca_file: Option<PathBuf>,
    /// File with the certificate (PEM) that longhaul proves its own identity with, followed by those that lead to its root.
    #[schemars(with = "Option<ReadPath>")]
    pub client_cert: Option<PathBuf>,
    /// Private key (PEM) of `client_cert`.
    pub client_key: Option<SecretSource>,
    /// Longest time to connect.
    #[serde(with = "duration::Positive")]
    #[schemars(extend("default" = "10s"))]
    pub connect_timeout: Duration,
    /// Headers of every request, by name.
    #[serde(default, deserialize_with = "header::table")]
    pub headers: Secrets,
    /// Longest pause between bytes of a response.
    #[serde(with = "duration::Positive")]
    #[schemars(extend("default" = "30s"))]
    pub idle_timeout: Duration,
    /// Largest page in memory, after it is unpacked. NDJSON and CSV may be larger.
    #[serde(with = "Size")]
    #[schemars(extend("default" = "256MiB"))]
    pub max_page: u64,
    /// Longest time for one attempt.
    #[serde(with = "duration::Positive")]
    #[schemars(extend("default" = "30m"))]
    pub max_time: Duration,
    /// URL of a proxy, or `none` to use no proxy.
    #[schemars(extend("x-default" = "`HTTPS_PROXY` and `NO_PROXY`"))]
    pub proxy: Option<Proxy>,
    /// Origins that requests may lead to without any credential, as to signed URLs of files. `https://*.s3.amazonaws.com`
    /// allows every subdomain.
    #[serde(with = "Origins")]
    #[schemars(extend("default" = []))]
    pub public_origins: Vec<Url>,
    /// Longest wait for the first byte of a response.
    #[serde(with = "duration::Positive")]
    #[schemars(extend("default" = "2m"))]
    pub timeout: Duration,
}

/// The proxy for requests. `Debug` does not show its password.
#[derive(Clone, Eq, PartialEq)]
pub enum Proxy {
    /// No proxy, even if `HTTPS_PROXY` is set.
    Direct,
    /// The proxy at this URL, which may have a user and a password.
    Through(Url),
}

described!(Proxy, { "type": "string", "x-value": "URL or `none`" });

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
