//! Writes partitions to the sinks.

use crate::{
    event::Event,
    listing::{
        page::Page,
        position::{Next, Progress},
    },
    pull::{
        error::PullError,
        last_commit::LastCommit,
        limit::take_one,
        partition::OpenPartition,
        run::Run,
        sinks::Sinks,
        spool::SpoolFile,
        unique::{Sorted, Unique},
    },
    sink::{Batch, Lines},
    state::{
        Summary,
        checkpoint::{Before, PartitionProgress},
    },
};

/// Writes partitions to the sinks, one after another.
pub(super) struct Writer<'a> {
    pub(super) run: &'a Run<'a>,
    /// The sinks that take the records of all partitions. If there are any, this is the only writer.
    pub(super) sinks: Sinks<'a>,
    /// Drops duplicates. It also needs the partitions in order.
    pub(super) unique: Option<Unique>,
    pub(super) uncommitted: Uncommitted,
    pub(super) last_commit: LastCommit,
}

/// What a writer has written since its last commit.
#[derive(Default)]
pub(super) struct Uncommitted {
    /// The fingerprints of the pages.
    pub(super) pages: Vec<u128>,
    /// The spools of these pages. The last checkpoint still mentions them.
    pub(super) spools: Vec<SpoolFile>,
    /// The partitions that were completed.
    pub(super) complete: Vec<PartitionProgress>,
}

impl<'a> Writer<'a> {
    /// One writer if the partitions have an order, and otherwise one for each worker. The sinks that take all partitions are
    /// open where the checkpoint left them.
    pub(super) fn all(run: &'a Run<'a>) -> Result<Vec<Self>, PullError> {
        let count = if run.is_ordered() { 1 } else { run.workers };
        (0..count).map(|_| Self::new(run)).collect()
    }

    fn new(run: &'a Run<'a>) -> Result<Self, PullError> {
        let checkpoint = run.checkpoint.snapshot();
        let mut sinks = Sinks::none();
        if !run.shared.is_empty() {
            sinks = Sinks::open(run.shared.clone(), run.pull.variables.clone(), checkpoint.sinks.as_ref())?;
        }
        let unique = run.unique(checkpoint.settled_keys())?;
        let last_commit = LastCommit::none(run.client.clock().elapsed());
        let mut writer = Self { run, sinks, unique, uncommitted: Uncommitted::default(), last_commit };
        if checkpoint.sinks.is_none() && !writer.sinks.is_none() {
            writer.save_start()?;
        }
        Ok(writer)
    }

    /// Writes the pages of a partition that waited for its turn, and saves where the sinks stand if more pages follow.
    pub(super) fn begin(&mut self, open: &mut OpenPartition<'a>) -> Result<(), PullError> {
        if !open.has_begun && open.pages.progress().next != Next::End {
            self.save_before(open)?;
        }
        open.has_begun = true;
        let spool = std::mem::take(&mut open.spool);
        let file = spool.drain(|lines| self.write_lines(open, lines))?;
        self.uncommitted.spools.extend(file.filter(SpoolFile::is_saved));
        open.progress.spool = None;
        self.add_fingerprints(std::mem::take(&mut open.fingerprints));
        Ok(())
    }

    /// Writes a page, without the records that were written before.
    pub(super) fn write_page(
        &mut self,
        open: &mut OpenPartition<'a>,
        page: &mut Page,
    ) -> Result<(), PullError> {
        let sorted = self.unique.as_mut().map(|unique| unique.sort(|is_new| page.retain(is_new)));
        if let Some(mut left) = self.run.left(open) {
            page.retain(|_| take_one(&mut left));
        }
        self.write(open, sorted, &page.batch())
    }

    /// Writes the records of a page, without those that were written before.
    pub(super) fn write_lines(
        &mut self,
        open: &mut OpenPartition<'a>,
        lines: &mut Lines,
    ) -> Result<(), PullError> {
        let sorted = self.unique.as_mut().map(|unique| unique.sort(|is_new| lines.retain(is_new)));
        if let Some(mut left) = self.run.left(open) {
            lines.retain(|_| take_one(&mut left));
        }
        self.write(open, sorted, &lines.batch())
    }

    fn write(
        &mut self,
        open: &mut OpenPartition<'a>,
        sorted: Option<Sorted>,
        batch: &Batch<'_>,
    ) -> Result<(), PullError> {
        if let Some(sorted) = sorted {
            open.progress.repeated += sorted.repeated;
            open.progress.unchanged += sorted.unchanged;
            open.progress.without_key += sorted.without_key;
        }
        self.run.columns.look_in(batch);
        // The same batch has the same mark, whether it waited or not.
        self.sinks.next_batch();
        open.sinks.next_batch();
        self.sinks.write(batch)?;
        open.sinks.write(batch)?;
        open.progress.written += batch.len() as u64;
        if let Some(records) = open.pages.progress().total {
            self.run.client.observer().on(&Event::TotalReported { records });
        }
        let written = Event::PageWritten { records: batch.len(), bytes: batch.bytes().len() };
        self.run.client.observer().on(&written);
        Ok(())
    }

    /// Saves where the sinks stand before the first page of the partition, to roll back to.
    pub(super) fn save_before(&mut self, open: &mut OpenPartition<'a>) -> Result<(), PullError> {
        if open.progress.before.is_none() {
            open.progress.before = self.before()?;
        }
        if open.sinks.is_none() {
            return Ok(());
        }
        open.progress.sinks_before = Some(open.sinks.commit()?);
        self.commit(Some(open))
    }

    /// Where the shared sinks and the keys stand, if the partition may have to be rolled back.
    fn before(&mut self) -> Result<Option<Before>, PullError> {
        if !self.run.pull.may_roll_back() || !self.sinks.has_no_sink_ahead() {
            return Ok(None);
        }
        let sinks = self.sinks.commit()?;
        let keys = self.run.checkpoint.keys();
        let since = self.unique.as_ref().map_or(&[][..], |unique| unique.since(keys.entries));
        Ok(Some(Before { sinks, keys: keys.and(since) }))
    }

    /// Writes the pages that wait, completes the partition, and publishes its own files.
    pub(super) fn write_rest(&mut self, mut open: OpenPartition<'a>) -> Result<(), PullError> {
        self.begin(&mut open)?;
        open.progress.listing = Progress { next: Next::End, ..open.pages.progress().clone() };
        if !open.sinks.is_none() {
            self.commit(Some(&mut open))?;
            let mut alone = Summary::default();
            open.progress.add_complete_to(&mut alone);
            self.run.refuse_findings(&alone)?;
        }
        let OpenPartition { progress, sinks, .. } = open;
        sinks.finish()?;
        self.run.client.observer().on(&Event::PartitionComplete { id: progress.id });
        self.uncommitted.complete.push(progress);
        if !self.run.is_resumable() {
            // Nothing is written to a disk here, and the list must not grow with the pull.
            self.save(None, u64::MAX, |_| {})?;
        }
        Ok(())
    }

    /// Adds the fingerprints of pages that were written.
    pub(super) fn add_fingerprints(&mut self, fingerprints: impl IntoIterator<Item = u128>) {
        if self.run.is_resumable() {
            self.uncommitted.pages.extend(fingerprints);
        }
    }
}
