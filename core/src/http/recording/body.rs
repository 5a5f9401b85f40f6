//! The bodies of a recording, each in a file that is compressed with gzip.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use ring::digest::{Context, SHA256};
use tempfile::NamedTempFile;

use super::{
    error::RecordingError,
    exchange::{StoredBody, hex},
    redaction::Redaction,
};
use crate::http::transport::{Response, Spool};

/// The folder with the bodies.
#[derive(Debug)]
pub(super) struct Bodies(PathBuf);

impl Bodies {
    pub(super) fn of(recording: &Path) -> Self {
        Self(recording.join("bodies"))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    fn path(&self, file: u64) -> PathBuf {
        self.0.join(format!("{file:08}.gz"))
    }

    /// Stores the body of a response without secrets; `None` if it is empty.
    pub(super) fn store(
        &self,
        file: u64,
        response: &mut Response,
        redaction: &Redaction,
    ) -> io::Result<Option<StoredBody>> {
        if response.body.is_empty() && response.spooled.is_none() {
            return Ok(None);
        }
        let new = NamedTempFile::new_in(&self.0)?;
        let mut storing = Storing {
            // Level 1 takes a third of the time of the default, and bodies are text, which is small even so.
            into: GzEncoder::new(new, Compression::fast()),
            digest: Context::new(&SHA256),
            length: 0,
            is_redacted: false,
        };
        let is_spooled = response.spooled.is_some();
        match &mut response.spooled {
            None => storing.add(&response.body, redaction)?,
            Some(spooled) => {
                storing.add_lines(spooled, redaction)?;
                spooled.rewind()?;
            }
        }
        let Storing { into, digest, length, is_redacted } = storing;
        into.finish()?.persist(self.path(file))?;
        let sha256 = hex(digest.finish().as_ref());
        Ok(Some(StoredBody { file, length, sha256, is_spooled, is_redacted }))
    }

    /// Writes a stored body into `into`.
    pub(super) fn load(&self, stored: &StoredBody, into: &mut dyn Write) -> Result<(), LoadError> {
        let path = self.path(stored.file);
        let damaged = |problem| RecordingError::Damaged { path: path.clone(), problem };
        let file = File::open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => damaged("is missing"),
            _ => RecordingError::Unreadable { path: path.clone(), source: error },
        })?;
        // Not more than was stored, whatever the file contains.
        let mut body = GzDecoder::new(BufReader::new(file)).take(stored.length.saturating_add(1));
        let (mut digest, mut length, mut chunk) = (Context::new(&SHA256), 0, vec![0; 64 << 10]);
        loop {
            let read = match body.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(damaged("is cut off").into());
                }
                Err(_) => return Err(damaged("was changed").into()),
            };
            digest.update(&chunk[..read]);
            length += read as u64;
            into.write_all(&chunk[..read]).map_err(LoadError::Write)?;
        }
        if length != stored.length || hex(digest.finish().as_ref()) != stored.sha256 {
            return Err(damaged("was changed").into());
        }
        Ok(())
    }
}

/// Why a stored body was not loaded.
#[derive(Debug)]
pub(super) enum LoadError {
    /// It cannot be read.
    Recording(RecordingError),
    /// It cannot be written to where it is loaded.
    Write(io::Error),
}

impl From<RecordingError> for LoadError {
    fn from(error: RecordingError) -> Self {
        Self::Recording(error)
    }
}

/// A body that is being stored.
struct Storing {
    into: GzEncoder<NamedTempFile>,
    digest: Context,
    length: u64,
    is_redacted: bool,
}

impl Storing {
    fn add(&mut self, bytes: &[u8], redaction: &Redaction) -> io::Result<()> {
        let redacted = redaction.bytes(bytes);
        self.is_redacted |= *redacted != *bytes;
        self.digest.update(&redacted);
        self.length += redacted.len() as u64;
        self.into.write_all(&redacted)
    }

    /// Adds a body that does not fit in memory, line by line. No secret extends over several lines.
    fn add_lines(&mut self, body: &mut Spool, redaction: &Redaction) -> io::Result<()> {
        body.rewind()?;
        let mut body = BufReader::with_capacity(64 << 10, body);
        let mut line = Vec::new();
        while body.read_until(b'\n', &mut line)? > 0 {
            self.add(&line, redaction)?;
            line.clear();
        }
        Ok(())
    }
}
