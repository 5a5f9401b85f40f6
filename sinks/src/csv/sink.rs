//! Writes CSV to a file.

use std::sync::Arc;

use longhaul_core::sink::{Batch, Mark, Receipt, Sink, SinkError};

use super::table::Table;
use crate::file::{Mode, RecordFile};

/// An open `csv` sink.
#[derive(Debug)]
pub(crate) struct CsvSink {
    file: RecordFile,
    mode: Mode,
    table: Arc<Table>,
    /// The rows to write next. In an empty file they start with the header.
    rows: Vec<u8>,
}

impl CsvSink {
    pub(crate) fn new(mut file: RecordFile, mode: Mode, table: Arc<Table>) -> Result<Self, SinkError> {
        let rows = if file.is_empty()? { table.header() } else { Vec::new() };
        Ok(Self { file, mode, table, rows })
    }

    fn write_rows(&mut self) -> Result<(), SinkError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        self.file.write(&self.rows)?;
        self.rows.clear();
        Ok(())
    }
}

impl Sink for CsvSink {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        self.table.rows(batch, &mut self.rows)?;
        self.write_rows()
    }

    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        // A run that starts over resumes from its commit at `START`. In append mode the file must then be as it was
        // before the run, without a header that could differ from the new columns.
        if self.mode == Mode::Replace || mark > Mark::START {
            self.write_rows()?;
        }
        self.file.commit(mark)
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        self.file.finish()
    }
}
