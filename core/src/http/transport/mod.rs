//! The transport of requests.

#[cfg(feature = "ureq")]
mod charset;
#[cfg(feature = "ureq")]
mod classify;
#[cfg(feature = "ureq")]
mod client_certificate;
mod error;
#[cfg(feature = "ureq")]
mod lookup;
#[cfg(feature = "ureq")]
mod proxy;
#[cfg(feature = "ureq")]
mod receive;
#[cfg(feature = "ureq")]
mod setup_error;
mod spool;
#[cfg(feature = "ureq")]
mod spooling;
#[cfg(feature = "ureq")]
mod timeouts;
#[cfg(feature = "ureq")]
mod unpack;
#[cfg(feature = "ureq")]
mod unzip;
#[cfg(feature = "ureq")]
mod ureq;

use std::fmt::Debug;

use http::{HeaderMap, StatusCode};

#[cfg(feature = "ureq")]
pub use self::client_certificate::{ClientCertificate, ClientCertificateError};
#[cfg(feature = "ureq")]
pub(crate) use self::receive::HEAD;
#[cfg(all(feature = "fuzzing", feature = "ureq"))]
pub use self::receive::receive;
pub(crate) use self::spool::LastReader;
pub use self::{
    error::{TransportError, TransportErrorKind},
    spool::Spool,
};
#[cfg(feature = "ureq")]
pub use self::{
    proxy::Proxy,
    setup_error::SetupError,
    ureq::{Settings, Tls, UreqTransport},
};
use crate::http::request::Request;

/// Sends a request to its server and receives the response.
///
/// # Contract
/// 1. A call is exactly one attempt. Nothing is retried, and no redirect is followed, because it could send credentials
///    elsewhere.
/// 2. Every status is `Ok`.
/// 3. On `Ok` the body is complete, unpacked, and UTF-8 if its charset is known. A body that is cut off is an `Err`.
/// 4. A call is limited in time, and in the size of the body that it accepts.
/// 5. The kind of an `Err` says whether the server may have seen the request.
/// 6. The contents of `buffer` are replaced by the body, so that its memory is reused from page to page.
pub trait Transport: Debug + Send + Sync {
    /// Sends `request` once.
    fn send(&self, request: &Request, buffer: Vec<u8>) -> Result<Response, TransportError>;

    /// Aborts every request in flight, and every later one. It is called at most once, to stop the run.
    fn interrupt(&self);
}

/// A response with its complete body.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The content, decompressed. If it is [`spooled`](Self::spooled), this is only its start.
    pub body: Vec<u8>,
    /// The whole content, if the request expects lines and they do not fit in memory.
    pub spooled: Option<Spool>,
}

impl Response {
    /// A response whose content is in memory.
    pub fn new(status: StatusCode, headers: HeaderMap, body: Vec<u8>) -> Self {
        Self { status, headers, body, spooled: None }
    }

    /// The size of the whole content in bytes.
    pub fn size(&self) -> u64 {
        self.spooled.as_ref().map_or(self.body.len() as u64, Spool::length)
    }

    /// The value of a header field, if it exists and is visible ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
