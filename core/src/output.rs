//! The sinks of a pull, in step.

use std::fmt;

use crate::{
    run::PullError,
    sink::{Batch, Destination, Mark, OpenSink, Receipt, Sink, Site},
};

/// The sinks that take the same pages, and how many those were.
pub(crate) struct Output<'a> {
    openers: Vec<(&'a str, &'a dyn OpenSink)>,
    site: Site,
    sinks: Vec<Box<dyn Sink>>,
    mark: Mark,
    /// Where the sinks stood before the first page, once any of them may have committed more than that.
    start: Option<Position>,
}

/// Where every sink stood at a commit.
#[derive(Clone, Debug)]
pub(crate) struct Position {
    mark: Mark,
    receipts: Vec<Receipt>,
}

impl<'a> Output<'a> {
    pub(crate) fn open(openers: Vec<(&'a str, &'a dyn OpenSink)>, site: Site) -> Result<Self, PullError> {
        let opened = openers.iter().map(|(name, opener)| {
            let opened = opener.open(&site, None).map_err(|source| PullError::sink(name, source))?;
            Ok(opened.sink)
        });
        let sinks = opened.collect::<Result<_, PullError>>()?;
        let mut output = Self { openers, site, sinks, mark: Mark::START, start: None };
        // A single sink takes back by itself what it has not committed. Of several, some may have committed when one
        // fails.
        if output.sinks.len() > 1 {
            output.commit()?;
        }
        Ok(output)
    }

    /// Counts a page and writes its records.
    pub(crate) fn write(&mut self, batch: &Batch<'_>) -> Result<(), PullError> {
        self.mark = self.mark.next();
        if batch.is_empty() {
            return Ok(());
        }
        let named = self.openers.iter().zip(&mut self.sinks);
        named.into_iter().try_for_each(|((name, _), sink)| {
            sink.write(batch).map_err(|source| PullError::sink(name, source))
        })
    }

    /// Makes everything written durable in every sink.
    pub(crate) fn commit(&mut self) -> Result<Position, PullError> {
        let mark = self.mark;
        let named = self.openers.iter().zip(&mut self.sinks);
        let receipts = named
            .into_iter()
            .map(|((name, _), sink)| sink.commit(mark).map_err(|source| PullError::sink(name, source)));
        let position = Position { mark, receipts: receipts.collect::<Result<_, _>>()? };
        if mark == Mark::START {
            self.start.get_or_insert_with(|| position.clone());
        }
        Ok(position)
    }

    /// Takes every sink back to before the first page, as far as it goes: the pull has failed, and nothing of it is to
    /// stay.
    pub(crate) fn undo(mut self) {
        if let Some(start) = self.start.take() {
            // The failure of the pull is what is reported.
            let _ = self.reopen(&start);
        }
    }

    /// Takes back what was written since `to`, if anything was.
    pub(crate) fn go_back(&mut self, to: &Position) -> Result<(), PullError> {
        // What went down a pipe is gone, though the sink would go on from anywhere.
        let is_pipe =
            |opener: &dyn OpenSink| matches!(opener.destination(&self.site), Ok(Destination::Stdout));
        let pipe = self.openers.iter().find(|(_, opener)| is_pipe(*opener));
        match pipe.filter(|_| self.mark != to.mark) {
            Some((name, _)) => Err(PullError::CannotGoBack { name: (*name).to_owned() }),
            None => self.reopen(to),
        }
    }

    /// Opens every sink as it was.
    fn reopen(&mut self, to: &Position) -> Result<(), PullError> {
        if self.mark == to.mark {
            return Ok(());
        }
        self.sinks.clear();
        for ((name, opener), receipt) in self.openers.iter().zip(&to.receipts) {
            let opened = opener
                .open(&self.site, Some((receipt, to.mark)))
                .map_err(|source| PullError::sink(name, source))?;
            if opened.at != to.mark {
                return Err(PullError::CannotGoBack { name: (*name).to_owned() });
            }
            self.sinks.push(opened.sink);
        }
        self.mark = to.mark;
        Ok(())
    }

    /// Publishes what was written, once all of it is durable in every sink.
    pub(crate) fn publish(mut self) -> Result<(), PullError> {
        if let Err(error) = self.commit() {
            self.undo();
            return Err(error);
        }
        let named = self.openers.into_iter().zip(self.sinks);
        named
            .into_iter()
            .try_for_each(|((name, _), sink)| sink.finish().map_err(|source| PullError::sink(name, source)))
    }
}

impl fmt::Debug for Output<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Output").field("sinks", &self.sinks).field("mark", &self.mark).finish_non_exhaustive()
    }
}
