//! Writing CSV to a file.

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
    /// What goes to the file next. In an empty file that is first the header.
    rows: Vec<u8>,
}

impl CsvSink {
    pub(crate) fn new(mut file: RecordFile, mode: Mode, table: Arc<Table>) -> Result<Self, SinkError> {
        let rows = if file.is_empty()? { table.header() } else { Vec::new() };
        Ok(Self { file, mode, table, rows })
    }

    fn send(&mut self) -> Result<(), SinkError> {
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
        self.send()
    }

    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        // A run that is started over goes back to its commit at `START`, where a file that is appended to has to be
        // as it was found: without a header that other columns would be held against.
        if self.mode == Mode::Replace || mark > Mark::START {
            self.send()?;
        }
        self.file.commit(mark)
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        self.file.finish()
    }
}
