//! The content of a file, which is read while it is sent.

use std::{
    io::{self, Read, SeekFrom},
    path::PathBuf,
    sync::Arc,
};

use longhaul_core::{
    disk::{Change, Disk, Identity, Open},
    object_store::Content,
};

/// A part of a file. No other program may have changed the file when it is read.
#[derive(Debug)]
pub(super) struct FileContent {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    /// What the file is.
    own: Identity,
    from: u64,
    length: u64,
}

impl FileContent {
    /// The whole file.
    pub(super) fn whole(disk: Arc<dyn Disk>, path: PathBuf, own: Identity) -> Self {
        Self { disk, path, own, from: 0, length: own.length }
    }

    /// `length` bytes of the file, after the first `from`.
    pub(super) fn part(disk: Arc<dyn Disk>, path: PathBuf, own: Identity, from: u64, length: u64) -> Self {
        Self { disk, path, own, from, length }
    }
}

impl Content for FileContent {
    fn length(&self) -> u64 {
        self.length
    }

    fn open(&self) -> io::Result<Box<dyn Read>> {
        let mut file = match self.disk.open(&self.path, Open::Existing) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(self.changed(Change::Removed));
            }
            opened => opened?,
        };
        if let Some(change) = Change::between(self.own, Some(file.identity()?)) {
            return Err(self.changed(change));
        }
        file.seek(SeekFrom::Start(self.from))?;
        Ok(Box::new(file.take(self.length)))
    }
}

impl FileContent {
    fn changed(&self, change: Change) -> io::Error {
        io::Error::other(change.message(self.path.display()))
    }
}

/// The content of an object without bytes.
pub(super) fn no_content() -> Arc<dyn Content> {
    Arc::new(NoContent)
}

#[derive(Debug)]
struct NoContent;

impl Content for NoContent {
    fn length(&self) -> u64 {
        0
    }

    fn open(&self) -> io::Result<Box<dyn Read>> {
        Ok(Box::new(io::empty()))
    }
}
