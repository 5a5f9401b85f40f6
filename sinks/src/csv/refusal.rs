//! Records that cannot become rows.

use std::str;

use longhaul_core::{
    json::NotJson,
    sink::{Batch, SinkError, SinkErrorKind},
};

/// Why a record cannot become a row.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum Refusal {
    /// Its text is wrong.
    NotJson(NotJson),
    /// It is of this kind, and no column leads into such a value: the row would say nothing of it.
    NoObject(&'static str),
    /// With its members there are more columns than a table may have.
    TooManyColumns,
}

/// Calls `each` with every record of a page.
pub(crate) fn each_record<'r>(
    batch: &Batch<'r>,
    mut each: impl FnMut(&'r str) -> Result<(), Refusal>,
) -> Result<(), SinkError> {
    for (index, record) in batch.records().enumerate() {
        let which = || format!("record {} of the page", index + 1);
        let text = str::from_utf8(record)
            .map_err(|error| rejected(format!("{} is not JSON", which())).because(error))?;
        each(text).map_err(|refusal| refusal.of(&which()))?;
    }
    Ok(())
}

impl Refusal {
    /// The error of a sink that met it in the record `which`.
    pub(crate) fn of(self, which: &str) -> SinkError {
        match self {
            Self::NotJson(error) => rejected(format!("{which} is not JSON")).because(error),
            Self::NoObject(kind) => {
                rejected(format!("{which} is {kind}, no object; a column at `\"\"` would take it whole"))
            }
            Self::TooManyColumns => rejected(format!(
                "with {which}, there are more than 10,000 columns; list those that are wanted in `columns`"
            )),
        }
    }
}

impl From<NotJson> for Refusal {
    fn from(error: NotJson) -> Self {
        Self::NotJson(error)
    }
}

fn rejected(message: String) -> SinkError {
    SinkError::new(SinkErrorKind::Rejected, message)
}
