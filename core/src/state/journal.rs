//! The journals beside a state file. Each is a sequence of 16-byte entries.
//!
//! The keys and parents of the last complete pull are needed until the next one is complete, so these two have different
//! files.

use std::{io, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::{StateError, error::Damage, file::StateFile};
use crate::state::checkpoint::Extent;

/// The length of an entry in bytes.
const ENTRY: usize = size_of::<u128>();

/// The file of a journal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum JournalFile {
    Pages,
    Keys(Slot),
    Parents(Slot),
    Ended,
    LeftOut,
}

/// One of two files of the same kind.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    /// The first, with an ending such as `keys`.
    #[default]
    First,
    /// The second, with an ending such as `keys2`.
    Second,
}

impl Slot {
    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

impl JournalFile {
    const ALL: [Self; 7] = [
        Self::Pages,
        Self::Keys(Slot::First),
        Self::Keys(Slot::Second),
        Self::Parents(Slot::First),
        Self::Parents(Slot::Second),
        Self::Ended,
        Self::LeftOut,
    ];

    fn ending(self) -> &'static str {
        match self {
            Self::Pages => "pages",
            Self::Keys(Slot::First) => "keys",
            Self::Keys(Slot::Second) => "keys2",
            Self::Parents(Slot::First) => "known",
            Self::Parents(Slot::Second) => "known2",
            Self::Ended => "ended",
            Self::LeftOut => "skipped",
        }
    }
}

impl StateFile {
    /// Reads the part of the journal that `extent` describes.
    pub(super) fn read_journal(
        &self,
        journal: JournalFile,
        extent: &Extent,
    ) -> Result<Vec<u128>, StateError> {
        if *extent == Extent::default() {
            return Ok(Vec::new());
        }
        let (storage, ending) = (&self.storage, journal.ending());
        let path = storage.path(ending);
        let bytes = match storage.read_journal(ending, bytes_of(extent)) {
            Ok(bytes) => bytes,
            Err(source) => return Err(StateError::Unreadable { path, source }),
        };
        let entries: Vec<_> =
            bytes.as_chunks::<ENTRY>().0.iter().map(|entry| u128::from_le_bytes(*entry)).collect();
        let found = Extent::default().and(&entries);
        if found.entries != extent.entries {
            let source = Damage::Short { found: found.entries, written: extent.entries };
            return Err(StateError::Damaged { path, source });
        }
        if found != *extent {
            return Err(StateError::Damaged { path, source: Damage::Check });
        }
        Ok(entries)
    }

    /// Writes `entries` after the first `after`, and makes them durable.
    pub(super) fn extend_journal(
        &self,
        journal: JournalFile,
        after: &Extent,
        entries: &[u128],
    ) -> Result<(), StateError> {
        let (storage, ending) = (&self.storage, journal.ending());
        let bytes: Vec<_> = entries.iter().flat_map(|entry| entry.to_le_bytes()).collect();
        let extended = storage.extend_journal(ending, bytes_of(after), &bytes);
        extended.map_err(|source| StateError::Unwritable { path: storage.path(ending), source })
    }

    /// Copies the part of the journal that `extent` describes to the folder of `to`.
    pub(super) fn copy_journal(
        &self,
        journal: JournalFile,
        extent: &Extent,
        to: &Self,
    ) -> Result<(), StateError> {
        let entries = self.read_journal(journal, extent)?;
        to.extend_journal(journal, &Extent::default(), &entries)
    }

    /// A journal that has entries, if there is one.
    pub(super) fn any_journal(&self) -> io::Result<Option<PathBuf>> {
        for journal in JournalFile::ALL {
            if self.storage.has_journal(journal.ending())? {
                return Ok(Some(self.storage.path(journal.ending())));
            }
        }
        Ok(None)
    }

    /// Removes the journals of a pull that is complete or discarded, except `kept`.
    pub(super) fn drop_journals(&self, kept: &[JournalFile]) -> Result<(), StateError> {
        for journal in JournalFile::ALL.into_iter().filter(|file| !kept.contains(file)) {
            if let Err(source) = self.storage.remove_journal(journal.ending()) {
                return Err(StateError::Unwritable { path: self.storage.path(journal.ending()), source });
            }
        }
        Ok(())
    }
}

fn bytes_of(extent: &Extent) -> u64 {
    extent.entries.saturating_mul(ENTRY as u64)
}
