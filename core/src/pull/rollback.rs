//! What becomes of what was written when a pull cannot go on.

use super::{End, PullError, Reader, reading::Reading};
use crate::{
    listing::PageError,
    pull::{
        Pull,
        queue::{Part, Trial},
        sinks::Output,
        window::Windows,
    },
    state::checkpoint::{Journal, Kept, OwnFiles, PartProgress, Position},
};

impl<'a> Reader<'a> {
    /// Decides what to do about a page that cannot be had.
    pub(super) fn give_up(
        &mut self,
        reading: &mut Reading<'a>,
        part: &Part<'a>,
        error: PageError,
    ) -> Result<End, PullError> {
        let pull = self.run.pull;
        if let Some(window) = part.window.filter(|_| pull.is_too_deep(&error)) {
            let Some(halves) = window.halves(pull.shortest()) else {
                return self.stop(Some(reading), PullError::TooDeep { window });
            };
            self.take_back(reading)?;
            self.run.ledger.note(|checkpoint| checkpoint.split(window, halves));
            return Ok(End::TooDeep(halves));
        }
        if part.trial == Trial::First && self.is_job_over(part, &error) {
            self.take_back(reading)?;
            return Ok(End::JobOver);
        }
        self.stop(Some(reading), error.into())
    }

    /// Keeps what came so far and returns the error.
    pub(super) fn stop<T>(
        &mut self,
        reading: Option<&mut Reading<'a>>,
        error: PullError,
    ) -> Result<T, PullError> {
        self.keep(reading);
        Err(error)
    }

    /// Keeps what came so far, where a later run can go on from here.
    pub(super) fn keep(&mut self, reading: Option<&mut Reading<'a>>) {
        let can_go_on =
            reading.as_ref().map_or(self.sinks.is_in_step(), |reading| self.can_be_taken_up(reading));
        if self.run.ledger.every().is_some() && can_go_on {
            // Should this fail, the last checkpoint still stands, and what stopped the run tells more.
            let _ = self.commit(reading);
        }
    }

    /// Takes back what was written of a part that begins anew.
    fn take_back(&mut self, reading: &mut Reading<'a>) -> Result<(), PullError> {
        if self.stays(&reading.progress) {
            let sinks = self.sinks.commit_any()?;
            let progress = &reading.progress;
            return self.save(sinks, u64::MAX, |checkpoint| checkpoint.begin_anew(progress));
        }
        let progress = reading.progress.clone();
        reading.progress = self.begin_anew(progress)?;
        match &reading.progress.sinks_before {
            Some(before) => reading.sinks.go_back(before),
            None => Ok(()),
        }
    }

    /// Has a part begin anew: first in the checkpoint and then in the sinks, which from then on lack what an earlier
    /// checkpoint says that they have.
    pub(super) fn begin_anew(&mut self, part: PartProgress) -> Result<PartProgress, PullError> {
        let anew = PartProgress { anew: part.anew + 1, ..PartProgress::of(part.window) };
        if self.stays(&part) {
            self.run.ledger.note(|checkpoint| checkpoint.begin_anew(&part));
            return Ok(anew);
        }
        let sinks = part.sinks_before.clone().map(Position::before_another);
        let anew = PartProgress { sinks, sinks_before: part.sinks_before, ..anew };
        let before = part.before.ok_or_else(|| PullError::CannotGoBack { name: self.sinks.name() })?;
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

    fn is_job_over(&self, part: &Part<'a>, error: &PageError) -> bool {
        let (Some(job), PageError::Request(error)) = (&self.run.pull.source.job, error) else { return false };
        error.refusal().is_some() && job.is_over(self.run.client, &part.site)
    }

    /// Takes every sink back to before the first page, as far as it goes: the pull has failed, is not kept, and nothing
    /// of it is to stay.
    pub(super) fn undo(&mut self) {
        if let Some(before) = self.run.ledger.checkpoint().sinks_before {
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
    let Some(Kept { checkpoints, from: Some(checkpoint), .. }) = &pull.kept else { return Ok(()) };
    let (own, shared) = pull.own_and_shared();
    let appending: Vec<_> = own.iter().copied().filter(|(name, _)| appends(name)).collect();
    let back =
        |sinks, site, before: Position| Output::open(sinks, site, Some(&before.before_another())).map(drop);
    let whole = checkpoint.sinks_before.clone().map(|before| back(shared, pull.site.clone(), before));
    let begun = checkpoint.parts.iter().filter_map(OwnFiles::of).map(|files| (own.clone(), files));
    let (ended, unread) = match checkpoints.read(Journal::Ended, &checkpoint.ended) {
        Ok(entries) => (OwnFiles::read(&entries), None),
        Err(error) => (Vec::new(), Some(Err(error.into()))),
    };
    let ended = ended.into_iter().map(|files| (appending.clone(), files));
    let parts = begun.chain(ended).map(|(sinks, OwnFiles { window, sinks_before })| {
        back(sinks, Windows::in_file_names(&pull.site, &window), sinks_before)
    });
    let undone: Vec<_> = whole.into_iter().chain(parts).chain(unread).collect();
    undone.into_iter().collect()
}
