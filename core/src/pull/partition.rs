//! A partition that is being read.

use crate::{
    listing::{Pages, position::Next},
    pull::{error::PullError, queue::Partition, sinks::Sinks, window::Windows, worker::Worker},
    state::checkpoint::{Before, PartitionProgress},
};

/// A partition that is being read.
pub(super) struct OpenPartition<'a> {
    pub(super) pages: Pages<'a>,
    /// The sinks that have a file for each window.
    pub(super) sinks: Sinks<'a>,
    pub(super) progress: PartitionProgress,
}

impl<'a> Worker<'a> {
    /// Opens a partition where it stands.
    pub(super) fn open(&mut self, partition: &mut Partition<'a>) -> Result<OpenPartition<'a>, PullError> {
        let mut progress = self.run.saved.partition(partition.window);
        let job = partition.variables.get("job.id").map(str::to_owned);
        if progress.listing.next != Next::First && progress.job != job {
            // The job is another one than that whose results were read.
            progress = self.begin_anew(progress)?;
        }
        progress.job = job;
        let pages = match partition.begun.take() {
            Some(pages) => pages,
            None => self.run.listings.pages(&partition.variables, &progress)?,
        };
        let sinks = self.open_own(partition, &progress)?;
        let mut open = OpenPartition { pages, sinks, progress };
        if open.progress.listing.next == Next::First {
            self.begin_part(&mut open)?;
        }
        Ok(open)
    }

    fn open_own(
        &self,
        partition: &Partition<'a>,
        progress: &PartitionProgress,
    ) -> Result<Sinks<'a>, PullError> {
        let Some(window) = partition.window.filter(|_| !self.run.own.is_empty()) else {
            return Ok(Sinks::none());
        };
        let variables = Windows::in_file_names(&self.run.pull.variables, &window);
        Sinks::open(self.run.own.clone(), variables, progress.sinks.as_ref())
    }

    /// Remembers how things are before the first page.
    fn begin_part(&mut self, open: &mut OpenPartition<'a>) -> Result<(), PullError> {
        let (kept, own) = (self.run.saved.every().is_some(), open.sinks.len());
        open.progress.before = self.before()?;
        if own > 1 || (kept && own > 0) {
            open.progress.sinks_before = Some(open.sinks.commit()?);
        }
        // A file that is appended to can be taken back only to a place that was saved.
        if kept && own > 0 { self.commit(Some(open)) } else { Ok(()) }
    }

    /// How all else is before the partition, where it may have to be taken back.
    fn before(&mut self) -> Result<Option<Before>, PullError> {
        if !self.run.pull.may_begin_anew() || !self.sinks.is_in_step() {
            return Ok(None);
        }
        let sinks = self.sinks.commit()?;
        let keys = self.run.saved.keys();
        let since = self.unique.as_ref().map_or(&[][..], |unique| unique.since(keys.entries));
        Ok(Some(Before { sinks, keys: keys.and(since) }))
    }

    /// Whether what was written of a partition stays when it begins anew. Records that carry a key may: when they come again
    /// they are dropped. But a file of the window's own does not stay, and they must not be missing from another.
    pub(super) fn stays(&self, partition: &PartitionProgress) -> bool {
        self.unique.is_some() && self.run.own.is_empty() && partition.without_key == 0
    }
}

impl OpenPartition<'_> {
    /// Makes everything durable in the sinks of the window's own.
    pub(super) fn commit(&mut self) -> Result<&PartitionProgress, PullError> {
        self.progress.sinks = self.sinks.commit_any()?;
        Ok(&self.progress)
    }

    /// Takes back what sinks of the window's own were given, as far as it goes.
    pub(super) fn undo(mut self) {
        if let Some(before) = &self.progress.sinks_before {
            // The failure of the pull is what is reported.
            let _ = self.sinks.go_back(before);
        }
    }
}
