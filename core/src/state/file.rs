//! The file with the state of a stream: readable JSON, always replaced as a whole.

use std::{path::PathBuf, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    State, StateError, disk_storage::DiskStorage, error::Damage, object_storage::ObjectStorage,
    storage::Storage,
};
use crate::{disk::Disk, fingerprint::fingerprint, object_store::Documents};

/// The version of the file format that this program writes, and the only one that it reads.
const VERSION: u32 = 1;

/// The file with the state of a stream, and the journals beside it: in an existing folder, or in an object store.
#[derive(Clone, Debug)]
pub struct StateFile {
    pub(super) storage: Arc<dyn Storage>,
    stream: String,
}

/// The file, to write.
#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    stream: &'a str,
    state: &'a State,
    /// Shows that `state` is undamaged.
    check: String,
}

/// The file, as read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Found<'a> {
    version: u32,
    stream: String,
    #[serde(borrow)]
    state: &'a RawValue,
    check: String,
}

/// What every version of the file has.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

impl StateFile {
    /// The file of `stream` in `folder`.
    pub fn new(disk: Arc<dyn Disk>, folder: impl Into<PathBuf>, stream: impl Into<String>) -> Self {
        let (folder, stream) = (folder.into(), stream.into());
        Self { storage: Arc::new(DiskStorage { disk, folder, stream: stream.clone() }), stream }
    }

    /// The file of `stream` in an object store, where all keys start with `prefix`. `scratch` is the name of the folder with
    /// the local files of the pull, which no other machine has.
    pub fn in_store(
        documents: Arc<dyn Documents>,
        prefix: &str,
        scratch: &str,
        stream: impl Into<String>,
    ) -> Self {
        let stream = stream.into();
        let storage = ObjectStorage::new(documents, format!("{prefix}{stream}"), scratch.to_owned());
        Self { storage: Arc::new(storage), stream }
    }

    /// Its path or address, for messages.
    pub fn path(&self) -> PathBuf {
        self.storage.path("json")
    }

    /// Makes the file durable, and the names of its journals.
    ///
    /// # Errors
    /// The folder cannot be synced.
    pub(super) fn confirm(&self) -> Result<(), StateError> {
        let unwritable = |source| StateError::Unwritable { path: self.path(), source };
        self.storage.confirm().map_err(unwritable)
    }

    /// Whether the local files of the pull are those of the run that has saved the state last. They are not if that run was
    /// on another machine.
    pub fn has_local_files(&self) -> bool {
        self.storage.has_local_files()
    }

    /// Reads the state. Without a file, it is empty.
    ///
    /// # Errors
    /// A file that was changed is [`Damaged`](StateError::Damaged), and nothing in it is used. Journals without the file
    /// mean that it is [`Missing`](StateError::Missing).
    pub fn load(&self) -> Result<State, StateError> {
        let path = self.path();
        let text = match self.storage.read() {
            Ok(Some(text)) => text,
            Ok(None) => return self.no_state(path),
            Err(source) => return Err(StateError::Unreadable { path, source }),
        };
        match serde_json::from_slice(&text) {
            Ok(Versioned { version: VERSION }) => {}
            Ok(Versioned { .. }) => return Err(StateError::Foreign { path }),
            Err(error) => return Err(StateError::Damaged { path, source: error.into() }),
        }
        self.parse(&text).map_err(|source| StateError::Damaged { path, source })
    }

    /// The state without a file. The file is saved before any journal, so a journal without it means that it was lost.
    fn no_state(&self, path: PathBuf) -> Result<State, StateError> {
        match self.any_journal() {
            Ok(None) => Ok(State::default()),
            Ok(Some(journal)) => Err(StateError::Missing { path, journal }),
            Err(source) => Err(StateError::Unreadable { path, source }),
        }
    }

    /// Replaces the state, completely or not at all. It is durable when this returns.
    pub fn save(&self, state: &State) -> Result<(), StateError> {
        let unwritable = |source| StateError::Unwritable { path: self.path(), source };
        let written = check(state).and_then(|check| {
            let written = Written { version: VERSION, stream: &self.stream, state, check };
            serde_json::to_vec_pretty(&written)
        });
        let mut text = written.map_err(|error| unwritable(error.into()))?;
        text.push(b'\n');
        self.storage.replace(&text).map_err(unwritable)
    }

    fn parse(&self, text: &[u8]) -> Result<State, Damage> {
        let found: Found<'_> = serde_json::from_slice(text)?;
        if found.version != VERSION || found.stream != self.stream {
            return Err(Damage::Stream);
        }
        let state = serde_json::from_str(found.state.get())?;
        // The check covers the meaning, not the text: an editor may have changed white space.
        if check(&state)? != found.check {
            return Err(Damage::Check);
        }
        Ok(state)
    }
}

fn check(state: &State) -> serde_json::Result<String> {
    Ok(format!("{:032x}", fingerprint(&serde_json::to_vec(state)?)))
}
