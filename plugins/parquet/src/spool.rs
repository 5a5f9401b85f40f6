//! Where the records of a pull wait until it is complete.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use longhaul_plugin::{Batch, Receipt, SinkError, SinkErrorKind, sync_folder_of};

/// An open spool: records, one a line. What was not committed is taken back when it is dropped.
#[derive(Debug)]
pub(crate) struct Spool {
    file: File,
    path: PathBuf,
    /// Bytes in the file.
    length: u64,
    /// The length at the last commit; none where there was none.
    committed: Option<u64>,
}

impl Spool {
    /// An empty one at `path`, whatever was there.
    pub(crate) fn begin(path: PathBuf) -> Result<Self, SinkError> {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(failed("remove", &path, error)),
            _ => {
                let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path);
                let file = file.map_err(|error| failed("create", &path, error))?;
                Ok(Self { file, path, length: 0, committed: None })
            }
        }
    }

    /// The one at `path` as it was when it had `length` bytes.
    pub(crate) fn go_on(path: PathBuf, length: u64) -> Result<Self, SinkError> {
        let opened = OpenOptions::new().read(true).write(true).open(&path);
        let mut file = opened.map_err(|error| failed("open", &path, error))?;
        let found = file.metadata().map_err(|error| failed("read", &path, error))?.len();
        if found < length {
            return Err(SinkError::new(
                SinkErrorKind::Rejected,
                format!(
                    "cannot go on with `{}`: it has {found} bytes, and {length} were committed",
                    path.display()
                ),
            ));
        }
        // Durable at once: the next commit may find nothing new to flush.
        let cut = file.set_len(length).and_then(|()| file.sync_data()).and_then(|()| {
            file.seek(SeekFrom::End(0))?;
            Ok(())
        });
        cut.map_err(|error| failed("truncate", &path, error))?;
        Ok(Self { file, path, length, committed: Some(length) })
    }

    /// Puts the records of a page at the end.
    pub(crate) fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        // Counted first, so that what a failed write leaves behind is taken back, too.
        self.length += batch.bytes().len() as u64;
        self.file.write_all(batch.bytes()).map_err(|error| failed("write to", &self.path, error))
    }

    /// Makes what was written survive a crash; the receipt is the length.
    pub(crate) fn commit(&mut self) -> Result<Receipt, SinkError> {
        if self.committed != Some(self.length) {
            self.file.sync_data().map_err(|error| failed("flush", &self.path, error))?;
            if self.committed.is_none() {
                // A new file survives only together with its name.
                sync_folder_of(&self.path)
                    .map_err(|error| failed("flush the folder of", &self.path, error))?;
            }
            self.committed = Some(self.length);
        }
        Ok(Receipt(self.length.to_string()))
    }

    /// Hands each committed record, ended by `\n`, to `each`.
    pub(crate) fn read(
        &mut self,
        mut each: impl FnMut(&[u8]) -> Result<(), SinkError>,
    ) -> Result<(), SinkError> {
        let unread = |error| failed("read", &self.path, error);
        (&self.file).rewind().map_err(unread)?;
        let mut lines = BufReader::new(&self.file).take(self.committed.unwrap_or(0));
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).map_err(unread)? > 0 {
            each(&line)?;
            line.clear();
        }
        Ok(())
    }

    /// Takes it away: what was in it is elsewhere.
    pub(crate) fn remove(self) -> Result<(), SinkError> {
        fs::remove_file(&self.path).map_err(|error| failed("remove", &self.path, error))
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // All as far as possible: opening from the receipt does it again.
        match self.committed {
            Some(length) if length == self.length => {}
            Some(length) => drop(self.file.set_len(length)),
            None => drop(fs::remove_file(&self.path)),
        }
    }
}

/// The failure of the operating system to do this with a file.
pub(crate) fn failed(doing: &str, path: &Path, error: io::Error) -> SinkError {
    SinkError::io(format!("cannot {doing} `{}`", path.display()), error)
}
