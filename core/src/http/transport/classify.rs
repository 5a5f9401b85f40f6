//! What an error of ureq says about the request.

use std::io;

use super::{TransportError, TransportErrorKind};

/// The error of a request that went `through` this proxy, if through any.
pub(super) fn classify(error: ::ureq::Error, through: Option<String>) -> TransportError {
    let kind = match &error {
        ::ureq::Error::ConnectProxyFailed(answer) => return of_proxy(answer, through),
        // The type of this error is not public.
        ::ureq::Error::Protocol(error) if error.to_string() == "output too small to write output" => {
            let cause = "its URL or one of its headers is longer than a request can carry";
            return TransportError::new(TransportErrorKind::Unsendable).because(cause).through(through);
        }
        error => kind(error),
    };
    TransportError::new(kind).because(error).through(through)
}

/// The proxy did not open the connection. ureq has its status only in a text: `proxy server responded 407/407`.
fn of_proxy(answer: &str, through: Option<String>) -> TransportError {
    let status = answer.rsplit('/').next().and_then(|status| status.parse().ok());
    let status: Option<http::StatusCode> = status.and_then(|status: u16| status.try_into().ok());
    let kind = match status {
        Some(status) if status.is_client_error() => TransportErrorKind::ProxyRefused,
        _ => TransportErrorKind::NotConnected,
    };
    let cause = status.map_or_else(|| answer.to_owned(), |status| format!("it answered {status}"));
    TransportError::new(kind).because(cause).through(through)
}

fn kind(error: &::ureq::Error) -> TransportErrorKind {
    use ::ureq::Error;
    match error {
        Error::HostNotFound => TransportErrorKind::UnknownHost,
        Error::ConnectionFailed | Error::Timeout(::ureq::Timeout::Resolve | ::ureq::Timeout::Connect) => {
            TransportErrorKind::NotConnected
        }
        Error::Timeout(_) => TransportErrorKind::TimedOut,
        Error::Tls(_) | Error::Rustls(_) => TransportErrorKind::Untrusted,
        Error::Protocol(_) => TransportErrorKind::Garbled,
        Error::LargeResponseHeader(..) | Error::BodyStalled => TransportErrorKind::Overlong,
        Error::Io(error) => kind_of_io(error),
        _ => TransportErrorKind::Unsendable,
    }
}

fn kind_of_io(error: &io::Error) -> TransportErrorKind {
    use io::ErrorKind;
    match error.kind() {
        ErrorKind::InvalidData if concerns_client(error) => TransportErrorKind::Unidentified,
        ErrorKind::InvalidData => kind_of_tls(&error.to_string()),
        ErrorKind::ConnectionRefused
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::AddrNotAvailable
        | ErrorKind::NotFound => TransportErrorKind::NotConnected,
        // A failed name lookup has no kind of its own, only its text.
        _ if error.to_string().contains("lookup address") => TransportErrorKind::UnknownHost,
        ErrorKind::TimedOut | ErrorKind::WouldBlock => TransportErrorKind::TimedOut,
        _ => TransportErrorKind::BrokenOff,
    }
}

/// rustls reports all its errors as invalid data. Only the text distinguishes a server that never works from a record
/// that was damaged in transit.
fn kind_of_tls(text: &str) -> TransportErrorKind {
    if text.contains("CaUsedAsEndEntity") {
        TransportErrorKind::SelfSigned
    } else if text.starts_with("invalid peer certificate") {
        TransportErrorKind::Untrusted
    } else if text.ends_with("InvalidContentType") {
        TransportErrorKind::NotTls
    } else if text.starts_with("peer is incompatible") || text.ends_with("ProtocolVersion") {
        TransportErrorKind::OldTls
    } else {
        TransportErrorKind::Garbled
    }
}

/// Whether the server ended a TLS connection because of the client's certificate (RFC 8446 §6.2).
fn concerns_client(error: &io::Error) -> bool {
    use rustls::{AlertDescription, Error};
    let reason = error.get_ref().and_then(|error| error.downcast_ref::<Error>());
    matches!(
        reason,
        Some(Error::AlertReceived(
            AlertDescription::AccessDenied
                | AlertDescription::BadCertificate
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateRequired
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateUnknown
                | AlertDescription::UnknownCA
                | AlertDescription::UnsupportedCertificate
        ))
    )
}
