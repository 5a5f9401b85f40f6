//! Where the state is: in a folder, or in an object store.

use std::{
    fs,
    hash::{BuildHasher, RandomState},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use longhaul_core::{
    disk::{Disk, Open, SystemDisk, remove_if_there},
    object_store::{Documents, Expected, StoreErrorKind},
    state::StateFile,
};
use tempfile::NamedTempFile;

use crate::session::lock::create_private;

/// The file in the folder of local files that has its name. It tells the folders of machines apart that share a state.
const SCRATCH: &str = "scratch";

/// Where the state is.
#[derive(Clone, Debug)]
pub(crate) enum StatePlace {
    /// In a folder.
    Folder(PathBuf),
    /// In an object store.
    Store {
        /// The store.
        documents: Arc<dyn Documents>,
        /// What all keys start with.
        prefix: String,
        /// The folder of local files.
        folder: PathBuf,
    },
}

impl StatePlace {
    /// The file with the state of a pull.
    pub(crate) fn file(&self, pull: &str) -> StateFile {
        match self {
            Self::Folder(folder) => StateFile::new(Arc::new(SystemDisk), folder, pull),
            Self::Store { documents, prefix, folder } => {
                StateFile::in_store(Arc::clone(documents), prefix, &scratch(folder), pull)
            }
        }
    }

    /// Gives the folder of local files a name, if the state is in a store and it has none.
    pub(crate) fn name_local_folder(&self) -> io::Result<()> {
        match self {
            Self::Store { folder, .. } if scratch(folder).is_empty() => {
                create_private(folder)?;
                let name = format!("{:016x}", RandomState::new().hash_one(folder));
                write_file(folder, &folder.join(SCRATCH), name.as_bytes())
            }
            _ => Ok(()),
        }
    }

    /// The name of the folder of local files, if the state is in a store.
    pub(crate) fn local_folder_name(&self) -> Option<String> {
        match self {
            Self::Folder(_) => None,
            Self::Store { folder, .. } => Some(scratch(folder)),
        }
    }

    /// The names of the files that end with `.json`, without this ending.
    pub(crate) fn names(&self) -> io::Result<Vec<String>> {
        let names = match self {
            Self::Folder(folder) => match fs::read_dir(folder) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
                entries => entries?
                    .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
                    .collect::<io::Result<Vec<_>>>()?,
            },
            Self::Store { documents, prefix, .. } => {
                let keys = documents.list(prefix).map_err(io::Error::other)?;
                keys.into_iter().filter_map(|key| Some(key.strip_prefix(prefix)?.to_owned())).collect()
            }
        };
        let names = names.iter().filter_map(|name| name.strip_suffix(".json"));
        Ok(names.filter(|name| !name.contains('/')).map(str::to_owned).collect())
    }

    /// The path or address of a file, for messages.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.join(name),
            Self::Store { documents, prefix, .. } => documents.shown(&format!("{prefix}{name}")).into(),
        }
    }

    /// Reads a file. `None` if there is none.
    pub(crate) fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match self {
            Self::Folder(folder) => match fs::read(folder.join(name)) {
                Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
                read => read.map(Some),
            },
            Self::Store { documents, prefix, .. } => {
                let read = documents.read(&format!("{prefix}{name}")).map_err(io::Error::other)?;
                Ok(read.map(|read| read.content))
            }
        }
    }

    /// Writes a file, completely or not at all. It is durable when this returns.
    pub(crate) fn write(&self, name: &str, content: Vec<u8>) -> io::Result<()> {
        match self {
            Self::Folder(folder) => write_file(folder, &folder.join(name), &content),
            Self::Store { documents, prefix, .. } => {
                let key = format!("{prefix}{name}");
                documents.write(&key, content, Expected::Any).map(drop).map_err(io::Error::other)
            }
        }
    }

    /// Creates a file, unless there is one ([`ErrorKind::AlreadyExists`]). It is durable when this returns. In a folder, it is
    /// written to `new` first, so that nobody sees a part of it.
    pub(crate) fn create(&self, name: &str, content: Vec<u8>, new: &Path) -> io::Result<()> {
        match self {
            Self::Folder(folder) => {
                remove_if_there(&SystemDisk, new)?;
                let mut file = SystemDisk.open(new, Open::NewPrivate)?;
                file.write_all(&content)?;
                file.sync()?;
                let path = folder.join(name);
                fs::hard_link(new, &path)?;
                SystemDisk.sync_folder(path.parent().unwrap_or(folder))
            }
            Self::Store { documents, prefix, .. } => {
                let written = documents.write(&format!("{prefix}{name}"), content, Expected::Absent);
                written.map(drop).map_err(|error| match error.kind() {
                    StoreErrorKind::Conflict => io::Error::new(ErrorKind::AlreadyExists, error),
                    _ => io::Error::other(error),
                })
            }
        }
    }

    /// Removes a file.
    pub(crate) fn remove(&self, name: &str) -> io::Result<()> {
        match self {
            Self::Folder(folder) => fs::remove_file(folder.join(name)),
            Self::Store { documents, prefix, .. } => {
                documents.remove(&format!("{prefix}{name}")).map_err(io::Error::other)
            }
        }
    }
}

/// The name of a folder of local files; empty if it has none.
fn scratch(folder: &Path) -> String {
    fs::read_to_string(folder.join(SCRATCH)).unwrap_or_default()
}

fn write_file(folder: &Path, path: &Path, content: &[u8]) -> io::Result<()> {
    let mut new = NamedTempFile::new_in(folder)?;
    new.write_all(content)?;
    new.as_file().sync_all()?;
    new.persist(path)?;
    SystemDisk.sync_folder(folder)
}
