//! Unpacks bodies that are compressed, whatever their headers say about it.

use std::{
    error::Error,
    io::{self, Cursor, Read},
};

use flate2::read::MultiGzDecoder;

use super::{TransportError, TransportErrorKind};

/// The first bytes of a body.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Start {
    bytes: [u8; 4],
    length: usize,
}

impl Start {
    /// Reads the first bytes of `body`. There are fewer only if the body is shorter.
    pub(super) fn read(body: &mut impl Read) -> io::Result<Self> {
        let mut start = Self::default();
        while start.length < start.bytes.len() {
            match body.read(&mut start.bytes[start.length..]) {
                Ok(0) => break,
                Ok(read) => start.length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(start)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// The body again, from its first byte.
    pub(super) fn then<'r>(self, rest: impl Read + 'r) -> Box<dyn Read + 'r> {
        Box::new(Cursor::new(self.bytes).take(self.length as u64).chain(rest))
    }

    pub(super) fn is_gzip(&self) -> bool {
        self.as_bytes().starts_with(b"\x1f\x8b")
    }

    pub(super) fn is_zip(&self) -> bool {
        // The second is an archive without files.
        matches!(self.as_bytes(), b"PK\x03\x04" | b"PK\x05\x06")
    }
}

/// The contents of a gzip file.
pub(super) fn gunzip<'r>(file: impl Read + 'r) -> Box<dyn Read + 'r> {
    Box::new(Unpacking(MultiGzDecoder::new(file)))
}

/// A body that is being unpacked. Its errors are those of the connection, or say that the body is damaged.
pub(super) struct Unpacking<R>(pub(super) R);

impl<R: Read> Read for Unpacking<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.read(into).map_err(damaged)
    }
}

/// An error while reading a packed body: its own, or else that of damaged data.
fn damaged(error: io::Error) -> io::Error {
    let inner = error.get_ref();
    if inner.is_some_and(<dyn Error + Send + Sync>::is::<TransportError>)
        || error.kind() == io::ErrorKind::Interrupted
    {
        return error;
    }
    io::Error::other(TransportError::new(TransportErrorKind::Garbled).because(error))
}
