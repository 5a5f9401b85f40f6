//! The record of a run: when it started, until all its streams are complete.
//!
//! A run is the set of streams of one command. If it stops, the same command finishes it: streams that were completed
//! since it started are not pulled again.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use longhaul_core::state::fingerprint;
use serde::{Deserialize, Serialize};

/// The record of a run that is not complete, in a file of the state folder.
#[derive(Debug)]
pub(crate) struct RunRecord {
    path: PathBuf,
    /// When the run started.
    pub(crate) started: Timestamp,
    /// Whether an earlier command started it.
    pub(crate) is_resumed: bool,
}

/// The file.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u32,
    started: Timestamp,
    pulls: Vec<String>,
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
    /// Opens the record of the unfinished run of these pulls in `folder`, or starts a new one at `now`. With `fresh`, an
    /// unfinished run is forgotten.
    pub(crate) fn open(
        folder: &Path,
        pulls: Vec<String>,
        now: Timestamp,
        fresh: bool,
    ) -> Result<Self, RecordError> {
        let path = folder.join(format!("run-{}.json", fingerprint(&pulls.join("\n"))));
        if !fresh && let Some(started) = read(&path, &pulls)? {
            return Ok(Self { path, started, is_resumed: true });
        }
        let content = Content { version: VERSION, started: now, pulls };
        let unusable = |source| RecordError::Unusable { path: path.clone(), source };
        write(folder, &path, &content).map_err(unusable)?;
        Ok(Self { path, started: now, is_resumed: false })
    }

    /// Removes the record, because the run is complete.
    pub(crate) fn remove(self) -> Result<(), RecordError> {
        fs::remove_file(&self.path).map_err(|source| RecordError::Unusable { path: self.path, source })
    }
}

/// When the unfinished run started; `None` if there is none.
fn read(path: &Path, pulls: &[String]) -> Result<Option<Timestamp>, RecordError> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(RecordError::Unusable { path: path.to_owned(), source }),
    };
    match serde_json::from_slice::<Content>(&text) {
        Ok(content) if content.version == VERSION && content.pulls == pulls => Ok(Some(content.started)),
        _ => Err(RecordError::Damaged { path: path.to_owned() }),
    }
}

/// Writes the file, completely or not at all. It is durable when this returns.
fn write(folder: &Path, path: &Path, content: &Content) -> io::Result<()> {
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer_pretty(&mut new, content)?;
    new.write_all(b"\n")?;
    new.as_file().sync_all()?;
    new.persist(path)?;
    fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_continued_until_it_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let (first, later) = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
        let open = |pulls: &[&str], now: &str, fresh| {
            let pulls = pulls.iter().map(|pull| (*pull).to_owned()).collect();
            let record = RunRecord::open(folder.path(), pulls, now.parse().unwrap(), fresh).unwrap();
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
        let open = || RunRecord::open(folder.path(), vec!["a".to_owned()], Timestamp::UNIX_EPOCH, false);
        let path = open().unwrap().path;
        fs::write(&path, "{").unwrap();
        let said = format!("the record of an unfinished run, `{}`, is damaged", path.display());
        assert_eq!(open().unwrap_err().to_string(), said);
    }
}
