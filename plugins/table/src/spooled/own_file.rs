//! A file that only this program changes.

use std::{
    fs::File,
    io::{self, Write as _},
    path::PathBuf,
};

use longhaul_plugin::{Change, SinkError, SystemDisk};

use super::error::{file_error, refused};

/// An open file. It is an error if another program changes it.
#[derive(Debug)]
pub(super) struct OwnFile {
    pub(super) file: File,
    pub(super) path: PathBuf,
    /// The length of what was written.
    pub(super) length: u64,
    /// Whether another program has changed the file. Then it is left as it is.
    pub(super) is_foreign: bool,
}

impl OwnFile {
    /// The open file at `path`, which is `length` bytes long.
    pub(super) fn new(file: File, path: PathBuf, length: u64) -> Self {
        Self { file, path, length, is_foreign: false }
    }

    /// Appends `bytes`.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        if let Some(change) = self.change_of_length().map_err(|error| self.unreadable(error))? {
            return Err(self.refuse(change));
        }
        // Added before the write, so that dropping the file also removes what a failed write left behind.
        self.length += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|error| file_error("write to", &self.path, error))
    }

    /// Checks that no other program has removed, replaced, truncated or extended the file.
    pub(super) fn check(&mut self) -> Result<(), SinkError> {
        let change = Change::of(&SystemDisk, &self.path, &self.file, self.length);
        match change.map_err(|error| self.unreadable(error))? {
            Some(change) => Err(self.refuse(change)),
            None => Ok(()),
        }
    }

    /// How the length of the file differs from what was written. A write behind the end of a truncated file would fill the
    /// gap with zeros, and the length would be right again.
    pub(super) fn change_of_length(&self) -> io::Result<Option<Change>> {
        Ok(Change::of_length(self.length, self.file.metadata()?.len()))
    }

    pub(super) fn unreadable(&self, error: io::Error) -> SinkError {
        file_error("read", &self.path, error)
    }

    fn refuse(&mut self, change: Change) -> SinkError {
        self.is_foreign = true;
        refused(change.message(self.path.display()))
    }
}
