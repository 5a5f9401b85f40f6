//! Converts bodies from other charsets to UTF-8.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use http::{HeaderMap, header::CONTENT_TYPE};

use super::{TransportError, TransportErrorKind};

/// The charset of a body that is not UTF-8: by its byte order mark, or else by its `Content-Type`. An unknown name counts
/// as UTF-8, because all bytes are checked anyway.
pub(super) fn foreign(headers: &HeaderMap, start: &[u8]) -> Option<&'static Encoding> {
    let encoding = match start {
        [0xef, 0xbb, 0xbf, ..] => UTF_8,
        [0xff, 0xfe, ..] => UTF_16LE,
        [0xfe, 0xff, ..] => UTF_16BE,
        _ => declared(headers)?,
    };
    Some(encoding).filter(|encoding| *encoding != UTF_8)
}

fn declared(headers: &HeaderMap) -> Option<&'static Encoding> {
    let content_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let named = |parameter: &str| {
        let (name, value) = parameter.split_once('=')?;
        let is_charset = name.trim().eq_ignore_ascii_case("charset");
        is_charset.then(|| value.trim().trim_matches('"').to_owned())
    };
    Encoding::for_label(content_type.split(';').skip(1).find_map(named)?.as_bytes())
}

/// What is done with bytes that a charset does not have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Invalid {
    /// They are an error.
    Refused,
    /// They are replaced. For texts that people read, such as error messages.
    Replaced,
}

/// A body as UTF-8.
pub(super) struct Converted<R> {
    body: R,
    decoder: Decoder,
    invalid: Invalid,
    raw: Vec<u8>,
    /// How much of `raw` is filled, and how much of that is converted.
    filled: usize,
    used: usize,
    /// How many bytes came before `raw`.
    before: u64,
    text: Vec<u8>,
    given: usize,
    is_at_end: bool,
}

/// The size of the buffer for bytes. The one for text is larger, because a byte can become up to three.
const BUFFER: usize = 64 << 10;

impl<R: Read> Converted<R> {
    pub(super) fn new(body: R, encoding: &'static Encoding, invalid: Invalid) -> Self {
        Self {
            body,
            decoder: encoding.new_decoder_with_bom_removal(),
            invalid,
            raw: vec![0; BUFFER],
            filled: 0,
            used: 0,
            before: 0,
            text: Vec::with_capacity(3 * BUFFER + 16),
            given: 0,
            is_at_end: false,
        }
    }

    /// Converts the next bytes.
    fn convert(&mut self) -> io::Result<()> {
        self.text.clear();
        self.given = 0;
        while self.text.is_empty() && !self.is_at_end {
            let read = self.body.read(&mut self.raw[self.filled..])?;
            self.is_at_end = read == 0;
            self.filled += read;
            self.text.resize(3 * BUFFER + 16, 0);
            let written = self.decode()?;
            self.text.truncate(written);
            self.raw.copy_within(self.used..self.filled, 0);
            self.filled -= self.used;
            self.before += self.used as u64;
            self.used = 0;
        }
        Ok(())
    }

    /// Decodes what is in the buffer, and returns how much text it makes.
    fn decode(&mut self) -> io::Result<usize> {
        let raw = &self.raw[..self.filled];
        if self.invalid == Invalid::Replaced {
            let (_, used, written, _) = self.decoder.decode_to_utf8(raw, &mut self.text, self.is_at_end);
            self.used = used;
            return Ok(written);
        }
        let (result, used, written) =
            self.decoder.decode_to_utf8_without_replacement(raw, &mut self.text, self.is_at_end);
        self.used = used;
        let DecoderResult::Malformed(length, after) = result else { return Ok(written) };
        // The sequence may have started before this buffer.
        let end = self.before + used as u64;
        let error = InvalidBytes {
            offset: end.saturating_sub(u64::from(length) + u64::from(after)),
            encoding: self.decoder.encoding().name(),
        };
        Err(io::Error::other(TransportError::new(TransportErrorKind::Undecodable).because(error)))
    }
}

