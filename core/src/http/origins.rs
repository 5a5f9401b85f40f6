//! The origins that credentials may be sent to.

use std::fmt;

use url::{Host, Origin, Url};

/// The origins (RFC 6454: scheme, host and port) that requests may go to.
#[derive(Clone, Debug)]
pub struct Origins {
    /// Where the token and the configured header fields may be sent.
    trusted: Vec<Origin>,
    /// Where requests may go without any credential, as to signed URLs of files.
    public: Vec<Origin>,
}

impl Origins {
    /// The origins of these URLs. In a URL whose host starts with `*.`, that stands for any subdomain.
    pub fn of<'u>(urls: impl IntoIterator<Item = &'u Url>) -> Self {
        Self { trusted: urls.into_iter().map(Url::origin).collect(), public: Vec::new() }
    }

    /// The same, and those of these URLs, for requests without credentials.
    #[must_use]
    pub fn with_public<'u>(self, urls: impl IntoIterator<Item = &'u Url>) -> Self {
        Self { public: urls.into_iter().map(Url::origin).collect(), ..self }
    }

    /// Whether a request to `url` must not carry credentials.
    pub fn is_public(&self, url: &Url) -> bool {
        if self.public.is_empty() {
            return false;
        }
        let origin = url.origin();
        !self.trusted.iter().any(|trusted| covers(trusted, &origin))
    }

    /// Returns `url` if it has one of these origins and contains no user name or password.
    ///
    /// # Errors
    /// It has another origin, or contains a user name or a password.
    pub fn admit(&self, url: Url) -> Result<Url, ForeignOrigin> {
        let plain = url.username().is_empty() && url.password().is_none();
        let origin = url.origin();
        if plain && self.trusted.iter().chain(&self.public).any(|allowed| covers(allowed, &origin)) {
            return Ok(url);
        }
        let found = if plain { show(&origin) } else { "a URL with a user name in it".to_owned() };
        let way_out = match () {
            () if !plain => None,
            () if self.trusted.iter().any(|trusted| host(trusted) == host(&origin)) => Some(WayOut::Keep),
            () if is_signed(&url) => Some(WayOut::Public),
            () => None,
        };
        Err(ForeignOrigin { found, allowed: self.trusted.iter().map(show).collect(), way_out })
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

fn host(origin: &Origin) -> Option<&Host> {
    match origin {
        Origin::Tuple(_, host, _) => Some(host),
        Origin::Opaque(_) => None,
    }
}

/// Whether a URL has a signature, which is its own credential. So do those of Amazon S3, Google Cloud Storage and Azure.
fn is_signed(url: &Url) -> bool {
    const NAMES: [&str; 4] = ["x-amz-signature", "x-goog-signature", "signature", "sig"];
    url.query_pairs().any(|(name, _)| NAMES.contains(&&*name.to_ascii_lowercase()))
}

fn show(origin: &Origin) -> String {
    origin.ascii_serialization()
}

/// A URL that leads away from the API. Nothing was sent there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ForeignOrigin {
    found: String,
    allowed: Vec<String>,
    way_out: Option<WayOut>,
}

/// What the user can do about a foreign origin without sending credentials there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WayOut {
    /// Only scheme or port differ: keep those of the API.
    Keep,
    /// The URL is signed: request it without credentials.
    Public,
}

impl ForeignOrigin {
    /// The origin that the server points to.
    pub fn found(&self) -> &str {
        &self.found
    }

    /// What the user can do about it.
    pub fn way_out(&self) -> Option<WayOut> {
        self.way_out
    }
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
    fn a_public_origin_is_admitted_but_not_trusted() {
        let url = |text: &str| Url::parse(text).unwrap();
        let origins =
            Origins::of([&url("https://api.example")]).with_public([&url("https://*.s3.amazonaws.com")]);
        let file = url("https://bucket.s3.amazonaws.com/a.csv?X-Amz-Signature=x");
        assert!(origins.admit(file.clone()).is_ok() && origins.is_public(&file));
        assert!(!origins.is_public(&url("https://api.example/x")));
        let way_out = |text: &str| origins.admit(url(text)).unwrap_err().way_out();
        assert_eq!(way_out("http://api.example:8080/x"), Some(WayOut::Keep));
        assert_eq!(way_out("https://files.example/x?Signature=a"), Some(WayOut::Public));
        assert_eq!(way_out("https://evil.example/x?signed=no"), None);
        assert_eq!(way_out("https://u:p@api.example/x"), None);
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
