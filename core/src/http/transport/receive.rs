//! Receives bodies: unpacks them, converts them to UTF-8, and keeps them in memory or on disk.

use std::{
    env,
    fs::File,
    io::{self, BufReader, Cursor, ErrorKind, Read, Write},
    path::PathBuf,
};

use http::{HeaderMap, StatusCode, header};

use super::{
    Spool, TransportError, TransportErrorKind,
    charset::{self, Converted, Invalid},
    spooling::Spooling,
    unpack::{Start, gunzip},
    unzip::unzip,
};
use crate::http::request::Expects;

/// The limits for bodies.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    /// The maximum size of a body in memory, after it is unpacked.
    pub(super) max_body: u64,
    /// The folder for bodies that do not fit in memory, if it exists. Otherwise, the system's folder for temporary files.
    pub(super) folder: Option<PathBuf>,
}

/// A body that was received.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) body: Vec<u8>,
    pub(super) spooled: Option<Spool>,
}

/// Receives a body as the transport does, with at most `max_body` bytes in memory.
///
/// # Errors
/// It is damaged, or too large.
#[cfg(feature = "fuzzing")]
pub fn receive(
    status: StatusCode,
    headers: &HeaderMap,
    expects: Expects,
    max_body: u64,
    body: impl Read,
) -> Result<super::Response, TransportError> {
    let limits = Limits { max_body, folder: None };
    let Received { body, spooled } = limits.receive(status, headers, expects, body, Vec::new())?;
    Ok(super::Response { status, headers: headers.clone(), body, spooled })
}

/// How much of a body of lines is kept in memory.
pub(crate) const HEAD: usize = 1 << 20;

/// How many bytes a buffer grows at a time. Its memory doubles, but only this much of it is filled with zeros.
const STEP: usize = 64 << 10;

/// How much is read at first.
const FIRST: usize = 8 << 10;

/// How many times a body may be compressed: once by the server for the transport, and once as a file.
const LAYERS: usize = 2;

impl Limits {
    /// Receives the body of a response with this status and these headers, over what `buffer` contains.
    ///
    /// # Errors
    /// The errors of `body` must be [`TransportError`]s.
    pub(super) fn receive(
        &self,
        status: StatusCode,
        headers: &HeaderMap,
        expects: Expects,
        body: impl Read,
        buffer: Vec<u8>,
    ) -> Result<Received, TransportError> {
        // The body of an error is text for people, whatever the request asks for.
        let (keep, invalid) = match (status.is_success(), expects) {
            (false, _) => (Keep::All, Invalid::Replaced),
            (true, Expects::Bytes) => return self.collect(Start::default(), body, Keep::All, buffer),
            (true, Expects::Document) => (Keep::All, Invalid::Refused),
            (true, Expects::Lines) => (Keep::Head, Invalid::Refused),
        };
        // The first read is short. A buffer is skipped by the long ones after it.
        let mut body: Box<dyn Read + '_> = Box::new(BufReader::with_capacity(FIRST, body));
        let shows_end = keep == Keep::All || is_framed(headers);
        let mut start = Start::read(&mut body).map_err(error_of)?;
        for _ in 0..LAYERS {
            if start.is_gzip() {
                body = gunzip(start.then(body));
                start = Start::read(&mut body).map_err(error_of)?;
            }
        }
        let text = Text { headers, invalid, keep };
        if start.is_zip() && status.is_success() {
            return self.unzip(start, body, &text, buffer);
        }
        if !shows_end {
            return Err(TransportError::new(TransportErrorKind::Endless));
        }
        self.text(start, body, &text, buffer)
    }

    /// Receives the file in a zip archive. The archive must be complete first, because its list of files is at its end.
    fn unzip(
        &self,
        start: Start,
        body: impl Read,
        text: &Text<'_>,
        buffer: Vec<u8>,
    ) -> Result<Received, TransportError> {
        let read = |file: &mut dyn Read| {
            let start = Start::read(&mut &mut *file).map_err(error_of)?;
            self.text(start, file, text, Vec::new())
        };
        match text.keep {
            Keep::All => unzip(Cursor::new(self.collect(start, body, Keep::All, buffer)?.body), read),
            Keep::Head => unzip(self.archive(start.then(body))?, read),
        }
    }

    /// Receives a body that is not packed.
    fn text(
        &self,
        start: Start,
        body: impl Read,
        text: &Text<'_>,
        buffer: Vec<u8>,
    ) -> Result<Received, TransportError> {
        let Some(encoding) = charset::foreign(text.headers, start.as_bytes()) else {
            return self.collect(start, body, text.keep, buffer);
        };
        let converted = Converted::new(start.then(body), encoding, text.invalid);
        self.collect(Start::default(), converted, text.keep, buffer)
    }

