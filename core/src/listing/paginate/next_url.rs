//! Pagination by the URL of the next page.

use http::{Method, header::CONTENT_TYPE};
use serde_json::Value;
use url::Url;

use super::{Cursor, Latest, LoopCheck, PaginationError, Paginator, Step, is_empty};
use crate::{
    http::{
        place::Places,
        request::{Body, Request},
    },
    listing::{
        end::Proof,
        page::{Page, kind_of},
    },
};

/// Each page has the URL of the next one, absolute or relative.
#[derive(Clone, Debug)]
pub struct NextUrl {
    /// Where a page has the URL.
    pub next: Places,
    /// What a relative URL is resolved against.
    pub base: Base,
    /// Whether the scheme and port of the URL are taken from it.
    pub origin: LinkOrigin,
    /// How the next page is requested.
    pub follow: Follow,
}

/// Whether the scheme and port of a next link are taken from it.
#[derive(Clone, Debug, Default)]
pub enum LinkOrigin {
    /// They are.
    #[default]
    Named,
    /// They are those of this URL, if the host is the same. For APIs behind TLS termination or a proxy, which name
    /// themselves by another scheme or port.
    Kept(Url),
}

/// What a relative URL is resolved against.
#[derive(Clone, Debug, Default)]
pub enum Base {
    /// The URL of the page that has it (RFC 3986 §5.1.3).
    #[default]
    Response,
    /// This URL, whose path is kept as a prefix. For gateways, whose prefix the links of the API lack.
    Prefix(Url),
}

/// How the next page is requested.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Follow {
    /// With GET, without content.
    #[default]
    Get,
    /// With the method and the content of the first request.
    Repeat,
}

impl NextUrl {
    /// Requests the URL at `next` as it is.
    pub fn at(next: Places) -> Self {
        Self { next, base: Base::Response, origin: LinkOrigin::Named, follow: Follow::Get }
    }
}

impl Paginator for NextUrl {
    fn reads(&self) -> Vec<&Places> {
        vec![&self.next]
    }

    fn prepare(&self, request: &mut Request, at: Option<&Cursor>) -> Result<(), PaginationError> {
        let Some(cursor) = at else { return Ok(()) };
        let Cursor::Url(url) = cursor else { return Err(PaginationError::ForeignCursor) };
        request.url = url.clone();
        if self.follow == Follow::Get {
            request.method = Method::GET;
            request.body = Body::Empty;
            request.headers.remove(CONTENT_TYPE);
        }
        Ok(())
    }

    fn advance(&self, _: Option<&Cursor>, page: &Page) -> Result<Step, PaginationError> {
        let Some((value, place)) = page.find(&self.next)? else {
            return Ok(Step::Missing(self.next.clone()));
        };
        let at = place.to_string();
        let link = match value.value() {
            empty if is_empty(empty) => return Ok(Step::End(Proof::NextNull { at })),
            Value::String(link) => link,
            other => return Err(PaginationError::LinkIsNoText { at, found: kind_of(other) }),
        };
        let url = match &self.base {
            Base::Response => page.url().join(link),
            Base::Prefix(prefix) => below(prefix, link),
        };
        let url = url.map(|url| self.origin.apply(url));
        url.map(|url| Step::Page(Cursor::Url(url))).map_err(|_| PaginationError::LinkIsNoUrl { at })
    }

    fn page_count(&self, _: &Page) -> Result<Option<u64>, PaginationError> {
        Ok(None)
    }

    fn ahead(&self, _: &Cursor, _: &Latest<'_>) -> Option<Cursor> {
        None
    }

    fn gap(&self, _: Option<&Cursor>, _: &Page) -> Option<Cursor> {
        None
    }

    fn continues_from(&self) -> Option<&Places> {
        None
    }

    fn loop_check(&self) -> LoopCheck {
        LoopCheck::Cursors
    }
}

impl LinkOrigin {
    fn apply(&self, mut url: Url) -> Url {
        if let Self::Kept(kept) = self
            && url.host() == kept.host()
        {
            // Both are http or https with a host, for which neither fails.
            let _ = url.set_scheme(kept.scheme());
            let _ = url.set_port(kept.port());
        }
        url
    }
}

/// Resolves `link` against `prefix`. The path of `prefix` is put before a relative link, unless it is there already.
fn below(prefix: &Url, link: &str) -> Result<Url, url::ParseError> {
    let path = prefix.path().trim_end_matches('/');
    let lacks_prefix = link.starts_with('/') && !link.starts_with("//");
    let has_prefix = !path.is_empty() && link.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
    if lacks_prefix && !has_prefix {
        return prefix.join(&format!("{path}{link}"));
    }
    let mut folder = prefix.clone();
    folder.set_path(&format!("{path}/"));
    folder.join(link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_with_the_same_host_keeps_scheme_and_port() {
        let kept = |base: &str, link: &str| {
            LinkOrigin::Kept(base.parse().unwrap()).apply(link.parse().unwrap()).to_string()
        };
        let api = "https://api.example/v1";
        assert_eq!(kept(api, "http://api.example:8080/v1/x?page=2"), "https://api.example/v1/x?page=2");
        assert_eq!(kept("https://api.example:8443", "http://api.example/x"), "https://api.example:8443/x");
        assert_eq!(kept(api, "http://evil.example/v1"), "http://evil.example/v1");
        let link: Url = "http://api.example:8080/x".parse().unwrap();
        assert_eq!(LinkOrigin::Named.apply(link.clone()), link);
    }

    #[test]
    fn a_gateways_prefix_is_kept() {
        let at = |prefix: &str, link: &str| below(&prefix.parse().unwrap(), link).unwrap().to_string();
        let gateway = "https://gw.example/genesys";
        assert_eq!(
            at(gateway, "/api/v2/users?pageNumber=2"),
            "https://gw.example/genesys/api/v2/users?pageNumber=2"
        );
        assert_eq!(at("https://gw.example/genesys/", "/api/v2/x"), "https://gw.example/genesys/api/v2/x");
        assert_eq!(at(gateway, "/genesys/api/v2/x"), "https://gw.example/genesys/api/v2/x");
        assert_eq!(at(gateway, "api/v2/x"), "https://gw.example/genesys/api/v2/x");
        assert_eq!(at(gateway, "https://other.example/x"), "https://other.example/x");
        assert_eq!(at(gateway, "//other.example/x"), "https://other.example/x");
        assert_eq!(at("https://api.example", "/api/v2/x"), "https://api.example/api/v2/x");
    }
}
