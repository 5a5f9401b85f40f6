//! What can go wrong on the way.

use std::error::Error;

/// An attempt that brought no answer.
#[derive(Debug, thiserror::Error)]
#[error("{}", kind.clause())]
pub struct TransportError {
    kind: TransportErrorKind,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// Why there was no answer, and whether asking again may help.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// No connection came about, so the server has not seen the request. Always sent again.
    NotConnected,
    /// The connection broke before the answer was whole; the server may have acted. A harmless request is sent again.
    BrokenOff,
    /// The answer took longer than allowed; the server may have acted. A harmless request is sent again.
    TimedOut,
    /// The answer is no HTTP, or was damaged on its way through TLS. A harmless request is sent again.
    Garbled,
    /// The server's certificate does not verify. Never sent again.
    Untrusted,
    /// The body is larger than allowed. Never sent again.
    TooLarge,
    /// The request cannot be put on the wire. Never sent again.
    Unsendable,
}

impl TransportError {
    /// An error of `kind`.
    pub fn new(kind: TransportErrorKind) -> Self {
        Self { kind, source: None }
    }

    /// The same error with what lay beneath it.
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
            Self::Untrusted => "the server's certificate cannot be trusted",
            Self::TooLarge => "the answer is larger than `api.max_page`",
            Self::Unsendable => "the request cannot be sent",
        }
    }
}
