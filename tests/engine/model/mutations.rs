//! Faults of the protocol. The model finds what each of them breaks.

use std::collections::VecDeque;

use super::step::{Change, Note, Step};

/// A fault of the protocol.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Mutation {
    /// The checkpoint is saved before the sinks commit.
    SavesBeforeCommit,
    /// The sinks do not commit at all.
    NeverCommits,
    /// A page is counted but not written.
    NeverWrites,
    /// The checkpoint is renamed but never synced.
    NeverSyncsState,
    /// A run opens the sinks where a checkpoint says that a power cut can still undo.
    NeverConfirms,
    /// The result is published before the checkpoint says that nothing else is left.
    PublishesBeforeSaving,
    /// The pull is complete before its result is published.
    CompletesBeforePublishing,
    /// The new name of a file is not synced.
    NeverSyncsNames,
    /// A partition is rolled back before the checkpoint says so.
    RollsBackBeforeSaving,
    /// A partition that starts again is not rolled back.
    NeverRollsBack,
    /// Keys are saved after the checkpoint that mentions them.
    ExtendsKeysAfterSaving,
    /// The spool is removed before the checkpoint that does not mention it.
    RemovesSpoolBeforeSaving,
    /// What waits is not made durable.
    NeverCommitsSpool,
    /// The checkpoint of a pull that is discarded is forgotten before the sinks are rolled back.
    ForgetsBeforeUndoing,
    /// The sinks of a pull that is discarded are not rolled back.
    NeverUndoes,
    /// A pull that is being discarded can be resumed.
    NeverSavesDiscarding,
    /// A run has no record, so a stream that is complete is pulled again.
    HasNoRecord,
}

impl Mutation {
    pub(super) const ALL: [Self; 17] = [
        Self::SavesBeforeCommit,
        Self::NeverCommits,
        Self::NeverWrites,
        Self::NeverSyncsState,
        Self::NeverConfirms,
        Self::PublishesBeforeSaving,
        Self::CompletesBeforePublishing,
        Self::NeverSyncsNames,
        Self::RollsBackBeforeSaving,
        Self::NeverRollsBack,
        Self::ExtendsKeysAfterSaving,
        Self::RemovesSpoolBeforeSaving,
        Self::NeverCommitsSpool,
        Self::ForgetsBeforeUndoing,
        Self::NeverUndoes,
        Self::NeverSavesDiscarding,
        Self::HasNoRecord,
    ];

    /// The name of a shape that it breaks.
    pub(super) fn shape(self) -> &'static str {
        match self {
            Self::RollsBackBeforeSaving | Self::NeverRollsBack | Self::NeverConfirms => "split",
            Self::ExtendsKeysAfterSaving => "split with keys",
            Self::RemovesSpoolBeforeSaving | Self::NeverCommitsSpool => "at once",
            Self::ForgetsBeforeUndoing | Self::NeverUndoes => "appended",
            Self::NeverSavesDiscarding => "own files",
            Self::HasNoRecord => "two streams",
            _ => "replaced",
        }
    }

    /// Changes a sequence of steps.
    pub(super) fn apply(self, steps: &mut VecDeque<Step>) {
        let is_save = |step: &Step| matches!(step, Step::Save(_));
        let is_state = |step: &Step| is_save(step) || *step == Step::SyncState;
        match self {
            Self::SavesBeforeCommit => move_first(steps, is_state, |step| matches!(step, Step::Commit(_))),
            Self::NeverCommits => steps.retain(|step| !matches!(step, Step::Commit(_))),
            Self::NeverWrites => steps.retain(|step| !matches!(step, Step::Write(..))),
            Self::NeverSyncsState => steps.retain(|step| *step != Step::SyncState),
            Self::NeverConfirms => {
                if steps.front() == Some(&Step::SyncState) {
                    steps.pop_front();
                }
            }
            Self::PublishesBeforeSaving => {
                move_first(steps, |step| matches!(step, Step::Publish(_) | Step::SyncName(_)), is_save);
            }
            Self::CompletesBeforePublishing => {
                let is_complete = |step: &Step| *step == Step::Save(Change::Complete);
                move_first(steps, is_complete, |step| matches!(step, Step::Publish(_)));
            }
            Self::NeverSyncsNames => {
                for step in steps.iter_mut() {
                    if let Step::SyncName(place) = step {
                        *step = Step::Note(Note::Closed(*place));
                    }
                }
            }
            Self::RollsBackBeforeSaving => {
                move_first(steps, |step| matches!(step, Step::RollBack(_)), is_save);
            }
            Self::NeverRollsBack => steps.retain(|step| !matches!(step, Step::RollBack(_))),
            Self::ExtendsKeysAfterSaving => move_first(steps, is_state, |step| *step == Step::ExtendKeys),
            Self::RemovesSpoolBeforeSaving => {
                move_first(steps, |step| matches!(step, Step::RemoveSpool(_)), is_save);
            }
            Self::NeverCommitsSpool => steps.retain(|step| *step != Step::Spool),
            Self::ForgetsBeforeUndoing => {
                let forgets = |step: &Step| *step == Step::Save(Change::Forgotten);
                move_first(steps, forgets, |step| matches!(step, Step::Undo(..)));
            }
            Self::NeverUndoes => steps.retain(|step| !matches!(step, Step::Undo(..))),
            Self::NeverSavesDiscarding => steps.retain(|step| *step != Step::Save(Change::Discarding)),
            Self::HasNoRecord => steps.retain(|step| *step != Step::CreateRecord),
        }
    }
}

/// Moves the steps that are `moved` before the first one that is `before`.
fn move_first(steps: &mut VecDeque<Step>, moved: impl Fn(&Step) -> bool, before: impl Fn(&Step) -> bool) {
    let Some(at) = steps.iter().position(before) else { return };
    let (moved, others): (Vec<_>, Vec<_>) = steps.drain(at..).partition(moved);
    steps.extend(moved.into_iter().chain(others));
}
