//! What a recording says about itself.

use std::{
    io::{self, Write},
    path::Path,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::RecordingError;

const NAME: &str = "recording.json";

/// The version of the format that this program writes, and the only one that it reads.
const VERSION: u32 = 1;

/// The run that is recorded.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// When it started. Relative times refer to it.
    pub now: Timestamp,
    /// Whether its token can be renewed.
    pub renews_token: bool,
    /// The parameter of the query that carries the credential, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_query: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    version: u32,
    longhaul: String,
    pub(super) run: Recorded,
    /// How the run ended. A run that was killed has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ended: Option<Ended>,
}

/// The end of a recorded run.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ended {
    pub(super) exit_code: u8,
    pub(super) exchanges: u64,
    /// The check of the last exchange.
    pub(super) check: String,
}

/// What every version of the file has.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

impl Manifest {
    pub(super) fn new(run: Recorded) -> Self {
        Self { version: VERSION, longhaul: env!("CARGO_PKG_VERSION").to_owned(), run, ended: None }
    }

    /// Replaces the file, completely or not at all.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&mut new, self)?;
        new.write_all(b"\n")?;
        new.as_file().sync_all()?;
        new.persist(folder.join(NAME))?;
        Ok(())
    }

    pub(super) fn read(folder: &Path) -> Result<Self, RecordingError> {
        let path = folder.join(NAME);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind()) => {
                return Err(RecordingError::NotARecording { path: folder.to_owned() });
            }
            Err(source) => return Err(RecordingError::Unreadable { path, source }),
        };
        match serde_json::from_slice(&text) {
            Ok(Versioned { version: VERSION }) => {}
            Ok(Versioned { .. }) => return Err(RecordingError::Foreign { path: folder.to_owned() }),
            Err(_) => return Err(RecordingError::Damaged { path, problem: "was changed" }),
        }
        serde_json::from_slice(&text).map_err(|_| RecordingError::Damaged { path, problem: "was changed" })
    }
}
