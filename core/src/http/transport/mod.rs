//! How a request travels.

mod error;
#[cfg(feature = "ureq")]
mod timeouts;
#[cfg(feature = "ureq")]
mod ureq;

use std::fmt::Debug;

use http::{HeaderMap, StatusCode};

pub use self::error::{TransportError, TransportErrorKind};
#[cfg(feature = "ureq")]
pub use self::ureq::{Proxy, Settings, SetupError, Tls, UreqTransport};
use crate::http::request::Request;

/// Carries one request to its server and the answer back.
///
/// # Contract
/// 1. A call is exactly one attempt: nothing is retried, no redirect is followed (it could carry credentials
///    elsewhere).
/// 2. Every status is `Ok`.
/// 3. On `Ok` the body is whole; one that broke off is an `Err`.
/// 4. A call is bounded, in time and in the size of the body it accepts.
/// 5. The kind of an `Err` tells whether the server may have seen the request.
/// 6. `buffer` is emptied and becomes the body, so that its memory serves page after page.
pub trait Transport: Debug + Send + Sync {
    /// Sends `request` once.
    fn send(&self, request: &Request, buffer: Vec<u8>) -> Result<Response, TransportError>;

    /// Breaks off every request in flight, and every later one. Called at most once, to stop the run.
    fn interrupt(&self);
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The content, decompressed.
    pub body: Vec<u8>,
}

impl Response {
    /// A header field's value, where it is there and is visible ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
