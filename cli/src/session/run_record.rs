//! The record of a run: when it started, until all its streams are complete.
//!
//! A run is the set of streams of one command. If it stops, the same command finishes it: streams that were completed
//! since it started are not pulled again.

use std::{io, path::PathBuf};

use jiff::Timestamp;
use longhaul_core::state::fingerprint;
use serde::{Deserialize, Serialize};

use crate::session::state_place::StatePlace;

/// The record of a run that is not complete, in a file beside the states of its pulls.
#[derive(Debug)]
pub(crate) struct RunRecord {
    place: StatePlace,
    name: String,
    pulls: Vec<String>,
    /// When the run started.
    pub(crate) started: Timestamp,
    /// Whether an earlier command started it.
    pub(crate) is_resumed: bool,
    /// Whether another machine was the last one to work on it.
    pub(crate) has_moved: bool,
}

/// The file.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u32,
    started: Timestamp,
    pulls: Vec<String>,
    /// The name of the folder with the local files of the last command, if the state is in a store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scratch: Option<String>,
}

const VERSION: u32 = 1;

/// Why the record of a run cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    /// The file is damaged, or was written by another version.
    #[error("the record of an unfinished run, `{}`, is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read or written.
    #[error("cannot save the record of the run, `{}`", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
}

impl RunRecord {
    /// Opens the record of the unfinished run of these pulls in `place`, or starts a new one at `now`. With `fresh`, an
    /// unfinished run is forgotten.
    pub(crate) fn open(
        place: &StatePlace,
        pulls: Vec<String>,
        now: Timestamp,
        fresh: bool,
    ) -> Result<Self, RecordError> {
        let (place, name) = (place.clone(), format!("run-{}.json", fingerprint(&pulls.join("\n"))));
        let path = place.path(&name);
        let unusable = |source| RecordError::Unusable { path: path.clone(), source };
        let found = if fresh { None } else { place.read(&name).map_err(unusable)? };
        let found = found.map(|text| serde_json::from_slice::<Content>(&text));
        let (content, is_resumed) = match found {
            None => (Content { version: VERSION, started: now, pulls, scratch: None }, false),
            Some(Ok(content)) if content.version == VERSION && content.pulls == pulls => (content, true),
            Some(_) => return Err(RecordError::Damaged { path }),
        };
        let has_moved = is_resumed && content.scratch != place.local_folder_name();
        let Content { started, pulls, .. } = content;
        let record = Self { place, name, pulls, started, is_resumed, has_moved };
        if is_resumed { Ok(record) } else { record.save() }
    }

    /// Notes that this machine works on the run now. It must not have local files of an earlier run any more.
    pub(crate) fn move_here(self) -> Result<Self, RecordError> {
        if self.has_moved { self.save() } else { Ok(self) }
    }

    fn save(self) -> Result<Self, RecordError> {
        let unusable = |source| RecordError::Unusable { path: self.place.path(&self.name), source };
        let content = Content {
            version: VERSION,
            started: self.started,
            pulls: self.pulls.clone(),
            scratch: self.place.local_folder_name(),
        };
        let mut text = serde_json::to_vec_pretty(&content).map_err(|error| unusable(error.into()))?;
        text.push(b'\n');
        self.place.write(&self.name, text).map_err(unusable)?;
        Ok(self)
    }

    /// Removes the record, because the run is complete.
    pub(crate) fn remove(self) -> Result<(), RecordError> {
        let path = self.place.path(&self.name);
        self.place.remove(&self.name).map_err(|source| RecordError::Unusable { path, source })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_run_is_continued_until_it_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let (first, later) = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
        let open = |pulls: &[&str], now: &str, fresh| {
            let pulls = pulls.iter().map(|pull| (*pull).to_owned()).collect();
            let place = StatePlace::Folder(folder.path().to_owned());
            let record = RunRecord::open(&place, pulls, now.parse().unwrap(), fresh).unwrap();
            (record.started.to_string(), record.is_resumed, record)
        };
        let (started, is_resumed, _) = open(&["a", "b"], first, false);
        assert_eq!((&*started, is_resumed), (first, false));
        let (started, is_resumed, record) = open(&["a", "b"], later, false);
        assert_eq!((&*started, is_resumed), (first, true));
        assert_eq!(open(&["a"], later, false).0, later, "other streams are another run");
        record.remove().unwrap();
        assert_eq!(open(&["a", "b"], later, false).0, later);
        assert_eq!(open(&["a", "b"], first, true).0, first, "a fresh run forgets the other");
    }

    #[test]
    fn a_damaged_record_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let place = StatePlace::Folder(folder.path().to_owned());
        let open = || RunRecord::open(&place, vec!["a".to_owned()], Timestamp::UNIX_EPOCH, false);
        let path = place.path(&open().unwrap().name);
        fs::write(&path, "{").unwrap();
        let said = format!("the record of an unfinished run, `{}`, is damaged", path.display());
        assert_eq!(open().unwrap_err().to_string(), said);
    }
}
