//! Pagination by the URL of the next page.

use http::{Method, header::CONTENT_TYPE};
use serde_json::Value;
use url::Url;

use super::{Cursor, LoopCheck, PaginationError, Paginator};
use crate::{
    http::request::{Body, Request},
    json::pointer::Pointer,
    listing::page::{Page, kind_of},
};

/// Each page has the URL of the next one, absolute or relative.
#[derive(Clone, Debug)]
pub struct NextUrl {
    /// Where a page has the URL.
    pub next: Pointer,
    /// What a relative URL is resolved against.
    pub base: Base,
    /// How the next page is requested.
    pub follow: Follow,
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

impl Paginator for NextUrl {
    fn reads(&self) -> Vec<Pointer> {
        vec![self.next.clone()]
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

    fn advance(&self, _: Option<&Cursor>, page: &Page) -> Result<Option<Cursor>, PaginationError> {
        let link = match page.pick(&self.next) {
            None | Some(Value::Null | Value::Bool(false)) => return Ok(None),
            Some(Value::String(link)) if link.is_empty() => return Ok(None),
            Some(Value::String(link)) => link,
            Some(other) => {
                return Err(PaginationError::LinkIsNoText { at: self.next.clone(), found: kind_of(other) });
            }
        };
        let url = match &self.base {
            Base::Response => page.url().join(link),
            Base::Prefix(prefix) => below(prefix, link),
        };
        url.map(|url| Some(Cursor::Url(url)))
            .map_err(|_| PaginationError::LinkIsNoUrl { at: self.next.clone() })
    }

    fn ahead(&self, _: &Cursor, _: &Page, _: u64) -> Option<Cursor> {
        None
    }

    fn total(&self, _: &Page) -> Option<u64> {
        None
    }

    fn loop_check(&self) -> LoopCheck {
        LoopCheck::Requests
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
