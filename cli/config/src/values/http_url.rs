//! URLs of servers.

use serde::{Deserialize, Deserializer, de};
use url::{Host, Url};

use crate::values::described::described;

/// Shown instead of a secret.
pub(crate) const HIDDEN: &str = "***";

/// An http or https URL without user, password, query and fragment.
pub(crate) enum HttpUrl {}

/// A list of URLs that have only scheme, host and port.
pub(crate) enum Origins {}

described!(HttpUrl, { "type": "string", "x-value": "URL" });
described!(Origins, { "type": "array", "items": { "type": "string", "x-value": "URL" } });

impl HttpUrl {
    /// Reads the URL.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse(&text).map_err(de::Error::custom)
    }

    /// Reads the URL of a key that is optional.
    pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Url>, D::Error> {
        Self::deserialize(deserializer).map(Some)
    }
}

/// Reads a URL that may have a user and a password.
pub(crate) fn with_credentials<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_with_credentials(&text).map_err(de::Error::custom)
}

impl Origins {
    /// Reads the URLs.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Url>, D::Error> {
        let texts = Vec::<String>::deserialize(deserializer)?;
        let origin = |text: &String| {
            let url = parse(text)?;
            let host = url.host_str().unwrap_or_default();
            if host.contains('*') && !is_wildcard(host) {
                Err(format!(
                    "`{text}`: a `*` stands for the subdomains of a name with at least two parts, as in \
                     `https://*.example.com`"
                ))
            } else if url.path() == "/" {
                Ok(url)
            } else {
                Err(format!("`{text}` has a path; an origin has only a scheme, a host and a port"))
            }
        };
        texts.iter().map(origin).collect::<Result<_, _>>().map_err(de::Error::custom)
    }
}

/// Whether `host` is a star and a name of at least two parts.
fn is_wildcard(host: &str) -> bool {
    host.strip_prefix("*.").is_some_and(|name| !name.contains('*') && name.trim_matches('.').contains('.'))
}

/// `text` without the password, if it is a URL with one.
pub(crate) fn without_password(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else { return text.to_owned() };
    let hidden = url.password().is_some() && url.set_password(Some(HIDDEN)).is_ok();
    if hidden { url.into() } else { text.to_owned() }
}

/// Whether `url` is on this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn parse(text: &str) -> Result<Url, String> {
    let url = parse_with_credentials(text)?;
    if url.username().is_empty() && url.password().is_none() {
        Ok(url)
    } else {
        Err("a URL must not hold a user or password".to_owned())
    }
}

fn parse_with_credentials(text: &str) -> Result<Url, String> {
    // The part before an `@` may be a password, so such text is never shown.
    let bare = text.split(['?', '#']).next().unwrap_or(text);
    let shown = if text.contains('@') { "this" } else { &format!("`{bare}`") };
    let url = match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => url,
        Ok(_) | Err(url::ParseError::RelativeUrlWithoutBase) => {
            return Err(format!("{shown} is not a URL that starts with `https://` or `http://`"));
        }
        Err(problem) => return Err(format!("{shown} is not a URL: {problem}")),
    };
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("{shown} must not have a query or a fragment"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_keeps_its_path() {
        assert_eq!(parse("https://gateway.example/crm").unwrap().as_str(), "https://gateway.example/crm");
    }

    #[test]
    fn invalid_urls_are_refused_without_showing_a_password() {
        let refusal = |text| parse(text).unwrap_err();
        let scheme = "is not a URL that starts with `https://` or `http://`";
        assert_eq!(refusal("api.example.com"), format!("`api.example.com` {scheme}"));
        assert_eq!(refusal("ftp://u:hunter2@api.example.com"), format!("this {scheme}"));
        assert_eq!(refusal("https://u:hunter2@a.example"), "a URL must not hold a user or password");
        assert_eq!(
            refusal("https://a.example:99999"),
            "`https://a.example:99999` is not a URL: invalid port number"
        );
        assert_eq!(
            refusal("https://a.example/?key=x"),
            "`https://a.example/` must not have a query or a fragment"
        );
    }

    #[test]
    fn loopback_is_known_by_name_and_by_number() {
        let is_loopback = |text| is_loopback(&parse(text).unwrap());
        assert!(
            is_loopback("http://localhost:80")
                && is_loopback("http://127.1.2.3")
                && is_loopback("http://[::1]")
        );
        assert!(!is_loopback("http://example.com") && !is_loopback("http://10.0.0.1"));
    }
}
