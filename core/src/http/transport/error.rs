//! Why a request was not answered.

use std::error::Error;

use serde::{Deserialize, Serialize};

/// An attempt that was not answered.
#[derive(Debug, thiserror::Error)]
#[error("{}{}", kind.clause(), of_proxy(through.as_deref()))]
pub struct TransportError {
    kind: TransportErrorKind,
    through: Option<String>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// Why there was no answer, and whether another attempt may help.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// There was no connection, so the server has not seen the request. It is always sent again.
    NotConnected,
    /// The name of the host has no address, at least not now. The request is always sent again.
    UnknownHost,
    /// The proxy refused to connect to the server. The request is not sent again.
    ProxyRefused,
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
    /// The server's certificate is one of an authority, which no server may use. The request is not sent again.
    SelfSigned,
    /// The server does not speak TLS at this port. The request is not sent again.
    NotTls,
    /// The server speaks only versions of TLS that are no longer secure. The request is not sent again.
    OldTls,
    /// The server does not accept the client's certificate, or the client has none. The request is not sent again.
    Unidentified,
    /// The body is larger than allowed. The request is not sent again.
    TooLarge,
    /// The body is an archive that is not one plain file. The request is not sent again.
    Archive,
    /// The body has bytes that its charset does not have. The request is not sent again.
    Undecodable,
    /// The body has neither a length nor chunks, so nobody can know whether it is complete. The request is not sent again.
    Endless,
    /// The body cannot be stored on disk. The request is not sent again.
    Disk,
    /// The request is not valid HTTP. It is not sent again.
    Unsendable,
    /// The answer cannot be stored in the recording of the run. The request is not sent again.
    NotStored,
    /// The recording that is replayed has no answer to the request. It is not sent again.
    NotRecorded,
    /// The recording that is replayed is damaged. The request is not sent again.
    Unreplayable,
}

impl TransportError {
    /// An error of `kind`.
    pub fn new(kind: TransportErrorKind) -> Self {
        Self { kind, through: None, source: None }
    }

    /// Adds the address of the proxy that the request went through.
    #[must_use]
    pub fn through(self, proxy: Option<String>) -> Self {
        Self { through: proxy, ..self }
    }

    /// Adds the cause.
    #[must_use]
    pub fn because(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// The address of the proxy that the request went through.
    pub fn proxy(&self) -> Option<&str> {
        self.through.as_deref()
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
            Self::UnknownHost => "the host name has no address",
            Self::ProxyRefused => "the connection was refused",
            Self::BrokenOff => "the connection closed before the answer was complete",
            Self::TimedOut => "the server did not answer in time",
            Self::Garbled => "the answer violates the protocol",
            Self::Overlong => "a header or chunk line of the answer is too long",
            Self::Untrusted => "the server's certificate cannot be trusted",
            Self::SelfSigned => "the server's certificate is its own authority, which no server may be",
            Self::NotTls => "the server does not speak TLS at this port",
            Self::OldTls => "the server offers no version of TLS from 1.2 on",
            Self::Unidentified => "the server does not accept the client without a valid certificate",
            Self::TooLarge => "the answer is larger than `api.max_page`",
            Self::Archive => "the answer is an archive that cannot be read as one file",
            Self::Undecodable => "the answer has bytes that its charset does not have",
            Self::Endless => "the answer does not say where it ends, so a part of it could be missing",
            Self::Disk => "the answer cannot be stored on disk",
            Self::Unsendable => "the request cannot be sent",
            Self::NotStored => "the answer cannot be recorded",
            Self::NotRecorded => "the recording has no answer to this request",
            Self::Unreplayable => "the recorded answer cannot be replayed",
        }
    }
}

fn of_proxy(through: Option<&str>) -> String {
    through.map(|proxy| format!(" (by way of the proxy `{proxy}`)")).unwrap_or_default()
}
