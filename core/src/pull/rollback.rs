//! What becomes of what was written when a pull cannot go on.

use crate::{
    listing::PageError,
    pull::{
        definition::Pull,
        error::PullError,
        partition::OpenPartition,
        queue::{Attempt, Partition},
        sinks::Sinks,
        window::Windows,
        worker::{End, Worker},
    },
    state::checkpoint::{Checkpointing, Journal, OwnFiles, PartitionProgress, Position},
};

impl<'a> Worker<'a> {
    /// Decides what to do about a page that cannot be had.
    pub(super) fn give_up(
        &mut self,
        open: &mut OpenPartition<'a>,
        partition: &Partition<'a>,
        error: PageError,
    ) -> Result<End, PullError> {
        let pull = self.run.pull;
        if let Some(window) = partition.window.filter(|_| pull.is_too_deep(&error)) {
            let Some(halves) = window.halves(pull.shortest()) else {
                return self.stop(Some(open), PullError::TooDeep { window });
            };
            self.take_back(open)?;
            self.run.saved.note(|checkpoint| checkpoint.split(window, halves));
            return Ok(End::Split(halves));
        }
        if partition.attempt == Attempt::First && self.is_job_over(partition, &error) {
            self.take_back(open)?;
            return Ok(End::JobOver);
        }
        self.stop(Some(open), error.into())
    }

    /// Keeps what came so far and returns the error.
    pub(super) fn stop<T>(
        &mut self,
        open: Option<&mut OpenPartition<'a>>,
        error: PullError,
    ) -> Result<T, PullError> {
        self.keep(open);
        Err(error)
    }

    /// Keeps what came so far, where a later run can go on from here.
    pub(super) fn keep(&mut self, open: Option<&mut OpenPartition<'a>>) {
        let can_go_on = open.as_ref().map_or(self.sinks.is_in_step(), |open| self.can_be_taken_up(open));
        if self.run.saved.every().is_some() && can_go_on {
            // Should this fail, the last checkpoint still stands, and what stopped the run tells more.
            let _ = self.commit(open);
        }
    }

    /// Takes back what was written of a partition that begins anew.
    fn take_back(&mut self, open: &mut OpenPartition<'a>) -> Result<(), PullError> {
        if self.stays(&open.progress) {
            let sinks = self.sinks.commit_any()?;
            let progress = &open.progress;
            return self.save(sinks, u64::MAX, |checkpoint| checkpoint.begin_anew(progress));
        }
        let progress = open.progress.clone();
        open.progress = self.begin_anew(progress)?;
        match &open.progress.sinks_before {
            Some(before) => open.sinks.go_back(before),
            None => Ok(()),
        }
    }

    /// Has a partition begin anew: first in the checkpoint and then in the sinks, which from then on lack what an earlier
    /// checkpoint says that they have.
    pub(super) fn begin_anew(
        &mut self,
        partition: PartitionProgress,
    ) -> Result<PartitionProgress, PullError> {
        let anew = PartitionProgress { anew: partition.anew + 1, ..PartitionProgress::of(partition.window) };
        if self.stays(&partition) {
            self.run.saved.note(|checkpoint| checkpoint.begin_anew(&partition));
            return Ok(anew);
        }
        let sinks = partition.sinks_before.clone().map(Position::before_another);
        let anew = PartitionProgress { sinks, sinks_before: partition.sinks_before, ..anew };
        let before = partition.before.ok_or_else(|| PullError::CannotGoBack { name: self.sinks.name() })?;
        if let Some(unique) = &mut self.unique {
            unique.forget_since(before.keys.entries);
        }
        let sinks = (!self.sinks.is_none()).then(|| before.sinks.clone().before_another());
        self.save(sinks, u64::MAX, |checkpoint| {
            if checkpoint.keys.entries > before.keys.entries {
                checkpoint.keys = before.keys;
            }
            checkpoint.put(&anew);
            checkpoint.forget_job(anew.window);
        })?;
        self.sinks.go_back(&before.sinks)?;
        Ok(anew)
    }

    fn is_job_over(&self, partition: &Partition<'a>, error: &PageError) -> bool {
        let (Some(job), PageError::Request(error)) = (&self.run.pull.source.job, error) else { return false };
        error.refusal().is_some() && job.is_over(self.run.client, &partition.variables)
    }

    /// Takes every sink back to before the first page, as far as it goes: the pull has failed, is not kept, and nothing
    /// of it is to stay.
    pub(super) fn undo(&mut self) {
        if let Some(before) = self.run.saved.checkpoint().sinks_before {
            // The failure of the pull is what is reported.
            let _ = self.sinks.go_back(&before);
        }
    }
}

/// Takes the sinks of a pull that is kept back to where it began, from where its checkpoint says that they stand.
///
/// Files of windows that are complete were finished with them. Only a sink that `appends`, by its name, can take those
/// back; any other has put them in the place of what was there.
///
/// # Errors
/// The first sink that cannot. The others are taken back all the same.
pub fn undo(pull: &Pull<'_>, appends: impl Fn(&str) -> bool) -> Result<(), PullError> {
    let Some(Checkpointing { store: checkpoints, from: Some(checkpoint), .. }) = &pull.checkpointing else {
        return Ok(());
    };
    let (own, shared) = pull.own_and_shared();
    let appending: Vec<_> = own.iter().copied().filter(|(name, _)| appends(name)).collect();
    let back = |sinks, variables, before: Position| {
        Sinks::open(sinks, variables, Some(&before.before_another())).map(drop)
    };
    let whole = checkpoint.sinks_before.clone().map(|before| back(shared, pull.variables.clone(), before));
    let begun = checkpoint.parts.iter().filter_map(OwnFiles::of).map(|files| (own.clone(), files));
    let (ended, unread) = match checkpoints.read(Journal::Ended, &checkpoint.ended) {
        Ok(entries) => (OwnFiles::read(&entries), None),
        Err(error) => (Vec::new(), Some(Err(error.into()))),
    };
    let ended = ended.into_iter().map(|files| (appending.clone(), files));
    let queue = begun.chain(ended).map(|(sinks, OwnFiles { window, sinks_before })| {
        back(sinks, Windows::in_file_names(&pull.variables, &window), sinks_before)
    });
    let undone: Vec<_> = whole.into_iter().chain(queue).chain(unread).collect();
    undone.into_iter().collect()
}
