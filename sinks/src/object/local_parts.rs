//! The local files of the parts of an object.

use std::{
    fmt,
    io::{self, Read, SeekFrom, Write},
    path::PathBuf,
    sync::Arc,
};

use longhaul_core::{
    disk::{Disk, DiskFile, Kind, Open, remove_if_there},
    object_store::Content,
};

/// Where the local files are: one for each part, named by its number.
#[derive(Clone)]
pub(super) struct LocalParts {
    pub(super) disk: Arc<dyn Disk>,
    base: PathBuf,
}

impl LocalParts {
    pub(super) fn new(disk: Arc<dyn Disk>, base: PathBuf) -> Self {
        Self { disk, base }
    }

    fn path(&self, number: u32) -> PathBuf {
        let mut path = self.base.clone().into_os_string();
        path.push(format!(".{number}"));
        path.into()
    }

    /// Creates the file of a part. An earlier one is replaced.
    pub(super) fn create(&self, number: u32) -> io::Result<LocalPart> {
        let path = self.path(number);
        remove_if_there(&*self.disk, &path)?;
        let file = self.disk.open(&path, Open::New)?;
        Ok(LocalPart { number, file, length: 0, is_synced: true })
    }

    /// Opens the file of a part, cut to `length` bytes. Returns `None` if it has fewer, or does not exist.
    pub(super) fn open(&self, number: u32, length: u64) -> io::Result<Option<LocalPart>> {
        if self.length(number)?.is_none_or(|found| found < length) {
            return Ok(None);
        }
        let mut file = self.disk.open(&self.path(number), Open::Existing)?;
        file.set_length(length)?;
        file.seek(SeekFrom::Start(length))?;
        Ok(Some(LocalPart { number, file, length, is_synced: false }))
    }

    /// The length of the file of a part, if it exists.
    pub(super) fn length(&self, number: u32) -> io::Result<Option<u64>> {
        Ok(match self.disk.kind(&self.path(number))? {
            Some(Kind::File(length)) => Some(length),
            _ => None,
        })
    }

    /// The bytes of a part, to be sent.
    pub(super) fn content(&self, number: u32, length: u64) -> Arc<dyn Content> {
        Arc::new(PartContent { disk: Arc::clone(&self.disk), path: self.path(number), length })
    }

    pub(super) fn remove(&self, number: u32) -> io::Result<()> {
        remove_if_there(&*self.disk, &self.path(number))
    }
}

/// An open local file.
#[derive(Debug)]
pub(super) struct LocalPart {
    pub(super) number: u32,
    pub(super) file: Box<dyn DiskFile>,
    pub(super) length: u64,
    is_synced: bool,
}

impl LocalPart {
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.is_synced = false;
        self.file.write_all(bytes)?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Makes what was written survive a crash.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        if !self.is_synced {
            self.file.sync()?;
            self.is_synced = true;
        }
        Ok(())
    }
}

/// The content of a local file, which is read while it is sent.
#[derive(Debug)]
struct PartContent {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    length: u64,
}

impl Content for PartContent {
    fn length(&self) -> u64 {
        self.length
    }

    fn open(&self) -> io::Result<Box<dyn Read>> {
        if self.length == 0 {
            return Ok(Box::new(io::empty()));
        }
        Ok(Box::new(self.disk.open(&self.path, Open::Existing)?.take(self.length)))
    }
}

impl fmt::Debug for LocalParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LocalParts").field(&self.base).finish()
    }
}
