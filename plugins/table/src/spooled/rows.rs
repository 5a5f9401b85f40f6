//! The rows of a spool, as a file has them.

use longhaul_plugin::{Batch, SinkError};

use super::spool::Spool;
use crate::{cell::Cell, choice::PullColumns, columns::Column};

/// The rows of all committed records.
#[derive(Debug)]
pub struct SpooledRows<'s> {
    spool: &'s mut Spool,
    columns: &'s mut PullColumns,
}

impl<'s> SpooledRows<'s> {
    pub(super) fn new(spool: &'s mut Spool, columns: &'s mut PullColumns) -> Self {
        Self { spool, columns }
    }

    /// The columns.
    pub fn columns(&self) -> &[Column] {
        self.columns.list()
    }

    /// Calls `row` with each row, in order.
    ///
    /// # Errors
    /// The spool cannot be read, or another program has changed it, and any error of `row`.
    pub fn each(
        &mut self,
        mut row: impl FnMut(&[Cell<'_>]) -> Result<(), SinkError>,
    ) -> Result<(), SinkError> {
        let Self { spool, columns } = self;
        spool.each(|record| columns.read(&Batch::new(record, &[record.len()]), |_, cells| row(cells)))
    }

    /// The number of bytes of all records.
    pub fn bytes(&self) -> u64 {
        self.spool.length()
    }
}
