//! Files and folders, with the operations that make them survive a crash.

use std::{
    cmp::Ordering,
    fmt::{self, Debug, Display},
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, ErrorKind, Read, Seek, Write},
    path::{Component, Path, PathBuf},
    sync::Arc,
};

/// A file system.
///
/// # Contract
/// The contents of a file survive a crash of the machine after [`DiskFile::sync`] has returned. A file that was created,
/// renamed or removed stays so after [`sync_folder`](Self::sync_folder) of its folder has returned. A rename happens
/// completely or not at all, even in a crash.
///
/// All code that must write exactly once uses this trait, so that tests can replace it by a disk that fails or loses
/// power.
pub trait Disk: Debug + Send + Sync {
    /// Opens a file for reading and writing, positioned at its start.
    fn open(&self, path: &Path, open: Open) -> io::Result<Box<dyn DiskFile>>;

    /// Renames a file. An existing file at `to` is replaced.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Creates a folder. Its parent must exist.
    fn make_folder(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a folder survive a crash.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;

    /// The kind of whatever is at `path`, after following symbolic links. `None` if there is nothing.
    fn kind(&self, path: &Path) -> io::Result<Option<Kind>>;

    /// The identity of the file at `path`. `None` if there is nothing.
    fn identity(&self, path: &Path) -> io::Result<Option<Identity>>;
}

/// An open file. It is written at the position where the last read, write or seek ended.
pub trait DiskFile: Debug + Read + Seek + Send + Write {
    /// Truncates the file, or extends it with zeros.
    fn set_length(&self, length: u64) -> io::Result<()>;

    /// Makes the contents survive a crash.
    fn sync(&self) -> io::Result<()>;

    /// Its identity.
    fn identity(&self) -> io::Result<Identity>;

    /// Locks the file against other programs that lock it, until it is closed. `false` if one of them has it.
    fn try_lock(&self) -> io::Result<bool>;
}

/// Which file it is, and how long. It shows that another program has replaced, truncated or extended a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Identity {
    /// The device and the number on it. On some systems, all files have the same.
    pub file: (u64, u64),
    /// The length in bytes.
    pub length: u64,
}

/// What another program has done to an open file that only this one writes to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Change {
    /// There is no file under its name any more.
    Removed,
    /// There is another file under its name.
    Replaced,
    /// It is shorter than what was written.
    Truncated,
    /// It is longer than what was written.
    Extended,
}

impl Change {
    /// Compares the open `file`, to which `length` bytes were written, with what is at its `path`. `None` if it is the same.
    pub fn of(disk: &dyn Disk, path: &Path, file: &dyn DiskFile, length: u64) -> io::Result<Option<Self>> {
        let own = Identity { length, ..file.identity()? };
        Ok(Self::between(own, disk.identity(path)?))
    }

    /// Compares what was written with what was `found` under the same name. `None` if it is the same.
    pub fn between(own: Identity, found: Option<Identity>) -> Option<Self> {
        match found {
            None => Some(Self::Removed),
            Some(found) if found.file != own.file => Some(Self::Replaced),
            Some(found) => Self::of_length(own.length, found.length),
        }
    }

    /// Compares the length of what was written with the length that was `found`. `None` if it is the same.
    pub fn of_length(written: u64, found: u64) -> Option<Self> {
        match found.cmp(&written) {
            Ordering::Less => Some(Self::Truncated),
            Ordering::Greater => Some(Self::Extended),
            Ordering::Equal => None,
        }
    }

    /// The message, with the name of the file.
    pub fn message(self, shown: impl Display) -> String {
        format!("another program has {self} `{shown}` during the run")
    }
}

impl Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Removed => "removed",
            Self::Replaced => "replaced",
            Self::Truncated => "truncated",
            Self::Extended => "written to",
        })
    }
}

/// Which file [`Disk::open`] opens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Open {
    /// An existing file.
    Existing,
    /// An existing file, or a new one if there is none.
    ExistingOrNew,
    /// A new file. It is an error if there is one already.
    New,
    /// A new file that only its owner may read. It is an error if there is one already.
    NewPrivate,
}

/// The kind of a file system entry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A file, with its length in bytes.
    File(u64),
    /// A folder.
    Folder,
    /// A device, a pipe or a socket.
    Other,
}

/// Removes a file, if it exists.
pub fn remove_if_there(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    match disk.remove(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// `path` with symbolic links and `..` resolved, as far as it exists. So every file has one name, and a link stays when
/// its target is replaced.
pub fn followed(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut followed, component| {
        match component {
            Component::ParentDir => drop(followed.pop()),
            other => followed.push(other),
        }
        fs::canonicalize(&followed).unwrap_or(followed)
    })
}

/// The file system of the operating system.
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
            // Some network file systems do not support it, so there is nothing to wait for.
            Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(()),
            synced => synced,
        }
    }

    /// Other systems cannot open a folder as a file, and make its entries durable by themselves.
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

    fn identity(&self, path: &Path) -> io::Result<Option<Identity>> {
        match fs::metadata(path) {
            Ok(found) => Ok(Some(identity(&found))),
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

    fn identity(&self) -> io::Result<Identity> {
        self.metadata().map(|found| identity(&found))
    }

    fn try_lock(&self) -> io::Result<bool> {
        match Self::try_lock(self) {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            // Some network file systems have no locks.
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

#[cfg(unix)]
fn identity(found: &fs::Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    Identity { file: (found.dev(), found.ino()), length: found.len() }
}

#[cfg(not(unix))]
fn identity(found: &fs::Metadata) -> Identity {
    Identity { file: (0, 0), length: found.len() }
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(0o600);
}

#[cfg(not(unix))]
fn private(_: &mut OpenOptions) {}

/// A file system whose new files only their owner may read.
#[derive(Clone, Debug)]
pub struct PrivateDisk(Arc<dyn Disk>);

impl PrivateDisk {
    /// The files of `disk`.
    pub fn new(disk: Arc<dyn Disk>) -> Self {
        Self(disk)
    }
}

impl Disk for PrivateDisk {
    fn open(&self, path: &Path, open: Open) -> io::Result<Box<dyn DiskFile>> {
        let open = match open {
            Open::ExistingOrNew if self.kind(path)?.is_some() => Open::Existing,
            Open::ExistingOrNew | Open::New => Open::NewPrivate,
            other => other,
        };
        self.0.open(path, open)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0.remove(path)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.0.make_folder(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.0.sync_folder(path)
    }

    fn kind(&self, path: &Path) -> io::Result<Option<Kind>> {
        self.0.kind(path)
    }

    fn identity(&self, path: &Path) -> io::Result<Option<Identity>> {
        self.0.identity(path)
    }
}