    /// Reads to the end, and overwrites what `buffer` contains. `read_to_end` would fill the memory with zeros first, for
    /// every page.
    fn collect(
        &self,
        start: Start,
        mut body: impl Read,
        keep: Keep,
        mut buffer: Vec<u8>,
    ) -> Result<Received, TransportError> {
        let mut filled = start.as_bytes().len();
        if buffer.len() < filled {
            buffer.resize(STEP, 0);
        }
        buffer[..filled].copy_from_slice(start.as_bytes());
        loop {
            if keep == Keep::All && filled as u64 > self.max_body {
                return Err(TransportError::new(TransportErrorKind::TooLarge));
            }
            if keep == Keep::Head && filled >= HEAD {
                buffer.truncate(filled);
                let mut more = [0];
                if read_some(&mut body, &mut more)? == 0 {
                    break;
                }
                let whole = (&buffer[..]).chain(&more[..]).chain(body);
                let spooled = Some(self.spool(whole)?);
                return Ok(Received { body: buffer, spooled });
            }
            if filled == buffer.len() {
                buffer.resize(filled + STEP, 0);
            }
            match read_some(&mut body, &mut buffer[filled..])? {
                0 => break,
                read => filled += read,
            }
        }
        buffer.truncate(filled);
        Ok(Received { body: buffer, spooled: None })
    }

    /// Reads to the end, into a file without a name. It is gone once it is closed, or the program ends for any reason.
    fn archive(&self, body: impl Read) -> Result<File, TransportError> {
        let mut file = self.create().map_err(on_disk)?;
        copy(body, |chunk| file.write_all(chunk))?;
        Ok(file)
    }

    /// Reads to the end, into files without a name. They are gone once they are closed, or the program ends for any reason.
    fn spool(&self, body: impl Read) -> Result<Spool, TransportError> {
        let mut spooling = Spooling::default();
        copy(body, |chunk| spooling.append(chunk, || self.create()))?;
        let mut spool = spooling.finish();
        spool.rewind().map_err(on_disk)?;
        Ok(spool)
    }

    fn create(&self) -> io::Result<File> {
        let folder = self.folder.clone().filter(|folder| folder.is_dir()).unwrap_or_else(env::temp_dir);
        tempfile::tempfile_in(&folder)
            .map_err(|error| io::Error::new(error.kind(), format!("in `{}`: {error}", folder.display())))
    }
}

/// How much of a body is kept in memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Keep {
    All,
    /// Its start. The rest goes to disk.
    Head,
}

/// How the text of a body is read.
struct Text<'a> {
    headers: &'a HeaderMap,
    invalid: Invalid,
    keep: Keep,
}

/// Whether the end of the body is known, so that it is noticed if it is cut off (RFC 9112 §6.3).
fn is_framed(headers: &HeaderMap) -> bool {
    headers.contains_key(header::CONTENT_LENGTH) || headers.contains_key(header::TRANSFER_ENCODING)
}

/// Calls `write` with everything that is read until the end.
fn copy(mut body: impl Read, mut write: impl FnMut(&[u8]) -> io::Result<()>) -> Result<(), TransportError> {
    let mut chunk = vec![0; 4 * STEP];
    loop {
        match read_some(&mut body, &mut chunk)? {
            0 => return Ok(()),
            read => write(&chunk[..read]).map_err(on_disk)?,
        }
    }
}

/// Reads some bytes; none at the end.
fn read_some(body: &mut impl Read, into: &mut [u8]) -> Result<usize, TransportError> {
    loop {
        match body.read(into) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return read.map_err(error_of),
        }
    }
}

fn error_of(error: io::Error) -> TransportError {
    let other = |error| TransportError::new(TransportErrorKind::BrokenOff).because(error);
    error.downcast::<TransportError>().unwrap_or_else(other)
}

fn on_disk(error: io::Error) -> TransportError {
    TransportError::new(TransportErrorKind::Disk).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a few bytes at a time, and is sometimes interrupted.
    struct Dripping<'a>(&'a [u8], usize);

    impl Read for Dripping<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.1 += 1;
            if self.1.is_multiple_of(3) { Err(ErrorKind::Interrupted.into()) } else { self.0.read(into) }
        }
    }

    fn receive(expects: Expects, body: &[u8], buffer: Vec<u8>) -> Received {
        let limits = Limits { max_body: 4 << 20, folder: None };
        let headers = HeaderMap::from_iter([(header::CONTENT_LENGTH, http::HeaderValue::from(body.len()))]);
        limits.receive(StatusCode::OK, &headers, expects, Dripping(body, 0), buffer).unwrap()
    }

    #[test]
    fn a_body_replaces_the_one_before_it() {
        let mut buffer = Vec::new();
        for length in [5, 2 * STEP + 7, 0, STEP, 3] {
            let body: Vec<u8> = (0..=u8::MAX).cycle().take(length).collect();
            buffer = receive(Expects::Document, &body, buffer).body;
            assert_eq!(buffer, body);
        }
    }

    #[test]
    fn bytes_are_received_as_they_are() {
        for body in [&b"\x1f\x8b\x08"[..], b"PK\x03\x04", b"\xff\xfea\x00", b""] {
            assert_eq!(receive(Expects::Bytes, body, vec![1; 9]).body, body);
        }
    }

    #[test]
    fn only_the_start_of_many_lines_is_in_memory() {
        for length in [3, HEAD - 1, HEAD, HEAD + 1, 3 * HEAD] {
            let whole: Vec<u8> = (b'a'..=b'z').cycle().take(length).collect();
            let Received { body, spooled } = receive(Expects::Lines, &whole, Vec::new());
            assert!(body.len() <= HEAD + STEP && whole.starts_with(&body));
            assert_eq!(spooled.is_some(), length > body.len());
            if let Some(mut spooled) = spooled {
                let mut text = Vec::new();
                spooled.read_to_end(&mut text).unwrap();
                assert!(text == whole);
            }
        }
    }
}
