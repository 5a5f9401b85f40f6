//! The state of a stream in files of a folder.

use std::{
    fmt,
    io::{self, ErrorKind, Read, Seek, SeekFrom, Write},
    path::PathBuf,
    sync::Arc,
};

use super::storage::Storage;
use crate::disk::{Disk, Kind, Open, remove_if_there};

/// Files in an existing folder, whose names start with that of the stream.
pub(super) struct DiskStorage {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) folder: PathBuf,
    pub(super) stream: String,
}

impl Storage for DiskStorage {
    fn path(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", self.stream))
    }

    fn read(&self) -> io::Result<Option<Vec<u8>>> {
        let mut file = match self.disk.open(&self.path("json"), Open::Existing) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            opened => opened?,
        };
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        Ok(Some(text))
    }

    fn confirm(&self) -> io::Result<()> {
        self.disk.sync_folder(&self.folder)
    }

    fn replace(&self, text: &[u8]) -> io::Result<()> {
        let new = self.path("json.new");
        remove_if_there(&*self.disk, &new)?;
        let mut file = self.disk.open(&new, Open::NewPrivate)?;
        file.write_all(text)?;
        file.sync()?;
        self.disk.rename(&new, &self.path("json"))?;
        self.disk.sync_folder(&self.folder)
    }

    fn read_journal(&self, ending: &str, length: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        match self.disk.open(&self.path(ending), Open::Existing) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            opened => drop(opened?.take(length).read_to_end(&mut bytes)?),
        }
        Ok(bytes)
    }

    fn extend_journal(&self, ending: &str, after: u64, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(ending);
        let is_new = self.disk.kind(&path)?.is_none();
        let mut file = self.disk.open(&path, if is_new { Open::NewPrivate } else { Open::Existing })?;
        file.seek(SeekFrom::Start(after))?;
        file.write_all(bytes)?;
        file.sync()?;
        if is_new { self.disk.sync_folder(&self.folder) } else { Ok(()) }
    }

    fn has_journal(&self, ending: &str) -> io::Result<bool> {
        Ok(matches!(self.disk.kind(&self.path(ending))?, Some(Kind::File(1..))))
    }

    fn remove_journal(&self, ending: &str) -> io::Result<()> {
        remove_if_there(&*self.disk, &self.path(ending))
    }

    /// They are in the same folder.
    fn has_local_files(&self) -> bool {
        true
    }
}

impl fmt::Debug for DiskStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DiskStorage").field(&self.path("json")).finish()
    }
}
