//! Writes NDJSON.

use longhaul_core::sink::{Batch, Mark, Receipt, Sink, SinkError};

use crate::output::Output;

/// An open `ndjson` sink. The bytes of a batch already are NDJSON.
#[derive(Debug)]
pub(crate) struct NdjsonSink {
    output: Output,
}

impl NdjsonSink {
    pub(crate) fn new(output: Output) -> Self {
        Self { output }
    }
}

impl Sink for NdjsonSink {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        self.output.write(batch.bytes())
    }

    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        self.output.commit(mark)
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        self.output.finish()
    }
}
