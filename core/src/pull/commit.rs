//! When records are made durable, and when the checkpoint says so.

use crate::{
    event::Event,
    pull::{
        error::PullError,
        incremental::{advance, refuse_incomparable},
        last_commit::LastCommit,
        order::Ended,
        partition::OpenPartition,
        run::Run,
        shared_checkpoint::Entries,
        spool::SpoolFile,
        writer::Writer,
    },
    state::{
        Summary,
        checkpoint::{Checkpoint, OwnFiles, Position, Stage},
    },
};

/// How many complete partitions may wait for a commit. Each needs some memory until then.
const MOST_UNCOMMITTED: usize = 1024;

impl<'a> Writer<'a> {
    /// Saves where the sinks stand before the first page, to roll back to.
    pub(super) fn save_start(&mut self) -> Result<(), PullError> {
        if self.sinks.len() == 1 && !self.run.is_resumable() {
            // A single sink rolls back by itself what was never committed.
            return Ok(());
        }
        let position = self.sinks.commit()?;
        self.run.checkpoint.save(Entries::default(), |checkpoint| {
            checkpoint.sinks_before = Some(position.clone());
            checkpoint.sinks = Some(position);
        })?;
        Ok(())
    }

    /// Writes a partition that has ended before its turn.
    pub(super) fn write_ended(&mut self, ended: Ended<'a>) -> Result<(), PullError> {
        match ended {
            Ended::Failed(error) => {
                self.save_progress(None);
                return Err(error);
            }
            Ended::Complete(open) => self.write_rest(*open)?,
        }
        self.commit_when_due(None)
    }

    /// Commits if the last commit was long enough ago, and a later run could resume from here.
    pub(super) fn commit_when_due(&mut self, open: Option<&mut OpenPartition<'a>>) -> Result<(), PullError> {
        let Some(every) = self.run.checkpoint.every() else { return Ok(()) };
        let is_due = self.last_commit.is_long_ago(self.run.client.clock().elapsed(), every)
            || self.uncommitted.complete.len() >= MOST_UNCOMMITTED;
        if is_due && self.can_resume(open.as_deref()) { self.commit(open) } else { Ok(()) }
    }

    /// Whether a later run could resume from here.
    pub(super) fn can_resume(&self, open: Option<&OpenPartition<'a>>) -> bool {
        let can_resume = |open: &OpenPartition<'_>| {
            open.sinks.has_no_sink_ahead() && open.pages.can_resume_from(&open.progress.listing)
        };
        self.sinks.has_no_sink_ahead() && open.is_none_or(can_resume)
    }

    /// Makes everything durable in every sink, and only then saves the progress.
    pub(super) fn commit(&mut self, open: Option<&mut OpenPartition<'a>>) -> Result<(), PullError> {
        let clock = self.run.client.clock();
        let started = clock.elapsed();
        let sinks = self.sinks.commit_any()?;
        let progress = open.map(OpenPartition::commit).transpose()?;
        let before = progress.and_then(|progress| progress.before.as_ref());
        let needed = before.map_or(u64::MAX, |before| before.keys.entries);
        self.save(sinks, needed, |checkpoint| {
            if let Some(progress) = progress {
                checkpoint.put(progress);
            }
        })?;
        self.last_commit = LastCommit::new(started, clock.elapsed());
        self.run.client.observer().on(&Event::Committed { took: self.last_commit.took() });
        Ok(())
    }

    /// Saves where the sinks stand and what has changed. A rollback may forget all keys but the first `needed`.
    pub(super) fn save(
        &mut self,
        sinks: Option<Position>,
        needed: u64,
        change: impl FnOnce(&mut Checkpoint),
    ) -> Result<(), PullError> {
        let (had, columns) = (self.run.listings.history.of_pull(), self.run.columns.places());
        let incremental = self.run.pull.source.incremental.as_ref();
        let (shared, uncommitted) = (&self.run.checkpoint, &mut self.uncommitted);
        let keys = self.unique.as_ref().map_or(&[][..], |unique| unique.since(shared.keys().entries));
        let files = uncommitted.complete.iter().filter_map(OwnFiles::of);
        let ended: Vec<_> = files.flat_map(|files| files.entries()).collect();
        shared.save(Entries { pages: &uncommitted.pages, keys, ended: &ended }, |checkpoint| {
            for progress in uncommitted.complete.drain(..) {
                checkpoint.complete(&progress);
                advance(checkpoint, progress, incremental);
            }
            checkpoint.sinks = sinks.or_else(|| checkpoint.sinks.take());
            checkpoint.had = had;
            checkpoint.complete.unmatched_columns = columns;
            change(checkpoint);
        })?;
        uncommitted.pages.clear();
        uncommitted.spools.drain(..).for_each(SpoolFile::remove);
        if let Some(unique) = &mut self.unique {
            unique.settle(shared.keys().entries.min(needed));
        }
        Ok(())
    }

    /// Publishes what was committed.
    pub(super) fn publish(self) -> Result<(), PullError> {
        self.sinks.finish()
    }
}

impl Run<'_> {
    /// Saves that every page is durable, and that nothing is left but to publish the result.
    ///
    /// # Errors
    /// A strict pull has findings. It stays as it is, so that a later run can publish it.
    pub(super) fn all_durable(&self) -> Result<Summary, PullError> {
        let checkpoint = self.checkpoint.snapshot();
        refuse_incomparable(&checkpoint, self.pull.source.incremental.as_ref())?;
        let summary = checkpoint.complete;
        self.refuse_findings(&summary)?;
        self.checkpoint.save(Entries::default(), |checkpoint| checkpoint.stage = Stage::Finishing)?;
        Ok(summary)
    }

    /// In a strict pull, findings are errors.
    pub(super) fn refuse_findings(&self, summary: &Summary) -> Result<(), PullError> {
        let findings = summary.findings();
        if self.pull.strict && !findings.is_empty() {
            return Err(PullError::Findings { summary: Box::new(summary.clone()) });
        }
        Ok(())
    }
}
