//! Turns records into the rows of a table with configured columns.

use longhaul_core::{
    json::{InvalidRows, RowLayout, RowPath},
    sink::{Batch, Keys, SinkError, SinkErrorKind},
};

use super::{
    columns::parse_columns,
    error::{RowError, each_record},
    header,
    style::Style,
    times::Times,
};
use crate::file::RecordFile;

/// The most bytes that the header of an existing file may have.
const HEADER_LIMIT: u64 = 1 << 20;

/// The columns of a table, the parts of a record that become rows, and the style of the text.
#[derive(Debug)]
pub(crate) struct Table {
    names: Vec<String>,
    layout: RowLayout,
    times: Times,
    without_match: WithoutMatch,
    style: Style,
}

/// What to do with a record without a match of `rows`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum WithoutMatch {
    /// It has no row.
    NoRow,
    /// It has one row, with the record's own columns.
    OneRow,
}

impl Table {
    /// The keys that [`new`](Self::new) reads, in addition to those of a [`Style`].
    pub(crate) const KEYS: [&str; 3] = ["columns", "rows", "rows_optional"];

    /// Whether these keys define columns. `columns = "all"` does not, unless `rows` or `rows_optional` is set.
    pub(crate) fn is_listed(keys: &Keys<'_>) -> bool {
        let columns = keys.value("columns").filter(|columns| columns.as_str() != Some("all"));
        columns.is_some() || ["rows", "rows_optional"].into_iter().any(|key| keys.value(key).is_some())
    }

    /// Reads the table from these keys.
    pub(crate) fn new(keys: &Keys<'_>) -> Result<Self, SinkError> {
        let invalid = |error: InvalidRows| SinkError::config("rows", error.to_string());
        let path = keys.text("rows")?.map(|rows| rows.parse::<RowPath>().map_err(invalid)).transpose()?;
        let optional = keys.is_true("rows_optional")?;
        if optional && path.is_none() {
            return Err(SinkError::config("rows_optional", "`rows_optional` needs `rows`"));
        }
        let path = path.unwrap_or_default();
        let columns = parse_columns(keys, &path)?;
        let layout = RowLayout::new(&path, columns.iter().map(|column| &column.at));
        Ok(Self {
            layout,
            times: Times::of(&columns),
            without_match: if optional { WithoutMatch::OneRow } else { WithoutMatch::NoRow },
            names: columns.into_iter().map(|column| column.name).collect(),
            style: Style::new(keys)?,
        })
    }

    /// The start of a file: the header, after a byte order mark if there is one.
    pub(crate) fn header(&self) -> Vec<u8> {
        self.style.header(self.names())
    }

    /// Returns an error if the header of `file` differs from that of this table.
    pub(crate) fn check_header(&self, file: &mut RecordFile) -> Result<(), SinkError> {
        let head = file.head(HEADER_LIMIT)?;
        let Some(difference) = header::difference(&head, self.names(), &self.style) else {
            return Ok(());
        };
        Err(SinkError::new(
            SinkErrorKind::Rejected,
            format!("cannot append to `{}`: {difference}", file.shown()),
        ))
    }

    /// The names of the columns.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Appends a row to `rows`.
    pub(crate) fn row(&self, cells: &[Option<&str>], rows: &mut Vec<u8>) {
        self.style.row(cells, rows);
    }

    /// Appends the rows of each record to `rows`.
    pub(crate) fn rows(&self, batch: &Batch<'_>, rows: &mut Vec<u8>) -> Result<(), SinkError> {
        self.each_row(batch, &mut |cells| self.style.row(cells, rows))
    }

    /// Calls `row` with the cells of each row of each record.
    pub(crate) fn each_row(
        &self,
        batch: &Batch<'_>,
        row: &mut dyn FnMut(&[Option<&str>]),
    ) -> Result<(), SinkError> {
        let mut cells = self.layout.cells();
        each_record(batch, |record| {
            if let Some(kind) = self.layout.unreadable_kind(record) {
                return Err(RowError::NotAnObject(kind));
            }
            let mut written = Ok(());
            let mut write = |cells: &[Option<&str>]| {
                if written.is_ok() {
                    written = self.times.write(cells, row);
                }
            };
            let matches = self.layout.rows(record, &mut cells, &mut write)?;
            if matches == 0 && self.without_match == WithoutMatch::OneRow {
                write(self.layout.column_cells(&cells));
            }
            written
        })
    }
}
