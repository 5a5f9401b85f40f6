//! The parents of the last complete pull, in a journal.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{
    State, StateError, StateFile,
    checkpoint::Extent,
    journal::{JournalFile, Slot},
};

/// The parents of the last complete pull that reached a value. The next pull starts there, but a parent that is not among
/// them may have older children.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KnownParents {
    /// Which journal has their fingerprints.
    pub file: Slot,
    /// Its extent.
    pub extent: Extent,
}

impl StateFile {
    /// The fingerprints of the parents that the last complete pull had; `None` if that is not known.
    ///
    /// # Errors
    /// The journal cannot be read, or is damaged.
    pub fn known_parents(&self, state: &State) -> Result<Option<HashSet<u128>>, StateError> {
        let Some(KnownParents { file, extent }) = &state.parents else { return Ok(None) };
        let entries = self.read_journal(JournalFile::Parents(*file), extent)?;
        Ok(Some(entries.into_iter().collect()))
    }

    /// Saves the fingerprints of the parents of a pull in the other file than that of the last one.
    pub(super) fn save_parents(
        &self,
        before: Option<KnownParents>,
        parents: &[u128],
    ) -> Result<KnownParents, StateError> {
        let file = before.map_or(Slot::First, |before| before.file.other());
        self.extend_journal(JournalFile::Parents(file), &Extent::default(), parents)?;
        Ok(KnownParents { file, extent: Extent::default().and(parents) })
    }
}
