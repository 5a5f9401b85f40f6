//! A table: what becomes of records as rows.

use longhaul_core::sink::{Batch, SinkError, SinkErrorKind};

use super::{
    cell::{Arrays, Formulas, Style},
    columns::listed,
    header::{BYTE_ORDER_MARK, difference},
    rows::{RowLayout, RowPath},
};
use crate::{file::RecordFile, keys::Keys};

/// How much of a file may be header.
const HEADER_LIMIT: u64 = 1 << 20;

/// The columns of a table, what becomes a row of it, and how rows are written.
#[derive(Debug)]
pub(crate) struct Table {
    names: Vec<String>,
    layout: RowLayout,
    without_match: WithoutMatch,
    style: Style,
    byte_order_mark: bool,
}

/// What becomes of a record without a match of `rows`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum WithoutMatch {
    /// It gives no row.
    NoRow,
    /// It gives one, with the record's own columns.
    OneRow,
}

impl Table {
    /// The keys that [`new`](Self::new) reads.
    pub(crate) const KEYS: [&str; 8] =
        ["columns", "rows", "rows_optional", "arrays", "formulas", "delimiter", "bom", "line_end"];

    /// The table that these keys describe.
    pub(crate) fn new(keys: &Keys<'_>) -> Result<Self, SinkError> {
        let style = Style {
            delimiter: delimiter(keys)?,
            line_end: keys.choice("line_end", &[("crlf", "\r\n"), ("lf", "\n")])?,
            arrays: keys.choice("arrays", &[("json", Arrays::Json), ("drop", Arrays::Drop)])?,
            formulas: keys.choice("formulas", &[("keep", Formulas::Keep), ("escape", Formulas::Escape)])?,
        };
        let path = keys.text("rows")?.map(RowPath::parse).transpose()?;
        let optional = keys.is_true("rows_optional")?;
        if optional && path.is_none() {
            return Err(SinkError::config("rows_optional", "`rows_optional` needs `rows`"));
        }
        let path = path.unwrap_or_default();
        let columns = listed(keys, &path)?;
        let layout = RowLayout::new(&path, &columns);
        Ok(Self {
            layout,
            without_match: if optional { WithoutMatch::OneRow } else { WithoutMatch::NoRow },
            names: columns.into_iter().map(|column| column.name).collect(),
            style,
            byte_order_mark: keys.is_true("bom")?,
        })
    }

    /// What a file starts with.
    pub(crate) fn header(&self) -> Vec<u8> {
        let mut header = if self.byte_order_mark { BYTE_ORDER_MARK.to_vec() } else { Vec::new() };
        self.style.header(self.names.iter().map(String::as_str), &mut header);
        header
    }

    /// Refuses a file whose rows have another header.
    pub(crate) fn check_follows(&self, file: &mut RecordFile) -> Result<(), SinkError> {
        let head = file.head(HEADER_LIMIT)?;
        let Some(why) = difference(&head, self.names.iter().map(String::as_str), &self.style) else {
            return Ok(());
        };
        Err(SinkError::new(SinkErrorKind::Rejected, format!("cannot append to `{}`: {why}", file.shown())))
    }

    /// Puts the rows of each record at the end of `rows`.
    pub(crate) fn rows(&self, batch: &Batch<'_>, rows: &mut Vec<u8>) -> Result<(), SinkError> {
        let mut cells = self.layout.cells();
        for (index, record) in batch.records().enumerate() {
            let refused = |why: &str| {
                let message = format!("record {} of the page is {why}", index + 1);
                SinkError::new(SinkErrorKind::Rejected, message)
            };
            let record = std::str::from_utf8(record).map_err(|error| refused("not JSON").because(error))?;
            if let Some(kind) = self.layout.cannot_read(record) {
                return Err(refused(&format!("{kind}, no object; a column at `\"\"` would take it whole")));
            }
            let mut row = |cells: &[Option<&str>]| self.style.row(cells, rows);
            let matches = self.layout.rows(record, &mut cells, &mut row);
            let matches = matches.map_err(|error| refused("not JSON").because(error))?;
            if matches == 0 && self.without_match == WithoutMatch::OneRow {
                self.style.row(self.layout.of_columns(&cells), rows);
            }
        }
        Ok(())
    }
}

fn delimiter(keys: &Keys<'_>) -> Result<u8, SinkError> {
    match keys.text("delimiter")?.unwrap_or(",").as_bytes() {
        [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte) => Ok(*byte),
        _ => {
            let message = "`delimiter` must be one ASCII character, and neither a quote nor a line end";
            Err(SinkError::config("delimiter", message))
        }
    }
}
