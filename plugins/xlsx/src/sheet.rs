//! A sheet of a workbook: a header, and rows below it.

use longhaul_table::Column;
use rust_xlsxwriter::{Format, FormatAlign, Worksheet, XlsxError};

use crate::value::Value;

/// The number of rows of a sheet.
pub(crate) const ROWS: u32 = 1_048_576;

/// The number of columns of a sheet.
pub(crate) const COLUMNS: u16 = 16_384;

/// The least and the greatest width of a column, in characters. Longer texts are shown in part.
const WIDTHS: (usize, usize) = (8, 60);

/// The formats of cells, shared by all sheets.
pub(crate) struct Formats {
    header: Format,
    date: Format,
}

impl Formats {
    pub(crate) fn new() -> Self {
        let header = Format::new().set_bold().set_align(FormatAlign::Left);
        Self { header, date: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss.000") }
    }
}

/// What is known about a sheet that is being written.
pub(crate) struct Sheet {
    /// The number of rows, with the header.
    rows: u32,
    /// The greatest width of the values in each column.
    widths: Vec<usize>,
}

impl Sheet {
    /// Writes the header.
    pub(crate) fn start(
        sheet: &mut Worksheet,
        formats: &Formats,
        name: &str,
        columns: &[Column],
    ) -> Result<Self, XlsxError> {
        sheet.set_name(name)?;
        // The header stays visible.
        sheet.set_freeze_panes(1, 0)?;
        let mut widths = Vec::new();
        for (number, column) in (0..).zip(columns) {
            sheet.write_string_with_format(0, number, &column.name, &formats.header)?;
            // Room for the button of the filter.
            widths.push(column.name.chars().count() + 3);
        }
        Ok(Self { rows: 1, widths })
    }

    /// Adds a row.
    pub(crate) fn push<'c>(
        &mut self,
        sheet: &mut Worksheet,
        formats: &Formats,
        values: impl Iterator<Item = Value<'c>>,
    ) -> Result<(), XlsxError> {
        let row = self.rows;
        for ((column, width), value) in (0..).zip(&mut self.widths).zip(values) {
            *width = value.width().max(*width);
            match value {
                Value::Empty => continue,
                Value::Text(text) => sheet.write_string(row, column, text)?,
                Value::Number(value) => sheet.write_number(row, column, value)?,
                Value::Boolean(value) => sheet.write_boolean(row, column, value)?,
                Value::Date(days) => sheet.write_number_with_format(row, column, days, &formats.date)?,
            };
        }
        self.rows += 1;
        Ok(())
    }

    /// The number of rows below the header.
    pub(crate) fn rows(&self) -> u32 {
        self.rows - 1
    }

    /// Adds the filters, and sets the widths.
    pub(crate) fn end(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        let last = u16::try_from(self.widths.len() - 1).unwrap_or(COLUMNS - 1);
        sheet.autofilter(0, 0, self.rows - 1, last)?;
        for (column, width) in (0..).zip(&self.widths) {
            let width = u8::try_from((*width).clamp(WIDTHS.0, WIDTHS.1) + 1).unwrap_or(u8::MAX);
            sheet.set_column_width(column, width)?;
        }
        Ok(())
    }
}
