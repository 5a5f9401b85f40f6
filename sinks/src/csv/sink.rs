//! Writes CSV whose columns are known.

use std::sync::Arc;

use longhaul_core::sink::{Batch, Mark, Receipt, Sink, SinkError};

use super::table::Table;
use crate::{file::Mode, output::Output};

/// An open `csv` sink.
#[derive(Debug)]
pub(crate) struct CsvSink {
    output: Output,
    mode: Mode,
    table: Arc<Table>,
    /// The rows to write next. In an empty file they start with the header.
    rows: Vec<u8>,
}

impl CsvSink {
    pub(crate) fn new(mut output: Output, mode: Mode, table: Arc<Table>) -> Result<Self, SinkError> {
        let rows = if output.is_empty()? { table.header() } else { Vec::new() };
        Ok(Self { output, mode, table, rows })
    }

    fn write_rows(&mut self) -> Result<(), SinkError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        self.output.write(&self.rows)?;
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
        self.output.commit(mark)
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        self.output.finish()
    }
}
