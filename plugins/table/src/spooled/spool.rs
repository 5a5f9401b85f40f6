//! A temporary file for the records of an incomplete pull.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Take, Write},
    path::{Path, PathBuf},
};

use longhaul_plugin::{Batch, Receipt, SinkError, sync_folder_of};

use super::error::{file_error, refused};

/// The records of an incomplete pull in a temporary file, one per line. Dropping it removes everything that was not committed.
#[derive(Debug)]
pub(crate) struct Spool {
    file: File,
    path: PathBuf,
    /// The length of the file in bytes.
    length: u64,
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
                Ok(Self { file, path, length: 0, committed: None })
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
        Ok(Self { file, path, length, committed: Some(length) })
    }

    /// Appends the records of a page.
    pub(crate) fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        // Added before the write, so that dropping the spool also removes what a failed write left behind.
        self.length += batch.bytes().len() as u64;
        self.file.write_all(batch.bytes()).map_err(|error| file_error("write to", &self.path, error))
    }

    /// Makes everything written so far survive a crash. The receipt is the length.
    pub(crate) fn commit(&mut self) -> Result<Receipt, SinkError> {
        if self.committed != Some(self.length) {
            self.file.sync_data().map_err(|error| file_error("flush", &self.path, error))?;
            if self.committed.is_none() {
                // A new file is durable only if its name in the folder is.
                sync_folder_of(&self.path)
                    .map_err(|error| file_error("flush the folder of", &self.path, error))?;
            }
            self.committed = Some(self.length);
        }
        Ok(Receipt(self.length.to_string()))
    }

    /// The committed records, from the first.
    pub(crate) fn records(&mut self) -> Result<SpooledRecords<'_>, SinkError> {
        (&self.file).rewind().map_err(|error| file_error("read", &self.path, error))?;
        let lines = BufReader::new(&self.file).take(self.committed.unwrap_or(0));
        Ok(SpooledRecords { lines, path: &self.path, line: Vec::new() })
    }

    /// Continues at the end of the file after its records were read.
    pub(crate) fn seek_to_end(&mut self) -> Result<(), SinkError> {
        let end = self.file.seek(SeekFrom::End(0));
        end.map(drop).map_err(|error| file_error("read", &self.path, error))
    }

    /// The length of the file in bytes.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Removes the spool after the file was written.
    pub(crate) fn remove(self) -> Result<(), SinkError> {
        fs::remove_file(&self.path).map_err(|error| file_error("remove", &self.path, error))
    }
}

/// The committed records of a [`Spool`].
#[derive(Debug)]
pub(crate) struct SpooledRecords<'s> {
    lines: Take<BufReader<&'s File>>,
    path: &'s Path,
    line: Vec<u8>,
}

impl SpooledRecords<'_> {
    /// The next record with its `\n`, or `None` after the last.
    pub(crate) fn next(&mut self) -> Result<Option<&[u8]>, SinkError> {
        self.line.clear();
        let read = self.lines.read_until(b'\n', &mut self.line);
        let read = read.map_err(|error| file_error("read", self.path, error))?;
        Ok((read > 0).then_some(&self.line))
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // Errors are ignored, because opening the spool from the receipt does the same again.
        match self.committed {
            Some(length) if length == self.length => {}
            Some(length) => drop(self.file.set_len(length)),
            None => drop(fs::remove_file(&self.path)),
        }
    }
}
