//! Undoes a stopped pull that is not going to be resumed.

use crate::{
    pull::{definition::Pull, error::PullError, partitions::Partitions, sinks::Sinks},
    state::checkpoint::{Checkpointing, Journal, OwnFiles, Position},
};

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
