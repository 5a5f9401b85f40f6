//! Saves the state of a stream during a pull.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::{
    Complete, Keys, KnownPages, KnownParents, Parents, Reached, Slot, State, StateError, StateFile,
    Unfinished, journal::JournalFile,
};
use crate::{
    clock::Clock,
    state::{
        Summary,
        checkpoint::{Checkpoint, CheckpointStore, Extent, Journal, Stage},
    },
};

/// Saves the state of a stream during a pull: every checkpoint, and at the end that it is complete.
#[derive(Debug)]
pub struct PullState<'a> {
    file: &'a StateFile,
    clock: &'a dyn Clock,
    /// What was saved last.
    state: Mutex<State>,
    pull: Unfinished,
}

impl<'a> PullState<'a> {
    /// Saves the checkpoints of `pull`. The state of the stream before it is `state`. Nothing is written before the first
    /// checkpoint.
    pub fn new(file: &'a StateFile, clock: &'a dyn Clock, state: State, pull: Unfinished) -> Self {
        Self { file, clock, state: Mutex::new(state), pull }
    }

    /// What was saved last.
    pub fn saved(&self) -> State {
        self.lock().clone()
    }

    /// Saves that the pull of the children of `parents` is complete.
    ///
    /// # Errors
    /// It cannot be saved, or the parents cannot be read.
    pub fn complete(&self, summary: Summary, parents: Option<&Parents>) -> Result<(), StateError> {
        let parents = self.known_parents(parents)?;
        let file = self.keys_file();
        self.put(|state, now| {
            let checkpoint = state.unfinished.as_ref().map(|pull| &pull.checkpoint);
            let keys = self.pull.earlier.and(checkpoint).map(|checkpoint| Keys {
                file,
                extent: checkpoint.keys,
                definition: self.pull.fingerprint_of_records(),
                until: self.pull.range.map(|range| range.end),
            });
            let had = checkpoint.map(|checkpoint| checkpoint.had.clone()).unwrap_or_default();
            let had = had.and(state.had(&self.pull.pages));
            let pages = (!had.is_nothing()).then(|| KnownPages { had, definition: self.pull.pages.clone() });
            State {
                watermark: self.pull.watermark.or(state.watermark),
                reached: self.reached(checkpoint).or_else(|| state.reached.clone()),
                parents: parents.or(state.parents),
                complete: Some(Complete {
                    at: now,
                    summary,
                    range: self.pull.range,
                    pages,
                    keys,
                    definition: self.pull.incremental_definition(),
                }),
                unfinished: None,
            }
        })?;
        self.file.drop_journals(&kept(&self.lock()))
    }

    /// Saves the parents whose children were pulled, if the pull has reached a value at which the next one starts.
    fn known_parents(&self, parents: Option<&Parents>) -> Result<Option<KnownParents>, StateError> {
        let state = self.saved();
        let checkpoint = state.unfinished.as_ref().map(|pull| &pull.checkpoint);
        let Some((parents, checkpoint)) =
            parents.filter(|_| self.reached(checkpoint).is_some()).zip(checkpoint)
        else {
            return Ok(None);
        };
        let left_out = self.file.read_journal(JournalFile::LeftOut, &checkpoint.left_out)?;
        let pulled = parents.fingerprints_without(&left_out.into_iter().collect())?;
        self.file.save_parents(state.parents, &pulled).map(Some)
    }

    /// Saves that the pull is being discarded, so that no run resumes it. Only then its sinks may be rolled back.
    ///
    /// # Errors
    /// It cannot be saved.
    pub fn discard(&self) -> Result<(), StateError> {
        self.put(|state, _| {
            let mut state = state.clone();
            if let Some(pull) = &mut state.unfinished {
                pull.checkpoint.stage = Stage::Discarding;
            }
            state
        })
    }

    /// Removes the pull from the state, as if it had never started.
    pub fn forget(&self) -> Result<(), StateError> {
        self.put(|state, _| State { unfinished: None, ..state.clone() })?;
        self.file.drop_journals(&kept(&self.lock()))
    }

    fn reached(&self, checkpoint: Option<&Checkpoint>) -> Option<Reached> {
        let value = checkpoint?.reached.clone()?;
        self.pull.continuation.as_ref().map(|continuation| continuation.complete(value))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file with the keys of this pull. The other one may have those of the last complete pull.
    fn keys_file(&self) -> Slot {
        kept_keys(&self.lock()).map_or(Slot::First, |keys| keys.file.other())
    }

    fn journal_file(&self, journal: Journal) -> JournalFile {
        match journal {
            Journal::Pages => JournalFile::Pages,
            Journal::Keys => JournalFile::Keys(self.keys_file()),
            Journal::EarlierKeys => JournalFile::Keys(self.keys_file().other()),
            Journal::Ended => JournalFile::Ended,
            Journal::LeftOut => JournalFile::LeftOut,
        }
    }

    fn put(&self, change: impl FnOnce(&State, Timestamp) -> State) -> Result<(), StateError> {
        // A clock outside the calendar does no harm here.
        let now = Timestamp::try_from(self.clock.now()).unwrap_or_default();
        let mut state = self.lock();
        let changed = change(&state, now);
        self.file.save(&changed)?;
        *state = changed;
        Ok(())
    }
}

impl CheckpointStore for PullState<'_> {
    fn confirm(&self) -> Result<(), StateError> {
        self.file.confirm()
    }

    fn save(&self, checkpoint: &Checkpoint) -> Result<(), StateError> {
        self.put(|state, now| {
            let unfinished = Unfinished { saved: now, checkpoint: checkpoint.clone(), ..self.pull.clone() };
            State { unfinished: Some(unfinished), ..state.clone() }
        })
    }

    fn extend(&self, journal: Journal, after: &Extent, entries: &[u128]) -> Result<(), StateError> {
        self.file.extend_journal(self.journal_file(journal), after, entries)
    }

    fn read(&self, journal: Journal, extent: &Extent) -> Result<Vec<u128>, StateError> {
        self.file.read_journal(self.journal_file(journal), extent)
    }
}

/// The journals of the last complete pull that have entries. What is in the others was rolled back.
fn kept(state: &State) -> Vec<JournalFile> {
    let keys = kept_keys(state).filter(|keys| !keys.extent.is_empty());
    let keys = keys.map(|keys| JournalFile::Keys(keys.file));
    let parents = state.parents.map(|parents| JournalFile::Parents(parents.file));
    keys.into_iter().chain(parents).collect()
}

/// The keys of the last complete pull, if there are any.
fn kept_keys(state: &State) -> Option<&Keys> {
    state.complete.as_ref()?.keys.as_ref()
}
