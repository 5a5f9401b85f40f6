//! A table: what becomes of records as rows.

use longhaul_core::sink::{Batch, Keys, SinkError, SinkErrorKind};

use super::{
    columns::listed,
    header::difference,
    refusal::{Refusal, each_record},
    rows::{RowLayout, RowPath},
    style::Style,
};
use crate::file::RecordFile;

/// How much of a file may be header.
const HEADER_LIMIT: u64 = 1 << 20;

/// The columns of a table, what becomes a row of it, and how rows are written.
#[derive(Debug)]
pub(crate) struct Table {
    names: Vec<String>,
    layout: RowLayout,
    without_match: WithoutMatch,
    style: Style,
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
    /// The keys that [`new`](Self::new) reads, besides those of a [`Style`].
    pub(crate) const KEYS: [&str; 3] = ["columns", "rows", "rows_optional"];

    /// Whether these keys name columns: `"all"` is as good as none, where nothing else says what a row is.
    pub(crate) fn is_listed(keys: &Keys<'_>) -> bool {
        let columns = keys.value("columns").filter(|columns| columns.as_str() != Some("all"));
        columns.is_some() || ["rows", "rows_optional"].into_iter().any(|key| keys.value(key).is_some())
    }

    /// The table that these keys describe.
    pub(crate) fn new(keys: &Keys<'_>) -> Result<Self, SinkError> {
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
            style: Style::new(keys)?,
        })
    }

    /// What a file starts with.
    pub(crate) fn header(&self) -> Vec<u8> {
        self.style.header(self.names())
    }

    /// Refuses a file whose rows have another header.
    pub(crate) fn check_follows(&self, file: &mut RecordFile) -> Result<(), SinkError> {
        let head = file.head(HEADER_LIMIT)?;
        let Some(why) = difference(&head, self.names(), &self.style) else {
            return Ok(());
        };
        Err(SinkError::new(SinkErrorKind::Rejected, format!("cannot append to `{}`: {why}", file.shown())))
    }

    /// The names of the columns.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Puts the rows of each record at the end of `rows`.
    pub(crate) fn rows(&self, batch: &Batch<'_>, rows: &mut Vec<u8>) -> Result<(), SinkError> {
        self.each_row(batch, &mut |cells| self.style.row(cells, rows))
    }

    /// Calls `row` with the cells of the rows of each record.
    pub(crate) fn each_row<'r>(
        &self,
        batch: &Batch<'r>,
        row: &mut dyn FnMut(&[Option<&'r str>]),
    ) -> Result<(), SinkError> {
        let mut cells = self.layout.cells();
        each_record(batch, |record| {
            if let Some(kind) = self.layout.cannot_read(record) {
                return Err(Refusal::NoObject(kind));
            }
            let matches = self.layout.rows(record, &mut cells, row)?;
            if matches == 0 && self.without_match == WithoutMatch::OneRow {
                row(self.layout.of_columns(&cells));
            }
            Ok(())
        })
    }
}