impl<R: Read> Read for Converted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.given == self.text.len() {
            self.convert()?;
        }
        let given = (self.text.len() - self.given).min(into.len());
        into[..given].copy_from_slice(&self.text[self.given..self.given + given]);
        self.given += given;
        Ok(given)
    }
}

/// Bytes that a charset does not have.
#[derive(Debug, thiserror::Error)]
#[error("the bytes from {offset} on are not {encoding}")]
struct InvalidBytes {
    /// Counted from 0, after the body is unpacked.
    offset: u64,
    encoding: &'static str,
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use http::HeaderValue;

    use super::*;

    /// Gives one byte at a time.
    struct Dripping<'a>(&'a [u8]);

    impl Read for Dripping<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let few = into.len().min(1);
            self.0.read(&mut into[..few])
        }
    }

    fn converted(content_type: &'static str, body: &[u8]) -> Result<String, String> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        let Some(encoding) = foreign(&headers, body) else { return Ok("as it is".to_owned()) };
        let mut text = String::new();
        let read = Converted::new(Dripping(body), encoding, Invalid::Refused).read_to_string(&mut text);
        let cause = |error: io::Error| {
            let error = error.downcast::<TransportError>().unwrap();
            assert_eq!(error.kind(), TransportErrorKind::Undecodable);
            error.source().unwrap().to_string()
        };
        read.map(|_| text).map_err(cause)
    }

    #[test]
    fn a_charset_is_known_by_its_mark_or_its_name() {
        let is = |content_type, body: &[u8], text: &str| {
            assert_eq!(converted(content_type, body).as_deref(), Ok(text), "{content_type}");
        };
        for content_type in
            ["text/csv", "text/csv; charset=utf-8", "text/csv;charset=\"UTF8\"", "text/csv; charset=none"]
        {
            is(content_type, "é".as_bytes(), "as it is");
        }
        is("text/csv; charset=ISO-8859-1", b"\xe9\xdf", "éß");
        is("application/json; Charset=\"windows-1252\"; x=1", b"\x80", "€");
        is("text/csv; charset=latin1", b"\xef\xbb\xbfx", "as it is");
        is("text/csv; charset=shift_jis", b"\x83e", "テ");
        is("text/csv", b"\xff\xfea\0\xe9\0=\xd8\0\xde", "aé😀");
        is("text/csv; charset=utf-8", b"\xfe\xff\0a\0\xe9", "aé");
        is("text/csv; charset=utf-16be", b"\0a\0\xe9", "aé");
    }

    #[test]
    fn bytes_that_a_charset_does_not_have_are_named() {
        let cause = |content_type, body: &[u8]| converted(content_type, body).unwrap_err();
        assert_eq!(cause("a/b; charset=shift_jis", b"ab\x83\xffc"), "the bytes from 2 on are not Shift_JIS");
        assert_eq!(cause("a/b; charset=euc-kr", b"abcd\xff"), "the bytes from 4 on are not EUC-KR");
        assert_eq!(cause("a/b", b"\xff\xfea\0\0\xdcb\0"), "the bytes from 4 on are not UTF-16LE");
        assert_eq!(cause("a/b", b"\xff\xfea\0b"), "the bytes from 4 on are not UTF-16LE");
    }

    #[test]
    fn long_texts_are_converted_in_pieces() {
        let body = b"\xe9".repeat(3 * BUFFER + 1);
        let mut text = String::new();
        let mut converted = Converted::new(&body[..], encoding_rs::WINDOWS_1252, Invalid::Refused);
        converted.read_to_string(&mut text).unwrap();
        assert_eq!(text, "é".repeat(body.len()));
    }

    #[test]
    fn messages_are_converted_as_far_as_possible() {
        let mut text = String::new();
        let mut converted = Converted::new(&b"a\xffb"[..], encoding_rs::EUC_KR, Invalid::Replaced);
        converted.read_to_string(&mut text).unwrap();
        assert_eq!(text, "a\u{fffd}b");
    }
}
