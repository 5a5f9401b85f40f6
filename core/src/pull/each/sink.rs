//! A sink that keeps what the partitions of another stream need.

use std::sync::Arc;

use super::Each;
use crate::{
    sink::{
        Batch, Destination, Lines, Mark, OpenSink, Opened, Receipt, Sink, SinkError, SinkErrorKind, Variables,
    },
    state::Parents,
};

/// A sink that keeps, of each record, what the partitions of another stream need. It writes lines to another sink.
#[derive(Debug)]
pub struct ParentsSink {
    each: Arc<Each>,
    lines: Box<dyn OpenSink>,
}

impl ParentsSink {
    /// A sink that writes one line for each parent to `lines`, for [`Parents`] to read.
    pub fn new(each: impl Into<Arc<Each>>, lines: Box<dyn OpenSink>) -> Self {
        Self { each: each.into(), lines }
    }
}

impl OpenSink for ParentsSink {
    fn destination(&self, variables: &Variables) -> Result<Destination, SinkError> {
        self.lines.destination(variables)
    }

    fn open(&self, variables: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        let foreign = || SinkError::new(SinkErrorKind::Broken, "the receipt was not issued by this sink");
        let (records, from) = match from {
            None => (0, None),
            Some((Receipt(text), mark)) => {
                let (records, receipt) = text.split_once(' ').ok_or_else(foreign)?;
                (records.parse().map_err(|_| foreign())?, Some((Receipt(receipt.to_owned()), mark)))
            }
        };
        let from = from.as_ref().map(|(receipt, mark)| (receipt, *mark));
        let Opened { sink, at } = self.lines.open(variables, from)?;
        let each = Arc::clone(&self.each);
        Ok(Opened { sink: Box::new(OpenParents { each, lines: sink, records }), at })
    }
}

#[derive(Debug)]
struct OpenParents {
    each: Arc<Each>,
    lines: Box<dyn Sink>,
    /// How many records were written.
    records: u64,
}

impl Sink for OpenParents {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let mut lines = Lines::default();
        for record in batch.records() {
            self.records += 1;
            let record = str::from_utf8(record).unwrap_or_default();
            let parent = self.each.parent(record, self.records).map_err(|error| {
                SinkError::new(SinkErrorKind::Rejected, "a record makes no partition").because(error)
            })?;
            lines.push(&[Parents::line(&parent).trim_end()]);
        }
        self.lines.write(&lines.batch())
    }

    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        let Receipt(receipt) = self.lines.commit(mark)?;
        Ok(Receipt(format!("{} {receipt}", self.records)))
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        self.lines.finish()
    }
}
