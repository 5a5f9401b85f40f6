//! Writes NDJSON to a file.

use longhaul_core::sink::{Batch, Mark, Receipt, Sink, SinkError};

use crate::file::RecordFile;

/// An open `ndjson` sink. The bytes of a batch already are NDJSON.
#[derive(Debug)]
pub(crate) struct NdjsonSink {
    file: RecordFile,
}

impl NdjsonSink {
    pub(crate) fn new(file: RecordFile) -> Self {
        Self { file }
    }
}

impl Sink for NdjsonSink {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        self.file.write(batch.bytes())
    }

    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        self.file.commit(mark)
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        self.file.finish()
    }
}
