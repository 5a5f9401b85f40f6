//! Reads zip archives.

use std::{
    error::Error,
    fmt,
    io::{Read, Seek},
};

use flate2::read::DeflateDecoder;
use rawzip::{
    CompressionMethod, ErrorKind, MAX_CENTRAL_DIRECTORY_RECORD_SIZE, ReaderAt, ZipArchive,
    ZipArchiveEntryWayfinder, ZipFileHeaderRecord,
};

use super::{TransportError, TransportErrorKind, unpack::Unpacking};

/// Reads the only file of a zip archive.
///
/// # Errors
/// The archive is damaged, or it is not one plain file.
pub(super) fn unzip<T>(
    archive: impl Read + Seek,
    read: impl FnOnce(&mut dyn Read) -> Result<T, TransportError>,
) -> Result<T, TransportError> {
    let mut buffer = vec![0; MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let archive = ZipArchive::from_seekable(archive, &mut buffer).map_err(damaged)?;
    let files = files(&archive, &mut buffer).map_err(damaged)?;
    let [file] = files.as_slice() else {
        return Err(unreadable(NotPlain::NotOneFile(files.into_iter().map(|file| file.name).collect())));
    };
    if file.is_encrypted {
        return Err(unreadable(NotPlain::Encrypted));
    }
    let entry = archive.get_entry(file.place).map_err(damaged)?;
    let packed = entry.reader();
    let contents: Box<dyn Read + '_> = match file.compression {
        CompressionMethod::STORE => Box::new(packed),
        CompressionMethod::DEFLATE => Box::new(DeflateDecoder::new(packed)),
        other => return Err(unreadable(NotPlain::Compressed(other))),
    };
    // This compares length and checksum.
    read(&mut Unpacking(entry.verifying_reader(contents)))
}

/// A file in an archive.
struct Entry {
    name: String,
    is_encrypted: bool,
    compression: CompressionMethod,
    place: ZipArchiveEntryWayfinder,
}

/// The files in the archive, without folders and what macOS adds to them.
fn files(archive: &ZipArchive<impl ReaderAt>, buffer: &mut [u8]) -> Result<Vec<Entry>, rawzip::Error> {
    let mut entries = archive.entries(buffer);
    let (mut files, mut count) = (Vec::new(), 0);
    while let Some(entry) = entries.next_entry()? {
        count += 1;
        let entry = Entry::from(&entry);
        if !entry.name.ends_with('/') && !entry.name.starts_with("__MACOSX/") {
            files.push(entry);
        }
    }
    if count == archive.entries_hint() {
        Ok(files)
    } else {
        Err(ErrorKind::InvalidEndOfCentralDirectory.into())
    }
}

impl From<&ZipFileHeaderRecord<'_>> for Entry {
    fn from(entry: &ZipFileHeaderRecord<'_>) -> Self {
        Self {
            name: String::from_utf8_lossy(entry.file_path().as_ref()).into_owned(),
            is_encrypted: entry.flags().is_encrypted(),
            compression: entry.compression_method(),
            place: entry.wayfinder(),
        }
    }
}

fn damaged(error: rawzip::Error) -> TransportError {
    TransportError::new(TransportErrorKind::Garbled).because(error)
}

fn unreadable(reason: NotPlain) -> TransportError {
    TransportError::new(TransportErrorKind::Archive).because(reason)
}

/// Why an archive is not one plain file.
#[derive(Debug)]
enum NotPlain {
    /// The file has a password.
    Encrypted,
    /// The file is neither stored nor deflated.
    Compressed(CompressionMethod),
    /// There is no file, or there are these.
    NotOneFile(Vec<String>),
}

/// How many names are shown.
const SHOWN: usize = 10;

impl Error for NotPlain {}

impl fmt::Display for NotPlain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = match self {
            Self::Encrypted => return f.write_str("it is encrypted"),
            Self::Compressed(method) => return write!(f, "it is compressed with method {method}"),
            Self::NotOneFile(names) if names.is_empty() => return f.write_str("it contains no file"),
            Self::NotOneFile(names) => names,
        };
        write!(f, "it contains {} files: ", names.len())?;
        for (index, name) in names.iter().take(SHOWN).enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}`{}`", name.escape_debug())?;
        }
        if names.len() > SHOWN { f.write_str(", …") } else { Ok(()) }
    }
}
