//! A partition that is being pulled.

use crate::{
    listing::{
        Pages,
        position::{Next, Progress},
    },
    pull::{
        error::PullError,
        queue::Partition,
        sinks::Sinks,
        window::Windows,
        worker::{End, Worker},
    },
    state::{
        Summary,
        checkpoint::{Before, PartitionProgress},
    },
    window::Window,
};

/// A partition that is being pulled.
pub(super) struct OpenPartition<'a> {
    /// The pages that are left.
    pub(super) pages: Pages<'a>,
    /// The sinks with a file for each partition.
    pub(super) sinks: Sinks<'a>,
    /// What was written.
    pub(super) progress: PartitionProgress,
}

impl<'a> Worker<'a> {
    /// Opens a partition where its progress says. If its job is not the one whose results were read, it is rolled back
    /// first.
    pub(super) fn open(&mut self, partition: &mut Partition<'_, 'a>) -> Result<OpenPartition<'a>, PullError> {
        let mut progress = self.run.checkpoint.partition(partition.window);
        let mut sinks = self.open_own(partition.window, &progress)?;
        let job = partition.variables.get("job.id").map(str::to_owned);
        if progress.listing.next != Next::First && progress.job != job {
            progress = self.roll_back(&progress, &mut sinks)?;
        }
        progress.job = job;
        let pages = match partition.prefetched.take() {
            Some(pages) => pages,
            None => self.run.listings.pages(&partition.variables, &progress)?,
        };
        let mut open = OpenPartition { pages, sinks, progress };
        if open.progress.listing.next == Next::First {
            self.save_before(&mut open)?;
        }
        Ok(open)
    }

    fn open_own(&self, window: Option<Window>, progress: &PartitionProgress) -> Result<Sinks<'a>, PullError> {
        let Some(window) = window.filter(|_| !self.run.own.is_empty()) else { return Ok(Sinks::none()) };
        let variables = Windows::in_file_names(&self.run.pull.variables, &window);
        Sinks::open(self.run.own.clone(), variables, progress.sinks.as_ref())
    }

    /// Saves where the sinks stand before the first page of the partition, to roll back to.
    fn save_before(&mut self, open: &mut OpenPartition<'a>) -> Result<(), PullError> {
        open.progress.before = self.before()?;
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

    /// Completes a partition whose last page was written, and publishes its own files.
    pub(super) fn complete(&mut self, mut open: OpenPartition<'a>) -> Result<End, PullError> {
        open.progress.listing = Progress { next: Next::End, ..open.pages.progress().clone() };
        if !open.sinks.is_none() {
            self.commit(Some(&mut open))?;
            let mut alone = Summary::default();
            open.progress.add_complete_to(&mut alone);
            self.run.refuse_findings(&alone)?;
        }
        let OpenPartition { progress, sinks, .. } = open;
        sinks.finish()?;
        self.uncommitted.complete.push(progress);
        if !self.run.is_resumable() {
            // Nothing is written to a disk here, and the list must not grow with the pull.
            self.save(None, u64::MAX, |_| {})?;
        }
        Ok(End::Complete)
    }
}

impl OpenPartition<'_> {
    /// Makes everything durable in the partition's own sinks.
    pub(super) fn commit(&mut self) -> Result<&PartitionProgress, PullError> {
        self.progress.sinks = self.sinks.commit_any()?;
        Ok(&self.progress)
    }

    /// Rolls back the partition's own sinks as far as possible, after the pull has failed.
    pub(super) fn roll_back_after_failure(mut self) {
        if let Some(before) = &self.progress.sinks_before {
            // The failure of the pull is the one to report.
            let _ = self.sinks.roll_back_to(before);
        }
    }
}
