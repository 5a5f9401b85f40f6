//! The address of the API, where the token endpoint names it.

use url::Url;

use super::AuthError;
use crate::{
    client::Document,
    http::{origins::Origins, place::Places},
};

/// How the token endpoint names the address of the API.
#[derive(Clone, Debug)]
pub struct BaseUrl {
    /// Where its answer has the address.
    pub at: Places,
    /// The address in the requests, which is replaced.
    pub replaces: Url,
    /// Where credentials may be sent.
    pub origins: Origins,
}

impl BaseUrl {
    /// The address in `answer`. It must be one that credentials may be sent to.
    pub(super) fn read(&self, answer: &Document) -> Result<Option<Url>, AuthError> {
        let Some(text) = answer.text(&self.at)? else { return Ok(None) };
        let url = Url::parse(&text).ok().filter(|url| url.has_host() && url.query().is_none());
        let url = url.ok_or_else(|| AuthError::Malformed {
            problem: format!("has something else than the URL of the API at {}", self.at),
        })?;
        self.origins.admit(url).map(Some).map_err(|source| AuthError::Misdirected { source })
    }

    /// `url`, at `base_url` if it was at the address that is replaced.
    pub(super) fn moved(&self, url: &Url, base_url: &Url) -> Option<Url> {
        let root = |url: &Url| url.as_str().trim_end_matches('/').to_owned();
        let below = url.as_str().strip_prefix(&root(&self.replaces))?;
        let is_below = below.is_empty() || below.starts_with(['/', '?', '#']);
        is_below.then(|| Url::parse(&format!("{}{below}", root(base_url))).ok()).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_at_the_old_address_moves() {
        let old: Url = "https://login.example/api".parse().unwrap();
        let at = "/instance_url".parse().unwrap();
        let base_url = BaseUrl { at, origins: Origins::of([&old]), replaces: old };
        let moved = |url: &str| {
            let new = "https://eu.example/".parse().unwrap();
            base_url.moved(&url.parse().unwrap(), &new).map(String::from)
        };
        assert_eq!(
            moved("https://login.example/api/v1/x?a=%7e").as_deref(),
            Some("https://eu.example/v1/x?a=%7e")
        );
        assert_eq!(moved("https://login.example/api?a").as_deref(), Some("https://eu.example/?a"));
        assert_eq!(moved("https://login.example/apis/x"), None);
        assert_eq!(moved("https://login.example:444/api/x"), None);
        assert_eq!(moved("https://eu.example/api/x"), None);
    }
}
