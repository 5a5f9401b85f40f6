//! Writing to standard output.

use std::{io, sync::Arc};

use longhaul_core::sink::{Batch, Mark, Receipt, Sink, SinkError};

use super::Stdout;
use crate::csv::Table;

/// Records as lines of JSON.
#[derive(Debug)]
pub(crate) struct NdjsonStdout {
    stdout: Stdout,
}

/// Records as rows of a table.
#[derive(Debug)]
pub(crate) struct CsvStdout {
    stdout: Stdout,
    table: Arc<Table>,
    /// Starts with the header, since this pipe has seen none yet.
    rows: Vec<u8>,
}

impl NdjsonStdout {
    pub(crate) fn new(stdout: Stdout) -> Self {
        Self { stdout }
    }
}

impl CsvStdout {
    pub(crate) fn new(stdout: Stdout, table: Arc<Table>) -> Self {
        let rows = table.header();
        Self { stdout, table, rows }
    }

    fn send(&mut self) -> Result<(), SinkError> {
        let sent = self.stdout.write(&self.rows);
        self.rows.clear();
        sent.map_err(failed)
    }
}

impl Sink for NdjsonStdout {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        self.stdout.write(batch.bytes()).map_err(failed)
    }

    fn commit(&mut self, _: Mark) -> Result<Receipt, SinkError> {
        Ok(Receipt::default())
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        Ok(())
    }
}

impl Sink for CsvStdout {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        self.table.rows(batch, &mut self.rows)?;
        self.send()
    }

    fn commit(&mut self, _: Mark) -> Result<Receipt, SinkError> {
        self.send()?;
        Ok(Receipt::default())
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        Ok(())
    }
}

fn failed(error: io::Error) -> SinkError {
    SinkError::io("cannot write to standard output", error)
}
