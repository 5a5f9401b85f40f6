//! A temporary file for the records of an incomplete pull.

use std::{
    fs::{self, OpenOptions},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::PathBuf,
};

use longhaul_plugin::{Batch, Receipt, SinkError, sync_folder_of};

use super::{
    error::{file_error, refused},
    own_file::OwnFile,
};

/// The records of an incomplete pull in a temporary file, one per line. Dropping it removes everything that was not committed.
#[derive(Debug)]
pub(crate) struct Spool {
    own: OwnFile,
    /// The length at the last commit, or `None` before the first.
    committed: Option<u64>,
}

impl Spool {
    /// Creates an empty spool at `path`, and removes an existing one.
    pub(crate) fn create(path: PathBuf) -> Result<Self, SinkError> {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(file_error("remove", &path, error)),
            _ => {
                let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path);
                let file = file.map_err(|error| file_error("create", &path, error))?;
                Ok(Self { own: OwnFile::new(file, path, 0), committed: None })
            }
        }
    }

    /// Opens the spool at `path`, cut back to `length` bytes.
    pub(crate) fn resume(path: PathBuf, length: u64) -> Result<Self, SinkError> {
        let opened = OpenOptions::new().read(true).write(true).open(&path);
        let mut file = opened.map_err(|error| file_error("open", &path, error))?;
        let found = file.metadata().map_err(|error| file_error("read", &path, error))?.len();
        if found < length {
            return Err(refused(format!(
                "cannot resume `{}`: it has {found} bytes, but {length} were committed",
                path.display()
            )));
        }
        // Synced immediately, because the next commit may have nothing to flush.
        let truncated = file.set_len(length).and_then(|()| file.sync_data()).and_then(|()| {
            file.seek(SeekFrom::End(0))?;
            Ok(())
        });
        truncated.map_err(|error| file_error("truncate", &path, error))?;
        Ok(Self { own: OwnFile::new(file, path, length), committed: Some(length) })
    }

    /// Appends the records of a page.
    pub(crate) fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        self.own.append(batch.bytes())
    }

    /// Makes everything written so far survive a crash. The receipt is the length.
    pub(crate) fn commit(&mut self) -> Result<Receipt, SinkError> {
        self.own.check()?;
        let OwnFile { file, path, length, .. } = &self.own;
        if self.committed != Some(*length) {
            file.sync_data().map_err(|error| file_error("flush", path, error))?;
            if self.committed.is_none() {
                // A new file is durable only if its name in the folder is.
                sync_folder_of(path).map_err(|error| file_error("flush the folder of", path, error))?;
            }
            self.committed = Some(*length);
        }
        Ok(Receipt(length.to_string()))
    }

    /// Calls `each` with every committed record and its `\n`, from the first.
    pub(crate) fn each(&mut self, each: impl FnMut(&[u8]) -> Result<(), SinkError>) -> Result<(), SinkError> {
        self.own.check()?;
        let read = self.read(each);
        // A change by another program may be the reason for an error.
        self.own.check()?;
        read
    }

    fn read(&mut self, mut each: impl FnMut(&[u8]) -> Result<(), SinkError>) -> Result<(), SinkError> {
        let mut file = &self.own.file;
        let unreadable = |error| self.own.unreadable(error);
        file.rewind().map_err(unreadable)?;
        let mut lines = BufReader::new(file).take(self.committed.unwrap_or(0));
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).map_err(unreadable)? > 0 {
            each(&line)?;
            line.clear();
        }
        file.seek(SeekFrom::End(0)).map(drop).map_err(unreadable)
    }

    /// The length of the file in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.own.length
    }

    /// Removes the spool after the file was written.
    pub(crate) fn remove(self) -> Result<(), SinkError> {
        let path = &self.own.path;
        fs::remove_file(path).map_err(|error| file_error("remove", path, error))
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        let OwnFile { file, path, length, is_foreign } = &self.own;
        // Errors are ignored, because opening the spool from the receipt does the same again.
        match self.committed {
            _ if *is_foreign => {}
            Some(committed) if committed == *length => {}
            Some(committed) => drop(file.set_len(committed)),
            None => drop(fs::remove_file(path)),
        }
    }
}
