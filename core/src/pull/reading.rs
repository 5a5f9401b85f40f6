//! A part that is being read.

use super::{PullError, Reader};
use crate::{
    listing::{Pages, position::Next},
    pull::{queue::Part, sinks::Output, window::Windows},
    state::checkpoint::{Before, PartProgress},
};

/// A part that is being read.
pub(super) struct Reading<'a> {
    pub(super) pages: Pages<'a>,
    /// The sinks that have a file for each window.
    pub(super) sinks: Output<'a>,
    pub(super) progress: PartProgress,
}

impl<'a> Reader<'a> {
    /// Opens a part where it stands.
    pub(super) fn open(&mut self, part: &mut Part<'a>) -> Result<Reading<'a>, PullError> {
        let mut progress = self.run.ledger.part(part.window);
        let job = part.site.get("job.id").map(str::to_owned);
        if progress.listing.next != Next::First && progress.job != job {
            // The job is another one than that whose results were read.
            progress = self.begin_anew(progress)?;
        }
        progress.job = job;
        let pages = match part.begun.take() {
            Some(pages) => pages,
            None => self.run.listings.pages(&part.site, &progress)?,
        };
        let sinks = self.open_own(part, &progress)?;
        let mut reading = Reading { pages, sinks, progress };
        if reading.progress.listing.next == Next::First {
            self.begin_part(&mut reading)?;
        }
        Ok(reading)
    }

    fn open_own(&self, part: &Part<'a>, progress: &PartProgress) -> Result<Output<'a>, PullError> {
        let Some(window) = part.window.filter(|_| !self.run.own.is_empty()) else {
            return Ok(Output::none());
        };
        let site = Windows::in_file_names(&self.run.pull.site, &window);
        Output::open(self.run.own.clone(), site, progress.sinks.as_ref())
    }

    /// Remembers how things are before the first page.
    fn begin_part(&mut self, reading: &mut Reading<'a>) -> Result<(), PullError> {
        let (kept, own) = (self.run.ledger.every().is_some(), reading.sinks.len());
        reading.progress.before = self.before()?;
        if own > 1 || (kept && own > 0) {
            reading.progress.sinks_before = Some(reading.sinks.commit()?);
        }
        // A file that is appended to can be taken back only to a place that was saved.
        if kept && own > 0 { self.commit(Some(reading)) } else { Ok(()) }
    }

    /// How all else is before the part, where it may have to be taken back.
    fn before(&mut self) -> Result<Option<Before>, PullError> {
        if !self.run.pull.may_begin_anew() || !self.sinks.is_in_step() {
            return Ok(None);
        }
        let sinks = self.sinks.commit()?;
        let keys = self.run.ledger.keys();
        let since = self.unique.as_ref().map_or(&[][..], |unique| unique.since(keys.entries));
        Ok(Some(Before { sinks, keys: keys.and(since) }))
    }

    /// Whether what was written of a part stays when it begins anew. Records that carry a key may: when they come again
    /// they are dropped. But a file of the window's own does not stay, and they must not be missing from another.
    pub(super) fn stays(&self, part: &PartProgress) -> bool {
        self.unique.is_some() && self.run.own.is_empty() && part.without_key == 0
    }
}

impl Reading<'_> {
    /// Makes everything durable in the sinks of the window's own.
    pub(super) fn commit(&mut self) -> Result<&PartProgress, PullError> {
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
