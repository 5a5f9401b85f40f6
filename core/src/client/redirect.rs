//! Redirects (RFC 9110 §15.4).

use http::{Method, StatusCode, header::CONTENT_TYPE};
use url::Url;

use crate::http::{
    origins::ForeignOrigin,
    request::{Body, Request},
    transport::Response,
};

/// What to do with a redirect.
#[derive(Clone, Copy, Debug)]
pub(super) enum Redirects {
    /// Treat it as an error.
    Refused,
    /// Follow at most this many for one request.
    UpTo(u32),
}

/// A redirect that is not followed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Misdirection {
    /// It leads to another origin.
    #[error(transparent)]
    ForeignOrigin(#[from] ForeignOrigin),
    /// Following it would turn a request with content into a GET.
    #[error("the server redirects a {method} with {status}, which would turn it into a GET")]
    WouldBecomeGet {
        /// The method of the request.
        method: Method,
        /// The status of the answer.
        status: u16,
    },
    /// Its target is not a URL.
    #[error("the server redirects to something that is not a URL")]
    NoUrl,
    /// There were too many in a row.
    #[error("the server redirects more than {most} times")]
    TooMany {
        /// How many are followed.
        most: u32,
    },
}

impl Redirects {
    /// The URL that `response` redirects `request` to, or `None` if it is not a redirect.
    pub(super) fn next(
        self,
        request: &Request,
        response: &Response,
        followed: u32,
    ) -> Result<Option<Url>, Misdirection> {
        let (Self::UpTo(most), Some(location)) = (self, response.header("location")) else { return Ok(None) };
        match response.status.as_u16() {
            301 | 302 if request.method != Method::GET && request.method != Method::HEAD => {
                let status = response.status.as_u16();
                return Err(Misdirection::WouldBecomeGet { method: request.method.clone(), status });
            }
            301 | 302 | 303 | 307 | 308 => {}
            _ => return Ok(None),
        }
        if followed >= most {
            return Err(Misdirection::TooMany { most });
        }
        request.url.join(location).map(Some).map_err(|_| Misdirection::NoUrl)
    }
}

/// The request, redirected to `url`. After a 303 it becomes a GET (RFC 9110 §15.4.4).
pub(super) fn at(request: Request, status: StatusCode, url: Url) -> Request {
    if status != StatusCode::SEE_OTHER {
        return Request { url, ..request };
    }
    let mut headers = request.headers;
    headers.remove(CONTENT_TYPE);
    Request { method: Method::GET, url, headers, body: Body::Empty, ..request }
}
