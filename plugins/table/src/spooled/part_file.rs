//! The file of a pull until it is published.

use std::{
    fs::{self, File},
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use longhaul_plugin::{SinkError, sync_folder_of};

use super::{error::file_error, own_file::OwnFile};

/// A new file under a temporary name. Dropping it removes it, because the spool has everything to write it again.
#[derive(Debug)]
pub struct PartFile {
    own: OwnFile,
    position: u64,
    is_published: bool,
}

impl PartFile {
    /// Creates the file, or empties an existing one, which a killed run has left.
    pub(super) fn create(path: PathBuf) -> Result<Self, SinkError> {
        let file = File::create(&path).map_err(|error| file_error("create", &path, error))?;
        Ok(Self { own: OwnFile::new(file, path, 0), position: 0, is_published: false })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.own.path
    }

    /// Checks that no other program has changed it.
    pub(super) fn check(&mut self) -> Result<(), SinkError> {
        self.own.check()
    }

    /// Makes it the file at `path`.
    pub(super) fn publish(mut self, path: &Path) -> Result<(), SinkError> {
        self.own.file.sync_all().map_err(|error| file_error("flush", self.path(), error))?;
        self.check()?;
        let renamed = fs::rename(self.path(), path).and_then(|()| {
            self.is_published = true;
            sync_folder_of(path)
        });
        renamed.map_err(|error| {
            let what = format!("cannot rename `{}` to `{}`", self.path().display(), path.display());
            SinkError::io(what, error)
        })
    }
}

impl Write for PartFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(change) = self.own.change_of_length()? {
            return Err(io::Error::other(change.message(self.path().display())));
        }
        let written = self.own.file.write(bytes)?;
        self.position += written as u64;
        self.own.length = self.own.length.max(self.position);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for PartFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = self.own.file.seek(to)?;
        Ok(self.position)
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        if !self.is_published && !self.own.is_foreign {
            // An error is ignored, because the next run empties the file.
            drop(fs::remove_file(self.path()));
        }
    }
}
