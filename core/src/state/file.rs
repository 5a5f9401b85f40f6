//! The file with the state of a stream: readable JSON, always replaced as a whole.

use std::{
    fmt, io,
    io::{ErrorKind, Read, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{State, StateError, error::Damage};
use crate::{
    disk::{Disk, Open, remove_if_there},
    fingerprint::fingerprint,
};

/// The version of the file format that this program writes, and the only one that it reads.
const VERSION: u32 = 1;

/// The file with the state of a stream, in an existing folder, and the journals beside it.
#[derive(Clone)]
pub struct StateFile {
    pub(super) disk: Arc<dyn Disk>,
    folder: PathBuf,
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
        Self { disk, folder: folder.into(), stream: stream.into() }
    }

    /// Reads the state. Without a file, it is empty.
    ///
    /// # Errors
    /// A file that was changed is [`Damaged`](StateError::Damaged), and nothing in it is used. Journals without the file
    /// mean that it is [`Missing`](StateError::Missing).
    pub fn load(&self) -> Result<State, StateError> {
        let path = self.path("json");
        let text = match self.read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return self.no_state(path),
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
        let path = self.path("json");
        self.replace(&path, state).map_err(|source| StateError::Unwritable { path, source })
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

    fn replace(&self, path: &Path, state: &State) -> io::Result<()> {
        let written = Written { version: VERSION, stream: &self.stream, state, check: check(state)? };
        let mut text = serde_json::to_vec_pretty(&written)?;
        text.push(b'\n');
        let new = self.path("json.new");
        remove_if_there(&*self.disk, &new)?;
        let mut file = self.disk.open(&new, Open::NewPrivate)?;
        file.write_all(&text)?;
        file.sync()?;
        self.disk.rename(&new, path)?;
        self.disk.sync_folder(&self.folder)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        self.disk.open(path, Open::Existing)?.read_to_end(&mut text)?;
        Ok(text)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn path(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", self.stream))
    }
}

fn check(state: &State) -> serde_json::Result<String> {
    Ok(format!("{:032x}", fingerprint(&serde_json::to_vec(state)?)))
}

impl fmt::Debug for StateFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StateFile").field(&self.path("json")).finish()
    }
}
