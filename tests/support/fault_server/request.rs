//! Reads requests from a socket (RFC 9112).

use std::{
    io::{self, BufRead, Error, ErrorKind, Read},
    time::Duration,
};

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::exchange::Received;

/// The next request of a connection; `None` if the client closed it.
pub(super) fn read(reader: &mut impl BufRead) -> io::Result<Option<Received>> {
    let first = line(reader)?;
    if first.is_empty() {
        return Ok(None);
    }
    let mut words = first.split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else { return Err(malformed()) };
    let mut headers = HeaderMap::new();
    loop {
        let line = line(reader)?;
        let Some((name, value)) = line.split_once(':') else { break };
        let name: HeaderName = name.parse().map_err(|_| malformed())?;
        headers.append(name, HeaderValue::from_str(value.trim()).map_err(|_| malformed())?);
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let length = text("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let host = text("host").unwrap_or_default();
    // A proxy is asked for a host and port instead of a path (RFC 9112 §3.2.3).
    let url =
        if target.starts_with('/') { format!("http://{host}{target}") } else { format!("http://{target}") };
    let url = url.parse().map_err(|_| malformed())?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let method = method.parse().map_err(|_| malformed())?;
    Ok(Some(Received { method, url, headers, body, at: Duration::ZERO }))
}

fn line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.take(64 << 10).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

fn malformed() -> Error {
    Error::from(ErrorKind::InvalidData)
}
