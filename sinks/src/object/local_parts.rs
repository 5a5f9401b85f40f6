//! The local files of the parts of an object.

use std::{
    fmt,
    io::{self, SeekFrom, Write},
    path::PathBuf,
    sync::Arc,
};

use longhaul_core::{
    disk::{Change, Disk, DiskFile, Identity, Open, remove_if_there},
    object_store::Content,
};

use super::file_content::FileContent;

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
        if self.identity(number)?.is_none_or(|found| found.length < length) {
            return Ok(None);
        }
        let mut file = self.disk.open(&self.path(number), Open::Existing)?;
        file.set_length(length)?;
        file.seek(SeekFrom::Start(length))?;
        Ok(Some(LocalPart { number, file, length, is_synced: false }))
    }

    /// Which file has the bytes of a part, if it exists.
    pub(super) fn identity(&self, number: u32) -> io::Result<Option<Identity>> {
        self.disk.identity(&self.path(number))
    }

    /// Which file has the bytes of an open part.
    ///
    /// # Errors
    /// Another program has changed it.
    pub(super) fn own(&self, part: &LocalPart) -> io::Result<Identity> {
        let path = self.path(part.number);
        match Change::of(&*self.disk, &path, &*part.file, part.length)? {
            Some(change) => Err(io::Error::other(change.message(path.display()))),
            None => part.file.identity(),
        }
    }

    /// Appends `bytes` to an open part.
    pub(super) fn write(&self, part: &mut LocalPart, bytes: &[u8]) -> io::Result<()> {
        // A write behind the end of a truncated file would fill the gap with zeros, and the length would be right again.
        let found = part.file.identity()?.length;
        if let Some(change) = Change::of_length(part.length, found) {
            return Err(io::Error::other(change.message(self.path(part.number).display())));
        }
        part.is_synced = false;
        part.file.write_all(bytes)?;
        part.length += bytes.len() as u64;
        Ok(())
    }

    /// The bytes of a part, to be sent.
    pub(super) fn content(&self, number: u32, own: Identity) -> Arc<dyn Content> {
        Arc::new(FileContent::whole(Arc::clone(&self.disk), self.path(number), own))
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
    /// Makes what was written survive a crash.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        if !self.is_synced {
            self.file.sync()?;
            self.is_synced = true;
        }
        Ok(())
    }
}

impl fmt::Debug for LocalParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LocalParts").field(&self.base).finish()
    }
}
