//! Request bodies (RFC 9112 §6).

use std::io::{BufRead, Read};

use crate::head::{self, Headers, Unreadable};

/// The platform's own limit, `request.bytes.max`.
pub(crate) const MAX_BODY: u64 = 512_000;

const TOO_LARGE: Unreadable =
    Unreadable::Malformed { status: 413, problem: "the body is larger than 512000 bytes" };

/// How the end of a body is determined.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Framing {
    /// By its chunks.
    Chunked,
    /// By its length.
    Length(u64),
}

/// The framing that the header fields declare (RFC 9112 §6.3).
pub(crate) fn framing(headers: &Headers) -> Result<Framing, Unreadable> {
    let mut lengths = headers.all("content-length");
    let length = lengths.next();
    match (headers.find("transfer-encoding"), length) {
        (Some(_), Some(_)) => {
            Err(Unreadable::malformed("Content-Length and Transfer-Encoding do not go together"))
        }
        (Some(coding), None) if coding.eq_ignore_ascii_case("chunked") => Ok(Framing::Chunked),
        (Some(_), None) => Err(Unreadable::Malformed {
            status: 501,
            problem: "`chunked` is the only transfer coding known here",
        }),
        (None, None) => Ok(Framing::Length(0)),
        (None, Some(text)) if text.bytes().all(|byte| byte.is_ascii_digit()) && lengths.next().is_none() => {
            // Digits that do not parse are too large a number.
            let length = text.parse().unwrap_or(u64::MAX);
            let empty = text.is_empty();
            if empty { Err(Unreadable::malformed("Content-Length is no number")) } else { limited(length) }
        }
        (None, Some(_)) => Err(Unreadable::malformed("Content-Length is no number")),
    }
}

pub(crate) fn read(from: &mut impl BufRead, framing: Framing) -> Result<Vec<u8>, Unreadable> {
    match framing {
        Framing::Chunked => chunks(from),
        Framing::Length(length) => exactly(from, length),
    }
}

fn limited(length: u64) -> Result<Framing, Unreadable> {
    if length > MAX_BODY { Err(TOO_LARGE) } else { Ok(Framing::Length(length)) }
}

/// Reads a chunked body, and discards its trailer (RFC 9112 §7.1).
fn chunks(from: &mut impl BufRead) -> Result<Vec<u8>, Unreadable> {
    let mut body = Vec::new();
    loop {
        let line = head::line(from)?;
        let digits = line.split(';').next().unwrap_or_default().trim_end();
        let size = match u64::from_str_radix(digits, 16) {
            Ok(size) if !digits.starts_with('+') => size,
            _ => return Err(Unreadable::malformed("a chunk has no size")),
        };
        if size == 0 {
            head::fields(from)?;
            return Ok(body);
        }
        if (body.len() as u64).saturating_add(size) > MAX_BODY {
            return Err(TOO_LARGE);
        }
        body.extend(exactly(from, size)?);
        if !head::line(from)?.is_empty() {
            return Err(Unreadable::malformed("a chunk does not end where it should"));
        }
    }
}

/// Reads exactly `length` bytes; the caller has checked the limit.
fn exactly(from: &mut impl BufRead, length: u64) -> Result<Vec<u8>, Unreadable> {
    let mut body = Vec::new();
    from.by_ref().take(length).read_to_end(&mut body)?;
    if body.len() as u64 == length { Ok(body) } else { Err(Unreadable::Gone) }
}

#[cfg(test)]
mod tests {
    use crate::{head::Unreadable, request::Request};

    fn body(rest: &str) -> Result<Vec<u8>, (u16, &'static str)> {
        let text = format!("POST / HTTP/1.1\r\nHost: h\r\n{rest}");
        match Request::read(&mut text.as_bytes(), &mut Vec::new()) {
            Ok(request) => Ok(request.body),
            Err(Unreadable::Malformed { status, problem }) => Err((status, problem)),
            Err(Unreadable::Gone) => Err((0, "gone")),
        }
    }

    #[test]
    fn chunks_are_put_together() {
        let chunked = "Transfer-Encoding: Chunked\r\n\r\n";
        assert_eq!(
            body(&format!("{chunked}2;a=b\r\nab\r\n00A\r\n0123456789\r\n0\r\nT: x\r\n\r\n")),
            Ok(b"ab0123456789".into())
        );
        assert_eq!(body(&format!("{chunked}0\r\n\r\n")), Ok(Vec::new()));
        assert_eq!(body(&format!("{chunked}+2\r\nab\r\n")), Err((400, "a chunk has no size")));
        assert_eq!(body(&format!("{chunked}\r\n")), Err((400, "a chunk has no size")));
        assert_eq!(
            body(&format!("{chunked}1\r\nab\r\n")),
            Err((400, "a chunk does not end where it should"))
        );
        assert_eq!(
            body(&format!("{chunked}ffffffffffffffff\r\n")),
            Err((413, "the body is larger than 512000 bytes"))
        );
        assert_eq!(body(&format!("{chunked}5\r\nab")), Err((0, "gone")));
    }

    #[test]
    fn a_doubtful_length_is_refused() {
        assert_eq!(body("\r\n"), Ok(Vec::new()));
        let no_number = Err((400, "Content-Length is no number"));
        assert_eq!(body("Content-Length: -1\r\n\r\n"), no_number);
        assert_eq!(body("Content-Length:\r\n\r\n"), no_number);
        assert_eq!(body("Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"), no_number);
        let too_large = Err((413, "the body is larger than 512000 bytes"));
        assert_eq!(body("Content-Length: 512001\r\n\r\n"), too_large);
        assert_eq!(body("Content-Length: 99999999999999999999999\r\n\r\n"), too_large);
        assert_eq!(
            body("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
            Err((400, "Content-Length and Transfer-Encoding do not go together"))
        );
        assert_eq!(
            body("Transfer-Encoding: gzip, chunked\r\n\r\n"),
            Err((501, "`chunked` is the only transfer coding known here"))
        );
    }
}
