//! URLs without their secret parts.

use std::fmt;

use url::Url;

/// A URL that is safe to show: only its scheme, host, port and path, because the query and the user information may
/// contain secrets.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ShownUrl(String);

impl From<&Url> for ShownUrl {
    fn from(url: &Url) -> Self {
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Self(format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path()))
    }
}

impl fmt::Display for ShownUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_url_has_neither_user_nor_query() {
        let url = Url::parse("https://me:pw@api.example:8443/v2/users?api_key=s3cret#frag").unwrap();
        assert_eq!(ShownUrl::from(&url).to_string(), "https://api.example:8443/v2/users");
    }
}
