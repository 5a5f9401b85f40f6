//! Why a request was not answered.

use std::error::Error;

/// An attempt that was not answered.
#[derive(Debug, thiserror::Error)]
#[error("{}", kind.clause())]
pub struct TransportError {
    kind: TransportErrorKind,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// Why there was no answer, and whether another attempt may help.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// There was no connection, so the server has not seen the request. It is always sent again.
    NotConnected,
    /// The connection closed before the answer was complete. The server may have acted, so only harmless requests are
    /// sent again.
    BrokenOff,
    /// The answer took longer than allowed. The server may have acted, so only harmless requests are sent again.
    TimedOut,
    /// The answer is not HTTP, or was damaged in transit through TLS. Only harmless requests are sent again.
    Garbled,
    /// A header or the size line of a chunk is longer than any server needs. The request is not sent again.
    Overlong,
    /// The server's certificate cannot be verified. The request is not sent again.
    Untrusted,
    /// The server does not accept the client's certificate, or the client has none. The request is not sent again.
    Unidentified,
    /// The body is larger than allowed. The request is not sent again.
    TooLarge,
    /// The request is not valid HTTP. It is not sent again.
    Unsendable,
}

impl TransportError {
    /// An error of `kind`.
    pub fn new(kind: TransportErrorKind) -> Self {
        Self { kind, source: None }
    }

    /// Adds the cause.
    #[must_use]
    pub fn because(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// Why there was no answer.
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }
}

impl TransportErrorKind {
    fn clause(self) -> &'static str {
        match self {
            Self::NotConnected => "no connection to the server",
            Self::BrokenOff => "the connection closed before the answer was complete",
            Self::TimedOut => "the server did not answer in time",
            Self::Garbled => "the answer violates the protocol",
            Self::Overlong => "a header or chunk line of the answer is too long",
            Self::Untrusted => "the server's certificate cannot be trusted",
            Self::Unidentified => "the server does not accept the client without a valid certificate",
            Self::TooLarge => "the answer is larger than `api.max_page`",
            Self::Unsendable => "the request cannot be sent",
        }
    }
}
