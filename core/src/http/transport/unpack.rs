//! Unpacks bodies that are compressed, whatever their headers say about it.

use std::{
    error::Error,
    fmt,
    io::{self, Cursor, Read, Seek},
};

use flate2::read::MultiGzDecoder;
use zip::{ZipArchive, result::ZipError};

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
struct Unpacking<R>(R);

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

/// Reads the only file of a zip archive.
///
/// # Errors
/// The archive is damaged, or it is not one plain file.
pub(super) fn unzip<T>(
    archive: impl Read + Seek,
    read: impl FnOnce(&mut dyn Read) -> Result<T, TransportError>,
) -> Result<T, TransportError> {
    let mut archive = ZipArchive::new(archive).map_err(unreadable)?;
    let is_file = |name: &String| !name.ends_with('/') && !name.starts_with("__MACOSX/");
    let names = archive.file_names_raw().map(|name| String::from_utf8_lossy(name).into_owned());
    let mut files: Vec<(usize, String)> = names.enumerate().filter(|(_, name)| is_file(name)).collect();
    let [(index, _)] = files.as_slice() else {
        let names = files.drain(..).map(|(_, name)| name).collect();
        return Err(TransportError::new(TransportErrorKind::Archive).because(NotOneFile { names }));
    };
    let file = archive.by_index(*index).map_err(unreadable)?;
    read(&mut Unpacking(file))
}

fn unreadable(error: ZipError) -> TransportError {
    let kind = match error {
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => {
            TransportErrorKind::Archive
        }
        _ => TransportErrorKind::Garbled,
    };
    TransportError::new(kind).because(error)
}

/// A zip archive without files, or with several.
#[derive(Debug)]
struct NotOneFile {
    names: Vec<String>,
}

/// How many names are shown.
const SHOWN: usize = 10;

impl Error for NotOneFile {}

impl fmt::Display for NotOneFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.names.is_empty() {
            return f.write_str("it contains no file");
        }
        write!(f, "it contains {} files: ", self.names.len())?;
        for (index, name) in self.names.iter().take(SHOWN).enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}`{}`", name.escape_debug())?;
        }
        if self.names.len() > SHOWN { f.write_str(", …") } else { Ok(()) }
    }
}
