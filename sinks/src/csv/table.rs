//! A table: what becomes of records as rows.

use longhaul_core::sink::{Batch, SinkError, SinkErrorKind};

use super::{
    cell::{Arrays, Formulas, Style},
    columns::listed,
    header::{BYTE_ORDER_MARK, difference},
    tree::Tree,
};
use crate::{file::RecordFile, keys::Keys};

/// How much of a file may be header.
const HEADER_LIMIT: u64 = 1 << 20;

/// The columns of a table and how its rows are written.
#[derive(Debug)]
pub(crate) struct Table {
    names: Vec<String>,
    tree: Tree,
    style: Style,
    byte_order_mark: bool,
}

impl Table {
    /// The keys that [`new`](Self::new) reads.
    pub(crate) const KEYS: [&str; 6] = ["columns", "arrays", "formulas", "delimiter", "bom", "line_end"];

    /// The table that these keys describe.
    pub(crate) fn new(keys: &Keys<'_>) -> Result<Self, SinkError> {
        let style = Style {
            delimiter: delimiter(keys)?,
            line_end: keys.choice("line_end", &[("crlf", "\r\n"), ("lf", "\n")])?,
            arrays: keys.choice("arrays", &[("json", Arrays::Json), ("drop", Arrays::Drop)])?,
            formulas: keys.choice("formulas", &[("keep", Formulas::Keep), ("escape", Formulas::Escape)])?,
        };
        let columns = listed(keys)?;
        let tree = Tree::new(columns.iter().map(|column| &column.at));
        let names = columns.into_iter().map(|column| column.name).collect();
        Ok(Self { names, tree, style, byte_order_mark: keys.is_true("bom")? })
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

    /// Puts one row for each record at the end of `rows`.
    pub(crate) fn rows(&self, batch: &Batch<'_>, rows: &mut Vec<u8>) -> Result<(), SinkError> {
        let mut cells = vec![None; self.names.len()];
        for (index, record) in batch.records().enumerate() {
            let not_json = || {
                SinkError::new(
                    SinkErrorKind::Rejected,
                    format!("record {} of the page is not JSON", index + 1),
                )
            };
            cells.fill(None);
            let record = std::str::from_utf8(record).map_err(|error| not_json().because(error))?;
            self.tree.pick(record, &mut cells).map_err(|error| not_json().because(error))?;
            self.style.row(&cells, rows);
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
