//! The option `columns` of a sink that can also find the columns itself.

use std::sync::Arc;

use longhaul_plugin::{Batch, SinkError};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    cell::Cell,
    columns::{Column, Columns},
    inferred::Inferred,
};

/// The columns as configured.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(try_from = "Value")]
pub enum ColumnChoice {
    /// These columns.
    Listed(Arc<Columns>),
    /// Those of all records, known at the end of the pull.
    #[default]
    All,
}

impl ColumnChoice {
    /// The listed columns.
    pub fn listed(&self) -> Option<&Arc<Columns>> {
        match self {
            Self::Listed(columns) => Some(columns),
            Self::All => None,
        }
    }
}

impl TryFrom<Value> for ColumnChoice {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        if value == "all" { Ok(Self::All) } else { Columns::try_from(value).map(Arc::new).map(Self::Listed) }
    }
}

/// The columns of a pull.
#[derive(Debug)]
pub(crate) enum PullColumns {
    Listed(Arc<Columns>),
    Inferred(Inferred),
}

impl PullColumns {
    /// The columns of a pull without records.
    pub(crate) fn of(choice: &ColumnChoice) -> Self {
        choice
            .listed()
            .map_or_else(|| Self::Inferred(Inferred::default()), |columns| Self::Listed(Arc::clone(columns)))
    }

    /// The columns of a pull that is complete.
    pub(crate) fn finished(self) -> Self {
        match self {
            Self::Listed(columns) => Self::Listed(columns),
            Self::Inferred(inferred) => Self::Inferred(inferred.finished()),
        }
    }

    /// The columns so far.
    pub(crate) fn list(&self) -> &[Column] {
        match self {
            Self::Listed(columns) => columns.list(),
            Self::Inferred(inferred) => inferred.columns(),
        }
    }

    /// Calls `row` for each record of a page.
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
