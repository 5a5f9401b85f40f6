//! Columns with times in a time zone and format of their own.

use super::{columns::Column, error::RowError, time_format::TimeFormat};

/// The columns of a table that contain times: the index, name and format of each.
#[derive(Debug, Default)]
pub(crate) struct Times(Vec<(usize, String, TimeFormat)>);

/// The number of characters of a value that an error shows.
const SHOWN: usize = 40;

impl Times {
    /// The times among these columns.
    pub(super) fn of(columns: &[Column]) -> Self {
        let times = columns
            .iter()
            .enumerate()
            .filter_map(|(index, column)| Some((index, column.name.clone(), column.time.clone()?)));
        Self(times.collect())
    }

    /// Calls `row` with the cells, with their times written as configured.
    pub(super) fn write(
        &self,
        cells: &[Option<&str>],
        row: &mut dyn FnMut(&[Option<&str>]),
    ) -> Result<(), RowError> {
        if self.0.is_empty() {
            row(cells);
            return Ok(());
        }
        let written = self.0.iter().map(|(index, name, format)| match cells[*index] {
            None | Some("null") => Ok(None),
            Some(json) => match format.json(json) {
                Ok(written) => Ok(Some(written)),
                Err(problem) => Err(RowError::Time {
                    column: name.clone(),
                    value: json.chars().take(SHOWN).collect(),
                    problem,
                }),
            },
        });
        let written = written.collect::<Result<Vec<_>, _>>()?;
        let mut cells = cells.to_vec();
        for ((index, ..), time) in self.0.iter().zip(&written) {
            cells[*index] = time.as_deref();
        }
        row(&cells);
        Ok(())
    }
}
