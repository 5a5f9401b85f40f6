//! Rolls back partitions that cannot be completed.

use crate::{
    listing::PageError,
    partition::PartitionId,
    pull::{
        error::PullError,
        partition::OpenPartition,
        queue::Partition,
        sinks::Sinks,
        worker::{End, Worker},
        writer::Writer,
    },
    state::checkpoint::{PartitionProgress, Position},
    window::Window,
};

impl<'a> Worker<'_, 'a> {
    /// Rolls a partition back and replaces it by the halves of its window.
    pub(super) fn split(
        &mut self,
        open: &mut OpenPartition<'a>,
        id: PartitionId,
        halves: [Window; 2],
    ) -> Result<End, PullError> {
        let halves = halves.map(|window| id.with_window(window));
        if let Some(writer) = self.writer.as_mut().filter(|_| open.has_begun) {
            writer.roll_back(&open.progress, &mut open.sinks)?;
        }
        self.run.give_up_waiting(open, |checkpoint| checkpoint.split(id, halves))?;
        Ok(End::Split(halves))
    }

    /// Rolls a partition back, to be pulled again from its first page.
    pub(super) fn restart(&mut self, open: &mut OpenPartition<'a>) -> Result<End, PullError> {
        if let Some(writer) = self.writer.as_mut().filter(|_| open.has_begun) {
            writer.start_over(&open.progress, &mut open.sinks)?;
        } else if open.progress.spool.is_some() {
            let PartitionProgress { id, restarts, .. } = open.progress;
            let restarted = PartitionProgress { restarts: restarts + 1, ..PartitionProgress::of(id) };
            self.run.give_up_waiting(open, |checkpoint| checkpoint.put(&restarted))?;
        }
        Ok(End::Restart)
    }

    /// Rolls a partition back and leaves it out.
    pub(super) fn skip(&mut self, open: &mut OpenPartition<'a>) -> Result<End, PullError> {
        if let Some(writer) = self.writer.as_mut().filter(|_| open.has_begun) {
            // Unlike the records of a window that is halved, these must not stay.
            writer.take_back(&open.progress, &mut open.sinks)?;
        }
        let id = open.progress.id;
        if let Some(parent) = id.parent.filter(|_| self.run.pull.source.incremental.is_some()) {
            self.run.checkpoint.leave_out(parent);
        }
        self.run.give_up_waiting(open, |checkpoint| checkpoint.skip(id))?;
        Ok(End::Skipped)
    }

    /// Whether the page could not be fetched because the API has deleted the partition's job.
    pub(super) fn is_job_gone(&self, partition: &Partition<'_, 'a>, error: &PageError) -> bool {
        let (Some(job), PageError::Request(error)) = (&self.run.pull.source.job, error) else { return false };
        error.refusal().is_some() && job.is_gone(self.run.client, &partition.variables)
    }
}

impl<'a> Writer<'a> {
    /// Saves the progress, if a later run can resume from here.
    pub(super) fn save_progress(&mut self, open: Option<&mut OpenPartition<'a>>) {
        if self.run.is_resumable() && self.can_resume(open.as_deref()) {
            // If this fails, the last checkpoint still holds, and the reason for the stop says more.
            let _ = self.commit(open);
        }
    }

    /// Rolls a partition back to be pulled again, and returns its progress before its first page. Its records may have changed
    /// since, so they are removed where that is possible.
    pub(super) fn start_over(
        &mut self,
        progress: &PartitionProgress,
        own: &mut Sinks<'a>,
    ) -> Result<PartitionProgress, PullError> {
        if self.sinks.pipe().is_some() || progress.before.is_none() {
            return self.roll_back(progress, own);
        }
        self.take_back(progress, own)
    }

    /// Rolls a partition back to before its first page, and returns its progress there. The checkpoint is saved first, because
    /// afterwards the sinks no longer have what an earlier checkpoint says.
    pub(super) fn roll_back(
        &mut self,
        progress: &PartitionProgress,
        own: &mut Sinks<'a>,
    ) -> Result<PartitionProgress, PullError> {
        if !self.keeps_records(progress) {
            return self.take_back(progress, own);
        }
        let sinks = self.sinks.commit_any()?;
        let needed = progress.before.as_ref().map_or(u64::MAX, |before| before.keys.entries);
        self.save(sinks, needed, |checkpoint| checkpoint.restart(progress))?;
        Ok(self.run.checkpoint.partition(progress.id))
    }

    /// Removes the records of a partition from all sinks, and returns its progress before its first page.
    fn take_back(
        &mut self,
        progress: &PartitionProgress,
        own: &mut Sinks<'a>,
    ) -> Result<PartitionProgress, PullError> {
        let restarted =
            PartitionProgress { restarts: progress.restarts + 1, ..PartitionProgress::of(progress.id) };
        let cannot = || PullError::CannotRollBack { name: self.sinks.name() };
        let before = progress.before.clone().ok_or_else(cannot)?;
        let own_before = progress.sinks_before.clone();
        let sinks = own_before.clone().map(Position::before_other_pages);
        let restarted = PartitionProgress { sinks, sinks_before: own_before, ..restarted };
        if let Some(unique) = &mut self.unique {
            unique.forget_since(before.keys.entries);
        }
        let sinks = (!self.sinks.is_none()).then(|| before.sinks.clone().before_other_pages());
        self.save(sinks, u64::MAX, |checkpoint| {
            if checkpoint.keys.entries > before.keys.entries {
                checkpoint.keys = before.keys;
            }
            checkpoint.put(&restarted);
            checkpoint.forget_job(restarted.id);
        })?;
        self.sinks.roll_back_to(&before.sinks)?;
        restarted.sinks_before.as_ref().map_or(Ok(()), |before| own.roll_back_to(before))?;
        Ok(restarted)
    }

    /// Whether the records of a partition stay in the sinks when it is rolled back. They can if each has a key, because
    /// they are dropped as duplicates when they arrive again. They do not stay in the partition's own files, which are removed.
    fn keeps_records(&self, progress: &PartitionProgress) -> bool {
        self.unique.is_some() && self.run.own.is_empty() && progress.without_key == 0
    }

    /// Rolls back the sinks of a pull that has failed and cannot be resumed, as far as possible.
    pub(super) fn roll_back_after_failure(mut self) {
        let before = self.run.checkpoint.snapshot().sinks_before;
        if let Some(before) = before.filter(|_| !self.run.is_resumable()) {
            // The failure of the pull is the one to report.
            let _ = self.sinks.roll_back_to(&before);
        }
    }
}
