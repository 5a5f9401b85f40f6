//! Undoes a stopped pull that is not going to be resumed.

use crate::{
    pull::{definition::Pull, error::PullError, partitions::Partitions, sinks::Sinks},
    state::checkpoint::{Checkpointing, Journal, OwnFiles, Position, Stage},
};

/// Opens the sinks of a stopped pull again that `appends`, by their names, if they may be finished already. [`undo`] needs it.
///
/// A finished file no longer says which of its records are of this pull. Opened where the pull committed it last, it says so
/// again, unless something else has followed. That can be told only as long as nothing is rolled back, so it must happen before
/// the checkpoint says that the pull is being discarded.
///
/// # Errors
/// The first sink that cannot be opened there. The pull can still be resumed.
pub fn reopen_finished(pull: &Pull<'_>, appends: impl Fn(&str) -> bool) -> Result<(), PullError> {
    let from = pull.checkpointing.as_ref().and_then(|checkpointing| checkpointing.from.as_ref());
    let finished = from.filter(|checkpoint| checkpoint.stage == Stage::Finishing);
    let Some(last) = finished.and_then(|checkpoint| checkpoint.sinks.as_ref()) else { return Ok(()) };
    let (_, mut shared) = pull.own_and_shared();
    shared.retain(|(name, _)| appends(name));
    Sinks::open(shared, pull.variables.clone(), Some(last)).map(drop)
}

/// Rolls the sinks of a stopped pull back to where it started.
///
/// The files of complete partitions were published with them. Only a sink that `appends`, by its name, can roll those back;
/// any other has replaced what was there.
///
/// # Errors
/// The first sink that cannot be rolled back. The others are still rolled back.
pub fn undo(pull: &Pull<'_>, appends: impl Fn(&str) -> bool) -> Result<(), PullError> {
    let Some(Checkpointing { store, from: Some(checkpoint), .. }) = &pull.checkpointing else {
        return Ok(());
    };
    let (own, shared) = pull.own_and_shared();
    let appending: Vec<_> = own.iter().copied().filter(|(name, _)| appends(name)).collect();
    let roll_back = |sinks, variables, before: Position| {
        Sinks::open(sinks, variables, Some(&before.before_other_pages())).map(drop)
    };
    let of_shared =
        checkpoint.sinks_before.clone().map(|before| roll_back(shared, pull.variables.clone(), before));
    let unfinished = checkpoint.partitions.iter().filter_map(OwnFiles::of).map(|files| (own.clone(), files));
    let (complete, unread) = match store.read(Journal::Ended, &checkpoint.ended) {
        Ok(entries) => (OwnFiles::read(&entries), None),
        Err(error) => (Vec::new(), Some(Err(error.into()))),
    };
    let complete = complete.into_iter().map(|files| (appending.clone(), files));
    let partitions = Partitions::of(pull);
    let files = unfinished.chain(complete).map(|(sinks, OwnFiles { partition, sinks_before })| {
        roll_back(sinks, partitions.in_file_names(partition)?, sinks_before)
    });
    let outcomes: Vec<_> = of_shared.into_iter().chain(files).chain(unread).collect();
    outcomes.into_iter().collect()
}
