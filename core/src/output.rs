//! The sinks of a pull, in step.

use std::fmt;

use crate::{
    run::PullError,
    sink::{Batch, Mark, OpenSink, Receipt, Sink, Site},
};

/// The sinks that take the same pages, and how many those were.
pub(crate) struct Output<'a> {
    openers: Vec<(&'a str, &'a dyn OpenSink)>,
    site: Site,
    sinks: Vec<Box<dyn Sink>>,
    mark: Mark,
}

/// Where every sink stood at a commit.
#[derive(Debug)]
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
        Ok(Self { openers, site, sinks, mark: Mark::START })
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
        Ok(Position { mark, receipts: receipts.collect::<Result<_, _>>()? })
    }

    /// Takes every sink back to where it stood.
    pub(crate) fn go_back(&mut self, to: &Position) -> Result<(), PullError> {
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
    pub(crate) fn finish(mut self) -> Result<(), PullError> {
        self.commit()?;
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
