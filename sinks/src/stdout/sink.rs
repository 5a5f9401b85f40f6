//! Writes to standard output.

use std::{io, sync::Arc};

use longhaul_core::sink::{Batch, Mark, Receipt, Sink, SinkError};

use serde_json::json;

use super::Stdout;
use crate::{
    csv::Table,
    singer::{Layout, Messages},
};

/// Writes records as lines of JSON.
#[derive(Debug)]
pub(crate) struct NdjsonStdout {
    stdout: Stdout,
}

/// Writes records as rows of a table.
#[derive(Debug)]
pub(crate) struct CsvStdout {
    stdout: Stdout,
    table: Arc<Table>,
    /// The rows to write next. At first they start with the header, which every pipe needs once.
    rows: Vec<u8>,
}

/// Writes records as messages of Singer.
#[derive(Debug)]
pub(crate) struct SingerStdout {
    stdout: Stdout,
    messages: Messages,
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

    fn write_rows(&mut self) -> Result<(), SinkError> {
        let written = self.stdout.write(&self.rows);
        self.rows.clear();
        written.map_err(failed)
    }
}

impl SingerStdout {
    pub(crate) fn new(stdout: Stdout, layout: Arc<Layout>, stream: &str) -> Self {
        Self { stdout, messages: Messages::new(layout, stream) }
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
        self.write_rows()
    }

    fn commit(&mut self, _: Mark) -> Result<Receipt, SinkError> {
        self.write_rows()?;
        Ok(Receipt::default())
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        Ok(())
    }
}

impl Sink for SingerStdout {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let mut messages = Vec::new();
        self.messages.records(batch, &mut messages)?;
        self.stdout.write(&messages).map_err(failed)
    }

    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        let mut messages = Vec::new();
        self.messages.known_schema(&mut messages);
        self.messages.state(&json!({ "page": mark }), &mut messages);
        self.stdout.write(&messages).map_err(failed)?;
        Ok(Receipt::default())
    }

    fn finish(self: Box<Self>) -> Result<(), SinkError> {
        Ok(())
    }
}

fn failed(error: io::Error) -> SinkError {
    SinkError::io("cannot write to standard output", error)
}
