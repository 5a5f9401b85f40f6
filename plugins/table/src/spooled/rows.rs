//! The rows of a spool, as a file has them.

use longhaul_plugin::{Batch, SinkError};

use super::spool::SpooledRecords;
use crate::{cell::Cell, choice::PullColumns, columns::Column};

/// The rows of all committed records.
#[derive(Debug)]
pub struct SpooledRows<'s> {
    records: SpooledRecords<'s>,
    columns: &'s mut PullColumns,
    bytes: u64,
}

impl<'s> SpooledRows<'s> {
    /// The rows of `records`, which have `bytes` bytes.
    pub(crate) fn new(records: SpooledRecords<'s>, columns: &'s mut PullColumns, bytes: u64) -> Self {
        Self { records, columns, bytes }
    }

    /// The columns.
    pub fn columns(&self) -> &[Column] {
        self.columns.list()
    }

    /// Calls `row` with each row, in order.
    ///
    /// # Errors
    /// The spool cannot be read, and any error of `row`.
    pub fn each(
        &mut self,
        mut row: impl FnMut(&[Cell<'_>]) -> Result<(), SinkError>,
    ) -> Result<(), SinkError> {
        while let Some(record) = self.records.next()? {
            self.columns.read(&Batch::new(record, &[record.len()]), |_, cells| row(cells))?;
        }
        Ok(())
    }

    /// The number of bytes of all records.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}
