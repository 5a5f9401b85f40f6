//! Sinks that take the same pages, in step.

use std::fmt;

use crate::{
    pull::error::PullError,
    sink::{Batch, Destination, Mark, OpenSink, Sink, Variables},
    state::checkpoint::{Position, Sequel},
};

/// A sink's name and what opens it.
pub(crate) type Named<'a> = (&'a str, &'a dyn OpenSink);

/// The sinks that take the same pages, and how many those were.
pub(crate) struct Sinks<'a> {
    openers: Vec<Named<'a>>,
    variables: Variables,
    opened: Vec<OpenedSink>,
    mark: Mark,
}

/// An open sink.
struct OpenedSink {
    sink: Box<dyn Sink>,
    /// The pages up to here are durable in it already.
    has: Mark,
}

impl<'a> Sinks<'a> {
    /// Opens the sinks, from the beginning or as they were at `from`.
    pub(crate) fn open(
        openers: Vec<Named<'a>>,
        variables: Variables,
        from: Option<&Position>,
    ) -> Result<Self, PullError> {
        let mut output = Self { openers, variables, opened: Vec::new(), mark: Mark::START };
        match from {
            None => output.begin()?,
            Some(from) => output.reopen(from)?,
        }
        Ok(output)
    }

    /// No sinks at all.
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

    /// A sink's name, for messages.
    pub(crate) fn name(&self) -> String {
        self.openers.first().map_or("", |(name, _)| name).to_owned()
    }

    /// Counts a page and writes its records, but for sinks that have it already.
    pub(crate) fn write(&mut self, batch: &Batch<'_>) -> Result<(), PullError> {
        self.mark = self.mark.next();
        if batch.is_empty() {
            return Ok(());
        }
        let lacking = self.openers.iter().zip(&mut self.opened).filter(|(_, opened)| opened.has < self.mark);
        for ((name, _), opened) in lacking {
            opened.sink.write(batch).map_err(|source| PullError::sink(name, source))?;
        }
        Ok(())
    }

    /// Whether every sink has just the pages that were counted. One that is ahead of them has no receipt for this place.
    pub(crate) fn is_in_step(&self) -> bool {
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

    /// The same where there are sinks, and nothing where there are none.
    pub(crate) fn commit_any(&mut self) -> Result<Option<Position>, PullError> {
        if self.is_none() { Ok(None) } else { self.commit().map(Some) }
    }

    /// Takes back what was written since `to`, if anything was.
    pub(crate) fn roll_back_to(&mut self, to: &Position) -> Result<(), PullError> {
        if self.mark == to.mark {
            return Ok(());
        }
        // What went down a pipe is gone, though the sink would go on from anywhere.
        let is_pipe =
            |opener: &dyn OpenSink| matches!(opener.destination(&self.variables), Ok(Destination::Stdout));
        if let Some((name, _)) = self.openers.iter().find(|(_, opener)| is_pipe(*opener)) {
            return Err(PullError::CannotGoBack { name: (*name).to_owned() });
        }
        self.reopen(&to.clone().before_another())
    }

    /// Publishes what was committed.
    pub(crate) fn finish(self) -> Result<(), PullError> {
        self.openers.into_iter().zip(self.opened).try_for_each(|((name, _), opened)| {
            opened.sink.finish().map_err(|source| PullError::sink(name, source))
        })
    }

    fn begin(&mut self) -> Result<(), PullError> {
        for (name, opener) in &self.openers {
            let opened =
                opener.open(&self.variables, None).map_err(|source| PullError::sink(name, source))?;
            self.opened.push(OpenedSink { sink: opened.sink, has: Mark::START });
        }
        Ok(())
    }

    /// Opens every sink as it was.
    fn reopen(&mut self, to: &Position) -> Result<(), PullError> {
        self.opened.clear();
        for (name, opener) in &self.openers {
            let lost = || PullError::NoReceipt { name: (*name).to_owned() };
            let receipt = to.receipts.get(*name).ok_or_else(lost)?;
            let opened = opener
                .open(&self.variables, Some((receipt, to.mark)))
                .map_err(|source| PullError::sink(name, source))?;
            if opened.at < to.mark {
                let (name, committed) = ((*name).to_owned(), to.mark);
                return Err(PullError::Lost { name, has: opened.at, committed });
            }
            if opened.at > to.mark && to.sequel == Sequel::Another {
                return Err(PullError::CannotGoBack { name: (*name).to_owned() });
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
