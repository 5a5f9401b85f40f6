//! The parts of a record that become rows.

use longhaul_plugin::{
    SinkError,
    json::{InvalidRows, RowLayout, RowPath, RowPlace},
};
use serde::Deserialize;

use crate::{flag::Flag, rejected::rejected};

/// The options `rows` and `rows_optional`. By default, each record is a row.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// The path to the parts that become rows.
    pub(crate) path: RowPath,
    /// Whether a record without a match has one row, with the values of the record.
    pub(crate) is_optional: bool,
}

/// The path in the option `rows`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "String")]
pub struct RowsOption(RowPath);

/// Fills the values of the rows of a record.
#[derive(Debug)]
pub(crate) struct Parts {
    layout: RowLayout,
    is_optional: bool,
}

impl Rows {
    /// The rows that these options describe.
    ///
    /// # Errors
    /// `rows_optional` is set without `rows`.
    pub fn new(rows: RowsOption, optional: Flag) -> Result<Self, String> {
        let RowsOption(path) = rows;
        if optional.is_set() && path.levels() == 1 {
            return Err("`rows_optional` needs `rows`".into());
        }
        Ok(Self { path, is_optional: optional.is_set() })
    }
}

impl TryFrom<String> for RowsOption {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self).map_err(|error: InvalidRows| error.to_string())
    }
}

impl Parts {
    /// The parts that are `rows`, with the values at these places.
    pub(crate) fn new<'p>(rows: &Rows, places: impl IntoIterator<Item = &'p RowPlace>) -> Self {
        Self { layout: RowLayout::new(&rows.path, places), is_optional: rows.is_optional }
    }

    /// Calls `row` with the values of each row of the record with this number on the page.
    ///
    /// # Errors
    /// [`Rejected`](longhaul_plugin::SinkErrorKind::Rejected) if the record is not JSON, or can have no row; and any error of
    /// `row`.
    pub(crate) fn each(
        &self,
        record: &str,
        number: usize,
        mut row: impl FnMut(&[Option<&str>]) -> Result<(), SinkError>,
    ) -> Result<(), SinkError> {
        if let Some(kind) = self.layout.unreadable_kind(record) {
            return Err(rejected(number, &format!("is {kind}, which has no value at `rows`")));
        }
        let (mut values, mut done) = (self.layout.cells(), Ok(()));
        let mut each = |values: &[Option<&str>]| {
            if done.is_ok() {
                done = row(values);
            }
        };
        let matches = self.layout.rows(record, &mut values, &mut each);
        let matches = matches.map_err(|error| rejected(number, "is not JSON").because(error))?;
        if matches == 0 && self.is_optional {
            each(self.layout.column_cells(&values));
        }
        done
    }
}
