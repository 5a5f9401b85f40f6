//! The sheets of a workbook: when one is full, the rows continue on the next one.

use longhaul_table::Column;
use rust_xlsxwriter::{Workbook as Writer, XlsxError};

use crate::{
    sheet::{Formats, Sheet},
    value::Value,
};

/// The sheets of a workbook that is being written. The last one gets the rows.
pub(crate) struct Sheets<'w> {
    writer: &'w mut Writer,
    formats: Formats,
    columns: &'w [Column],
    /// The name of the first sheet.
    name: &'w str,
    /// The most rows below a header.
    limit: u32,
    /// The index of the last sheet.
    index: usize,
    last: Sheet,
}

impl<'w> Sheets<'w> {
    /// Starts the first sheet.
    pub(crate) fn start(
        writer: &'w mut Writer,
        name: &'w str,
        limit: u32,
        columns: &'w [Column],
    ) -> Result<Self, XlsxError> {
        let formats = Formats::new();
        let last = Sheet::start(writer.add_worksheet_with_constant_memory()?, &formats, name, columns)?;
        Ok(Self { writer, formats, columns, name, limit, index: 0, last })
    }

    /// Adds a row.
    pub(crate) fn push<'c>(&mut self, values: impl Iterator<Item = Value<'c>>) -> Result<(), XlsxError> {
        if self.last.rows() == self.limit {
            self.next()?;
        }
        self.last.push(self.writer.worksheet_from_index(self.index)?, &self.formats, values)
    }

    /// Ends the last sheet.
    pub(crate) fn end(&mut self) -> Result<(), XlsxError> {
        self.last.end(self.writer.worksheet_from_index(self.index)?)
    }

    fn next(&mut self) -> Result<(), XlsxError> {
        self.end()?;
        self.index += 1;
        let name = format!("{} {}", self.name, self.index + 1);
        let sheet = self.writer.add_worksheet_with_constant_memory()?;
        self.last = Sheet::start(sheet, &self.formats, &name, self.columns)?;
        Ok(())
    }
}
