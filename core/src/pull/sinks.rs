//! Sinks that receive the same pages.

use std::fmt;

use crate::{
    pull::error::PullError,
    sink::{Batch, Destination, Mark, OpenSink, Sink, Variables},
    state::checkpoint::{Following, Position},
};

/// The name of a sink, and what opens it.
pub(crate) type Named<'a> = (&'a str, &'a dyn OpenSink);

/// Sinks that receive the same pages, and the number of pages so far.
pub(crate) struct Sinks<'a> {
    openers: Vec<Named<'a>>,
    variables: Variables,
    opened: Vec<OpenedSink>,
    mark: Mark,
}

/// An open sink.
struct OpenedSink {
    sink: Box<dyn Sink>,
    /// How many pages the sink had when it was opened. It does not receive those again.
    has: Mark,
}

impl<'a> Sinks<'a> {
    /// Opens the sinks, new or rolled back to `from`.
    pub(crate) fn open(
        openers: Vec<Named<'a>>,
        variables: Variables,
        from: Option<&Position>,
    ) -> Result<Self, PullError> {
        let mut sinks = Self { openers, variables, opened: Vec::new(), mark: Mark::START };
        match from {
            None => sinks.open_new()?,
            Some(from) => sinks.reopen(from)?,
        }
        Ok(sinks)
    }

    /// No sinks.
    pub(crate) fn none() -> Self {
        Self { openers: Vec::new(), variables: Variables::default(), opened: Vec::new(), mark: Mark::START }
    }

    /// Whether there are no sinks.
    pub(crate) fn is_none(&self) -> bool {
        self.openers.is_empty()
    }

    /// How many sinks there are.
    pub(crate) fn len(&self) -> usize {
        self.openers.len()
    }

    /// The name of the first sink, for messages.
    pub(crate) fn name(&self) -> String {
        self.openers.first().map_or("", |(name, _)| name).to_owned()
    }

    /// Starts the next batch: a page, or a part of a long one. What is written until the next call has one mark.
    pub(crate) fn next_batch(&mut self) {
        self.mark = self.mark.next();
    }

    /// Writes records of the page to the sinks that do not have it yet.
    pub(crate) fn write(&mut self, batch: &Batch<'_>) -> Result<(), PullError> {
        if batch.is_empty() {
            return Ok(());
        }
        let behind = self.openers.iter().zip(&mut self.opened).filter(|(_, opened)| opened.has < self.mark);
        for ((name, _), opened) in behind {
            opened.sink.write(batch).map_err(|source| PullError::sink(name, source))?;
        }
        Ok(())
    }

    /// Whether no sink has more pages than were counted. A sink that is ahead has no receipt for this position.
    pub(crate) fn has_no_sink_ahead(&self) -> bool {
        self.opened.iter().all(|opened| opened.has <= self.mark)
    }

    /// Makes everything written durable in every sink.
    pub(crate) fn commit(&mut self) -> Result<Position, PullError> {
        let mut position = Position { mark: self.mark, ..Position::default() };
        for ((name, _), opened) in self.openers.iter().zip(&mut self.opened) {
            if opened.has > self.mark {
                return Err(PullError::Ahead { name: (*name).to_owned(), has: opened.has, pages: self.mark });
            }
            let receipt = opened.sink.commit(self.mark).map_err(|source| PullError::sink(name, source))?;
            position.receipts.insert((*name).to_owned(), receipt);
        }
        Ok(position)
    }

    /// Does what [`commit`](Self::commit) does, if there are sinks.
    pub(crate) fn commit_any(&mut self) -> Result<Option<Position>, PullError> {
        if self.is_none() { Ok(None) } else { self.commit().map(Some) }
    }

    /// Rolls the sinks back to `to`, if anything was written since.
    pub(crate) fn roll_back_to(&mut self, to: &Position) -> Result<(), PullError> {
        if self.mark == to.mark {
            return Ok(());
        }
        if let Some(name) = self.pipe() {
            return Err(PullError::CannotRollBack { name: name.to_owned() });
        }
        self.reopen(&to.clone().before_other_pages())
    }

    /// The sink that writes to standard output, if there is one. It cannot be rolled back, although it would accept any
    /// position.
    pub(crate) fn pipe(&self) -> Option<&str> {
        let is_pipe =
            |opener: &dyn OpenSink| matches!(opener.destination(&self.variables), Ok(Destination::Stdout));
        self.openers.iter().find(|(_, opener)| is_pipe(*opener)).map(|(name, _)| *name)
    }

    /// Publishes what was committed.
    pub(crate) fn finish(self) -> Result<(), PullError> {
        self.openers.into_iter().zip(self.opened).try_for_each(|((name, _), opened)| {
            opened.sink.finish().map_err(|source| PullError::sink(name, source))
        })
    }

    fn open_new(&mut self) -> Result<(), PullError> {
        for (name, opener) in &self.openers {
            let opened =
                opener.open(&self.variables, None).map_err(|source| PullError::sink(name, source))?;
            self.opened.push(OpenedSink { sink: opened.sink, has: Mark::START });
        }
        Ok(())
    }

    /// Opens every sink, rolled back to `to`.
    fn reopen(&mut self, to: &Position) -> Result<(), PullError> {
        self.opened.clear();
        for (name, opener) in &self.openers {
            let lost = || PullError::NoReceipt { name: (*name).to_owned() };
            let receipt = to.receipts.get(*name).ok_or_else(lost)?;
            let opened = opener
                .open(&self.variables, Some((receipt, to.mark)))
                .map_err(|source| PullError::reopened_sink(name, source))?;
            if opened.at < to.mark {
                let (name, committed) = ((*name).to_owned(), to.mark);
                return Err(PullError::Lost { name, has: opened.at, committed });
            }
            if opened.at > to.mark && to.following == Following::OtherPages {
                return Err(PullError::CannotRollBack { name: (*name).to_owned() });
            }
            self.opened.push(OpenedSink { sink: opened.sink, has: opened.at });
        }
        self.mark = to.mark;
        Ok(())
    }
}

impl fmt::Debug for Sinks<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.openers.iter().map(|(name, _)| name);
        f.debug_list().entries(names).entry(&self.mark).finish()
    }
}
