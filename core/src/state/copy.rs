//! Copies the state of a stream.

use super::{State, StateError, file::StateFile, journal::JournalFile};

impl StateFile {
    /// Copies what complete pulls have left to `to`, whose stream may have another name. An unfinished pull is left out.
    pub fn copy_to(&self, to: &Self) -> Result<(), StateError> {
        let state = State { unfinished: None, ..self.load()? };
        if let Some(keys) = state.complete.as_ref().and_then(|complete| complete.keys.as_ref()) {
            self.copy_journal(JournalFile::Keys(keys.file), &keys.extent, to)?;
        }
        to.save(&state)
    }
}
