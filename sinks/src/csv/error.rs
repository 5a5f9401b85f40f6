//! The errors of records that cannot become rows.

use std::str;

use longhaul_core::{
    json::{FlattenError, NotJson},
    sink::{Batch, SinkError, SinkErrorKind},
    times::TimeProblem,
};

/// Why a record cannot become a row.
#[derive(Debug, Eq, PartialEq)]
pub(crate) enum RowError {
    /// The record is not valid JSON.
    NotJson(NotJson),
    /// The record is a value of this kind, in which no column can match: its row would be empty.
    NotAnObject(&'static str),
    /// A value cannot be converted, but its column writes times in its own way.
    Time { column: String, value: String, problem: TimeProblem },
    /// The record has new columns, and with them the table would have too many.
    TooManyColumns,
}

/// Calls `each` with every record of a page.
pub(crate) fn each_record<'r>(
    batch: &Batch<'r>,
    mut each: impl FnMut(&'r str) -> Result<(), RowError>,
) -> Result<(), SinkError> {
    for (index, record) in batch.records().enumerate() {
        let which = || format!("record {} of the page", index + 1);
        let text = str::from_utf8(record)
            .map_err(|error| rejected(format!("{} is not JSON", which())).because(error))?;
        each(text).map_err(|error| error.in_record(&which()))?;
    }
    Ok(())
}

impl RowError {
    /// The sink's error for this error in the record `which`.
    pub(crate) fn in_record(self, which: &str) -> SinkError {
        match self {
            Self::NotJson(error) => rejected(format!("{which} is not JSON")).because(error),
            Self::NotAnObject(kind) => rejected(format!(
                "{which} is {kind}, not an object; to keep it as a whole, add a column with `at = \"\"`"
            )),
            Self::Time { column, value, problem } => rejected(format!(
                "{which} has `{value}` in the column `{column}`, which is {problem}; without `timezone` and `format` \
                 the column keeps what the server wrote"
            )),
            Self::TooManyColumns => rejected(format!(
                "{which} has new columns, and the table would have more than 10,000; list the columns to keep in `columns`"
            )),
        }
    }
}

impl From<NotJson> for RowError {
    fn from(error: NotJson) -> Self {
        Self::NotJson(error)
    }
}

impl From<FlattenError> for RowError {
    fn from(error: FlattenError) -> Self {
        match error {
            FlattenError::NotJson(error) => Self::NotJson(error),
            FlattenError::TooManyColumns => Self::TooManyColumns,
        }
    }
}

fn rejected(message: String) -> SinkError {
    SinkError::new(SinkErrorKind::Rejected, message)
}
