//! Saves partitions that wait for their turn.

use crate::{
    pull::{
        error::PullError, last_commit::LastCommit, partition::OpenPartition, run::Run,
        shared_checkpoint::Entries,
    },
    state::checkpoint::Checkpoint,
};

impl Run<'_> {
    /// Commits the pages of a partition that waits for its turn, if the last commit was long enough ago.
    pub(super) fn commit_waiting_when_due(&self, open: &mut OpenPartition<'_>) -> Result<(), PullError> {
        let Some(every) = self.checkpoint.every() else { return Ok(()) };
        let is_due = open.last_commit.is_long_ago(self.client.clock().elapsed(), every);
        if is_due { self.commit_waiting(open) } else { Ok(()) }
    }

    /// Saves the progress of a partition that waits for its turn, if a later run can resume from here.
    pub(super) fn save_waiting(&self, open: &mut OpenPartition<'_>) {
        if self.is_resumable() {
            // If this fails, the last checkpoint still holds, and the reason for the stop says more.
            let _ = self.commit_waiting(open);
        }
    }

    /// Makes the pages in the spool durable, and then saves the progress.
    fn commit_waiting(&self, open: &mut OpenPartition<'_>) -> Result<(), PullError> {
        let Some(folder) = &self.pull.spool else { return Ok(()) };
        if open.has_begun || open.progress.listing.pages == 0 {
            return Ok(());
        }
        let started = self.client.clock().elapsed();
        if open.pages.can_resume_from(&open.progress.listing) {
            open.progress.spool = Some(open.spool.commit(folder, open.progress.id)?);
            let (entries, had) = (
                Entries { pages: &open.fingerprints, ..Entries::default() },
                self.listings.history.of_pull(),
            );
            self.checkpoint.save(entries, |checkpoint| {
                checkpoint.put(&open.progress);
                checkpoint.had = had;
            })?;
            open.spool.keep();
            open.fingerprints.clear();
        }
        open.last_commit = LastCommit::new(started, self.client.clock().elapsed());
        Ok(())
    }

    /// Changes the checkpoint so that it does not mention the pages that wait, and removes them.
    pub(super) fn give_up_waiting(
        &self,
        open: &mut OpenPartition<'_>,
        change: impl FnOnce(&mut Checkpoint),
    ) -> Result<(), PullError> {
        if open.progress.spool.take().is_some() {
            self.checkpoint.save(Entries::default(), change)?;
        } else {
            self.checkpoint.note(change);
        }
        open.spool.remove();
        Ok(())
    }
}
