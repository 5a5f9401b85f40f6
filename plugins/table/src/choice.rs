//! The option `columns` of a sink that can also find the columns itself.

use std::sync::Arc;

use longhaul_plugin::{Batch, SinkError};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    cell::Cell,
    columns::{Column, Columns},
    flag::Flag,
    inferred::Inferred,
    parts::{Rows, RowsOption},
};

/// The option `columns`.
#[derive(Debug, Default, Deserialize)]
#[serde(try_from = "Value")]
pub enum ColumnsOption {
    /// These columns.
    Listed(Columns),
    /// Those of all rows.
    #[default]
    All,
}

impl TryFrom<Value> for ColumnsOption {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        if value == "all" { Ok(Self::All) } else { Columns::try_from(value).map(Self::Listed) }
    }
}

/// The columns and rows as configured.
#[derive(Clone, Debug)]
pub enum ColumnChoice {
    /// These columns.
    Listed(Arc<Columns>),
    /// Those of all rows, known at the end of the pull.
    All(Rows),
}

impl ColumnChoice {
    /// The choice that the options `columns`, `rows` and `rows_optional` describe.
    ///
    /// # Errors
    /// They do not fit together.
    pub fn new(columns: ColumnsOption, rows: RowsOption, optional: Flag) -> Result<Self, String> {
        let rows = Rows::new(rows, optional)?;
        match columns {
            ColumnsOption::Listed(columns) => columns.of_rows(&rows).map(Arc::new).map(Self::Listed),
            ColumnsOption::All if rows.is_optional => {
                Err("`rows_optional` needs `columns`: without them, a row has only the values of a match"
                    .into())
            }
            ColumnsOption::All => Ok(Self::All(rows)),
        }
    }

    /// The listed columns.
    pub fn listed(&self) -> Option<&Arc<Columns>> {
        match self {
            Self::Listed(columns) => Some(columns),
            Self::All(_) => None,
        }
    }
}

/// The columns of a pull.
#[derive(Debug)]
pub(crate) enum PullColumns {
    Listed(Arc<Columns>),
    Inferred(Box<Inferred>),
}

impl PullColumns {
    /// The columns of a pull without records.
    pub(crate) fn of(choice: &ColumnChoice) -> Self {
        match choice {
            ColumnChoice::Listed(columns) => Self::Listed(Arc::clone(columns)),
            ColumnChoice::All(rows) => Self::Inferred(Box::new(Inferred::of_rows(rows))),
        }
    }

    /// The columns of a pull that is complete.
    pub(crate) fn finished(self) -> Self {
        match self {
            Self::Listed(columns) => Self::Listed(columns),
            Self::Inferred(inferred) => Self::Inferred(Box::new(inferred.finished())),
        }
    }

    /// The columns so far.
    pub(crate) fn list(&self) -> &[Column] {
        match self {
            Self::Listed(columns) => columns.list(),
            Self::Inferred(inferred) => inferred.columns(),
        }
    }

    /// Calls `row` for each row of each record of a page.
    pub(crate) fn read(
        &mut self,
        batch: &Batch<'_>,
        row: impl FnMut(usize, &[Cell<'_>]) -> Result<(), SinkError>,
    ) -> Result<(), SinkError> {
        match self {
            Self::Listed(columns) => columns.read(batch, row),
            Self::Inferred(inferred) => inferred.read(batch, row),
        }
    }
}
