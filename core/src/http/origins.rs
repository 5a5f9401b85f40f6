//! The origins that credentials may be sent to.

use std::fmt;

use url::{Host, Origin, Url};

/// The origins (RFC 6454: scheme, host and port) to which the token and the configured header fields may be sent.
#[derive(Clone, Debug)]
pub struct Origins(Vec<Origin>);

impl Origins {
    /// The origins of these URLs. In a URL whose host starts with `*.`, that stands for any subdomain.
    pub fn of<'u>(urls: impl IntoIterator<Item = &'u Url>) -> Self {
        Self(urls.into_iter().map(Url::origin).collect())
    }

    /// Returns `url` if it has one of these origins and contains no credentials of its own.
    ///
    /// # Errors
    /// It has another origin, or contains a user name or a password.
    pub fn admit(&self, url: Url) -> Result<Url, ForeignOrigin> {
        let plain = url.username().is_empty() && url.password().is_none();
        let origin = url.origin();
        if plain && self.0.iter().any(|allowed| covers(allowed, &origin)) {
            return Ok(url);
        }
        let found = if plain { show(&origin) } else { "a URL with a user name in it".to_owned() };
        Err(ForeignOrigin { found, allowed: self.0.iter().map(show).collect() })
    }
}

/// Whether `origin` is `allowed`, or one of its subdomains.
fn covers(allowed: &Origin, origin: &Origin) -> bool {
    let (Origin::Tuple(scheme, Host::Domain(pattern), port), Origin::Tuple(of, Host::Domain(host), at)) =
        (allowed, origin)
    else {
        return allowed == origin;
    };
    let is_subdomain = || {
        let subdomain = pattern.strip_prefix('*').and_then(|domain| host.strip_suffix(domain));
        subdomain.is_some_and(|subdomain| !subdomain.is_empty())
    };
    scheme == of && port == at && (pattern == host || is_subdomain())
}

fn show(origin: &Origin) -> String {
    origin.ascii_serialization()
}

/// A URL that leads away from the API. Nothing was sent there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ForeignOrigin {
    found: String,
    allowed: Vec<String>,
}

impl std::error::Error for ForeignOrigin {}

impl fmt::Display for ForeignOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let allowed = self.allowed.iter().map(|origin| format!("`{origin}`")).collect::<Vec<_>>().join(", ");
        write!(f, "the server points to `{}`, but credentials are sent only to {allowed}", self.found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scheme_host_and_port_must_all_agree() {
        let url = |text: &str| Url::parse(text).unwrap();
        let origins = Origins::of([&url("https://api.example/base")]);
        assert!(origins.admit(url("https://api.example:443/other?x")).is_ok());
        for foreign in [
            "http://api.example/",
            "https://api.example:444/",
            "https://evil.example/",
            "https://u:p@api.example/",
        ] {
            assert!(origins.admit(url(foreign)).is_err(), "{foreign}");
        }
        assert_eq!(
            origins.admit(url("https://evil.example/api.example?t=1")).unwrap_err().to_string(),
            "the server points to `https://evil.example`, but credentials are sent only to `https://api.example`"
        );
    }

    #[test]
    fn a_star_stands_for_any_subdomain() {
        let origins = Origins::of([&Url::parse("https://*.my.crm.example").unwrap()]);
        let admits = |text: &str| origins.admit(Url::parse(text).unwrap()).is_ok();
        assert!(admits("https://acme.my.crm.example/x") && admits("https://a.sandbox.MY.crm.example:443"));
        for foreign in [
            "https://my.crm.example",
            "https://evilmy.crm.example",
            "https://.my.crm.example.evil.example",
            "http://acme.my.crm.example",
            "https://acme.my.crm.example:8443",
            "https://u:p@acme.my.crm.example",
        ] {
            assert!(!admits(foreign), "{foreign}");
        }
        let refusal = origins.admit(Url::parse("https://evil.example").unwrap()).unwrap_err().to_string();
        assert!(refusal.ends_with("only to `https://*.my.crm.example`"), "{refusal}");
    }
}
