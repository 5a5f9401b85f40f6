//! A table with the columns of all records.

use longhaul_core::{
    json::{Flattener, Naming},
    sink::{Batch, SinkError},
};

use super::{
    error::{RowError, each_record},
    style::Style,
};

/// The columns of all records so far, and the length of their table.
#[derive(Debug)]
pub(crate) struct UnionTable {
    style: Style,
    flattener: Flattener,
    records: u64,
    /// The number of records whose cells are all empty.
    blank: u64,
    /// The bytes in all cells.
    cells: u64,
    scratch: Vec<u8>,
}

impl UnionTable {
    /// A table without records.
    pub(crate) fn new(style: Style) -> Self {
        let flattener = Flattener::new(style.arrays, Naming::Free);
        Self { style, flattener, records: 0, blank: 0, cells: 0, scratch: Vec::new() }
    }

    /// Adds the records of a page to the counts.
    pub(crate) fn add_page(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        each_record(batch, |record| self.add(record))
    }

    /// Adds a record to the counts.
    pub(crate) fn add(&mut self, record: &str) -> Result<(), RowError> {
        let mut cells = Vec::new();
        self.flattener.cells(record, &mut cells)?;
        self.scratch.clear();
        cells.into_iter().flatten().for_each(|cell| self.style.cell(cell, &mut self.scratch));
        self.records += 1;
        self.blank += u64::from(self.scratch.is_empty());
        self.cells += self.scratch.len() as u64;
        Ok(())
    }

    /// The start of the file: the header, after a byte order mark if there is one.
    pub(crate) fn header(&self) -> Vec<u8> {
        match self.columns() {
            0 => self.style.bom.to_vec(),
            _ if self.flattener.columns().is_empty() => self.style.header([""]),
            _ => {
                let columns = self.flattener.columns().iter();
                self.style.header(columns.map(|column| column.name.as_str()))
            }
        }
    }

    /// Appends the row of a record that was added before to `rows`.
    pub(crate) fn row(&mut self, record: &str, rows: &mut Vec<u8>) -> Result<(), RowError> {
        let mut cells = Vec::new();
        self.flattener.cells(record, &mut cells)?;
        self.style.row(&cells, rows);
        Ok(())
    }

    /// The length of the header and the rows of all records in bytes.
    pub(crate) fn length(&self) -> u64 {
        let line_end = self.style.line_end.len() as u64;
        let columns = self.columns();
        // A row of one empty cell is a pair of quotes.
        let quotes = if columns == 1 { 2 * self.blank } else { 0 };
        let between = columns.saturating_sub(1) * self.records;
        self.header().len() as u64 + self.cells + between + quotes + line_end * self.records
    }

    /// The number of columns. A table has at least one column if it has records.
    fn columns(&self) -> u64 {
        (self.flattener.columns().len() as u64).max(self.records.min(1))
    }
}

#[cfg(test)]
mod tests {
    use super::{Style, UnionTable};
    use longhaul_core::json::Arrays;

    /// The table of these records.
    fn table(style: Style, records: &[&str]) -> String {
        let mut table = UnionTable::new(style);
        for record in records {
            table.add(record).unwrap();
        }
        let length = table.length();
        let mut text = table.header();
        for record in records {
            table.row(record, &mut text).unwrap();
        }
        assert_eq!(text.len() as u64, length);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn rows_have_the_columns_of_all_records() {
        let lf = Style { line_end: "\n", ..Style::PLAIN };
        let records =
            [r#"{"a":1.10,"b":{"c":""}}"#, "{}", r#"{"b":{"c":null,"d":"x,\"y\""},"late":[1,"z"]}"#];
        assert_eq!(
            table(lf, &records),
            "a,b.c,record,b.d,late\n1.10,\"\",,,\n,,{},,\n,,,\"x,\"\"y\"\"\",\"[1,\"\"z\"\"]\"\n"
        );
        let bom = Style { bom: "\u{feff}".as_bytes(), delimiter: b';', ..Style::PLAIN };
        assert_eq!(table(bom, &[r#"{"a":1,"b":2}"#, r#"{"b":3}"#]), "\u{feff}a;b\r\n1;2\r\n;3\r\n");
    }

    #[test]
    fn every_record_has_a_row_even_if_it_is_empty() {
        let drop = Style { arrays: Arrays::Drop, line_end: "\n", ..Style::PLAIN };
        assert_eq!(table(drop, &[]), "");
        assert_eq!(table(drop, &[r#"{"a":[]}"#, r#"{"a":[1]}"#]), "\"\"\n\"\"\n\"\"\n");
        assert_eq!(table(drop, &[r#"{"a":null}"#, r#"{"a":1}"#]), "a\n\"\"\n1\n");
        assert_eq!(table(drop, &[r#"{"a":[],"b":1}"#]), "b\n1\n");
    }
}
