//! Columns that nobody listed: those of all records of a pull.

use jiff::Timestamp;
use longhaul_plugin::{
    Batch, SinkError,
    json::{Arrays, FlattenError, Flattener, Naming},
};

use crate::{
    cell::Cell,
    columns::{Column, Columns, record_column, rejected},
    fitting::Fitting,
};

/// The columns of all records so far. Each has a type that keeps every value.
#[derive(Debug)]
pub struct Inferred {
    flattener: Flattener,
    fitting: Vec<Fitting>,
    columns: Vec<Column>,
}

impl Inferred {
    /// The columns, which have the column `record` if there is no record.
    #[must_use]
    pub fn finished(mut self) -> Self {
        if self.columns.is_empty() {
            self.columns.push(record_column());
        }
        self
    }

    /// The columns so far.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Adds the columns and values of the records of a page. `holds_time` says whether the sink can store a time.
    ///
    /// # Errors
    /// [`Rejected`](longhaul_plugin::SinkErrorKind::Rejected) if a record is not JSON, or has too many new columns.
    pub fn add(
        &mut self,
        batch: &Batch<'_>,
        holds_time: impl Fn(Timestamp) -> bool,
    ) -> Result<(), SinkError> {
        let mut values = Vec::new();
        for (number, record) in (1..).zip(batch.records()) {
            flatten(&mut self.flattener, number, record, &mut values)?;
            self.fitting.resize(values.len(), Fitting::ANY);
            for (index, value) in values.iter().enumerate() {
                let fitting = &mut self.fitting[index];
                *fitting = value.map_or(*fitting, |json| fitting.with(json, &holds_time));
                if index == self.columns.len() {
                    let new = &self.flattener.columns()[index];
                    let (name, at) = (new.name.clone(), new.at.clone());
                    self.columns.push(Column { name, at, kind: fitting.kind() });
                }
                self.columns[index].kind = fitting.kind();
            }
        }
        Ok(())
    }

    /// Calls `row` for each record of a page that was added, like [`Columns::read`](crate::Columns::read).
    ///
    /// # Errors
    /// A record was not added, and any error of `row`.
    pub fn read(
        &mut self,
        batch: &Batch<'_>,
        mut row: impl FnMut(usize, &[Cell<'_>]) -> Result<(), SinkError>,
    ) -> Result<(), SinkError> {
        let mut values = Vec::new();
        for (number, record) in (1..).zip(batch.records()) {
            flatten(&mut self.flattener, number, record, &mut values)?;
            row(number, &Columns::cells(&self.columns, &values, number)?)?;
        }
        Ok(())
    }
}

impl Default for Inferred {
    fn default() -> Self {
        let flattener = Flattener::new(Arrays::Json, Naming::Database);
        Self { flattener, fitting: Vec::new(), columns: Vec::new() }
    }
}

fn flatten<'r>(
    flattener: &mut Flattener,
    number: usize,
    record: &'r [u8],
    values: &mut Vec<Option<&'r str>>,
) -> Result<(), SinkError> {
    let not_json = || rejected(number, "is not JSON");
    let record = std::str::from_utf8(record).map_err(|error| not_json().because(error))?;
    flattener.cells(record, values).map_err(|error| match error {
        FlattenError::NotJson(error) => not_json().because(error),
        FlattenError::TooManyColumns => rejected(
            number,
            "has new columns, and the table would have more than 10,000; list the columns to keep in `columns`",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(records: &str) -> Batch<'_> {
        let ends: Vec<_> = records.match_indices('\n').map(|(at, _)| at + 1).collect();
        Batch::new(records.as_bytes(), ends.leak())
    }

    #[test]
    fn the_columns_are_those_of_all_records() {
        let mut inferred = Inferred::default();
        let pages = [
            "{\"id\":1,\"a\":{\"b\":\"2026-01-01T00:00:00Z\"},\"price\":1.5}\n{\"id\":2,\"price\":1.10}\n",
            "{\"id\":null,\"a\":{\"b\":\"never\",\"late\":[1]},\"ID\":\"007\"}\n",
        ];
        for page in pages {
            inferred.add(&batch(page), |_| true).unwrap();
        }
        let columns = inferred.columns().iter();
        let columns: Vec<_> =
            columns.map(|column| format!("{} {} {:?}", column.name, column.at, column.kind)).collect();
        assert_eq!(
            columns,
            [
                "id /id Integer",
                "a.b /a/b Text",
                "price /price Numeric",
                "a.late /a/late Json",
                "/ID /ID Text"
            ]
        );
        let mut rows = Vec::new();
        for page in pages {
            inferred
                .read(&batch(page), |number, row| {
                    rows.push(format!("{number} {row:?}"));
                    Ok(())
                })
                .unwrap();
        }
        assert_eq!(
            rows,
            [
                r#"1 [Integer(1), Text("2026-01-01T00:00:00Z"), Numeric("1.5"), Null, Null]"#,
                r#"2 [Integer(2), Null, Numeric("1.10"), Null, Null]"#,
                r#"1 [Null, Text("never"), Null, Json("[1]"), Text("007")]"#,
            ]
        );
    }

    #[test]
    fn without_records_there_is_the_column_of_the_record() {
        assert_eq!(Inferred::default().finished().columns(), [record_column()]);
        let mut inferred = Inferred::default();
        inferred.add(&batch("{}\n"), |_| true).unwrap();
        assert_eq!(inferred.finished().columns(), [record_column()]);
    }

    #[test]
    fn a_record_that_is_not_json_is_rejected() {
        let error = Inferred::default().add(&batch("{}\n{\n"), |_| true).unwrap_err();
        assert_eq!(error.to_string(), "record 2 of the page is not JSON");
    }
}
