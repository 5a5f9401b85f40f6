//! A URL as it may be shown.

use std::fmt;

use url::Url;

/// A URL as it may be shown: scheme, host, port and path. The query and user information are where secrets hide.
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
