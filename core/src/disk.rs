//! Files, as a pull needs them: what is written, and what survives a crash.

use std::{
    fmt::Debug,
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Read, Seek, Write},
    path::{Component, Path, PathBuf},
};

/// Files and folders.
///
/// # Contract
/// What was written to a file survives a crash of the machine once [`DiskFile::sync`] has returned. That a file has a
/// name, has another one or none any more survives it once [`sync_folder`](Self::sync_folder) of the folder that the
/// name is in has returned. A rename is whole or not at all, crash or not.
///
/// Whatever has to be exactly once calls nothing else, so a disk that fails or loses its power can stand in for it.
pub trait Disk: Debug + Send + Sync {
    /// Opens a file for reading and writing, at its beginning.
    fn open(&self, path: &Path, open: Open) -> io::Result<Box<dyn DiskFile>>;

    /// Gives the file the name `to`, which it takes from any other.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Takes the file's name away.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes a folder inside one that is there.
    fn make_folder(&self, path: &Path) -> io::Result<()>;

    /// Makes what was done to the names in a folder survive a crash.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;

    /// What has that name, symbolic links followed; `None` where nothing has.
    fn kind(&self, path: &Path) -> io::Result<Option<Kind>>;
}

/// An open file. What is written goes where the last read, write or seek ended.
pub trait DiskFile: Debug + Read + Seek + Send + Write {
    /// Cuts the file, or lengthens it by zeros.
    fn set_length(&self, length: u64) -> io::Result<()>;

    /// Makes what was written survive a crash.
    fn sync(&self) -> io::Result<()>;
}

/// Which file [`Disk::open`] opens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Open {
    /// One that is there.
    Existing,
    /// One that is there, or else a new one.
    ExistingOrNew,
    /// A new one; that there is none of the name is made sure of.
    New,
    /// A new one that nobody but its owner may read.
    NewPrivate,
}

/// What has a name.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A file of this many bytes.
    File(u64),
    /// A folder.
    Folder,
    /// A device, a pipe or a socket.
    Other,
}

/// Takes a file's name away, where it has one.
pub fn remove_if_there(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    match disk.remove(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// `path` without links and `..`, as far as it exists: one file has one name, and a link stays when the file that it
/// leads to is replaced.
pub fn followed(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut followed, component| {
        match component {
            Component::ParentDir => drop(followed.pop()),
            other => followed.push(other),
        }
        fs::canonicalize(&followed).unwrap_or(followed)
    })
}

/// The machine's own disk.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDisk;

impl Disk for SystemDisk {
    fn open(&self, path: &Path, open: Open) -> io::Result<Box<dyn DiskFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        match open {
            Open::Existing => {}
            Open::ExistingOrNew => drop(options.create(true)),
            Open::New => drop(options.create_new(true)),
            Open::NewPrivate => private(options.create_new(true)),
        }
        Ok(Box::new(options.open(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    #[cfg(unix)]
    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        match File::open(path).and_then(|folder| folder.sync_all()) {
            // Some network file systems cannot, and then there is nothing to wait for.
            Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(()),
            synced => synced,
        }
    }

    /// Elsewhere a folder cannot be opened as a file, and the file system keeps its entries by itself.
    #[cfg(not(unix))]
    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn kind(&self, path: &Path) -> io::Result<Option<Kind>> {
        match fs::metadata(path) {
            Ok(found) if found.is_file() => Ok(Some(Kind::File(found.len()))),
            Ok(found) if found.is_dir() => Ok(Some(Kind::Folder)),
            Ok(_) => Ok(Some(Kind::Other)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl DiskFile for File {
    fn set_length(&self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn sync(&self) -> io::Result<()> {
        self.sync_data()
    }
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
}

#[cfg(not(unix))]
fn private(_: &mut OpenOptions) {}
