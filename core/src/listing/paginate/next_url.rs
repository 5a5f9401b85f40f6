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
        let link = match &value {
            empty if is_empty(empty) => return Ok(Step::End(Proof::NextNull { at })),
            Value::String(link) => link,
            other => return Err(PaginationError::LinkIsNoText { at, found: kind_of(other) }),
        };
        let url = match &self.base {
            Base::Response => page.url().join(link),
            Base::Prefix(prefix) => below(prefix, link),
        };
        url.map(|url| Step::Page(Cursor::Url(url))).map_err(|_| PaginationError::LinkIsNoUrl { at })
    }

    fn ahead(&self, _: &Cursor, _: &Latest<'_>) -> Option<Cursor> {
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
