//! Columns that nobody listed: those of all records of a pull.

use jiff::Timestamp;
use longhaul_plugin::{
    Batch, SinkError,
    json::{Arrays, FlattenError, Flattener, Naming, RowPlace},
};

use crate::{
    cell::Cell,
    columns::{Column, Columns, record_column},
    fitting::Fitting,
    parts::{Parts, Rows},
    rejected::rejected,
};

/// The columns of all records so far, or of the parts of them that are rows. Each has a type that keeps every value.
#[derive(Debug)]
pub struct Inferred {
    /// `None` if each record is a row.
    parts: Option<Parts>,
    flattener: Flattener,
    fitting: Vec<Fitting>,
    columns: Vec<Column>,
}

impl Inferred {
    /// The columns of the rows that `rows` makes of records.
    pub fn of_rows(rows: &Rows) -> Self {
        let parts = (rows.path.levels() > 1).then(|| Parts::new(rows, [&RowPlace::default()]));
        let flattener = Flattener::new(Arrays::Json, Naming::Database);
        Self { parts, flattener, fitting: Vec::new(), columns: Vec::new() }
    }

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
        let Self { parts, flattener, fitting, columns } = self;
        each_row(parts.as_ref(), flattener, batch, |flattener, _, values| {
            fitting.resize(values.len(), Fitting::ANY);
            for (index, value) in values.iter().enumerate() {
                let fitting = &mut fitting[index];
                *fitting = value.map_or(*fitting, |json| fitting.with(json, &holds_time));
                if index == columns.len() {
                    let new = &flattener.columns()[index];
                    let (name, at) = (new.name.clone(), new.at.clone().into());
                    columns.push(Column { name, at, kind: fitting.kind() });
                }
                columns[index].kind = fitting.kind();
            }
            Ok(())
        })
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
        let Self { parts, flattener, columns, .. } = self;
        each_row(parts.as_ref(), flattener, batch, |_, number, values| {
            row(number, &Columns::cells(columns, values, number)?)
        })
    }
}

/// Calls `row` with the values of each row of a page, and the number of its record.
fn each_row(
    parts: Option<&Parts>,
    flattener: &mut Flattener,
    batch: &Batch<'_>,
    mut row: impl FnMut(&Flattener, usize, &[Option<&str>]) -> Result<(), SinkError>,
) -> Result<(), SinkError> {
    for (number, record) in (1..).zip(batch.records()) {
        let record = std::str::from_utf8(record).map_err(|error| not_json(number).because(error))?;
        let mut flat = |part: &str| {
            let mut values = Vec::new();
            flatten(flattener, number, part, &mut values)?;
            row(flattener, number, &values)
        };
        match parts {
            None => flat(record)?,
            Some(parts) => parts.each(record, number, |part| flat(part[0].unwrap_or("null")))?,
        }
    }
    Ok(())
}

fn not_json(number: usize) -> SinkError {
    rejected(number, "is not JSON")
}

fn flatten<'r>(
    flattener: &mut Flattener,
    number: usize,
    part: &'r str,
    values: &mut Vec<Option<&'r str>>,
) -> Result<(), SinkError> {
    flattener.cells(part, values).map_err(|error| match error {
        FlattenError::NotJson(error) => not_json(number).because(error),
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
        let mut inferred = Inferred::of_rows(&Rows::default());
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
        assert_eq!(Inferred::of_rows(&Rows::default()).finished().columns(), [record_column()]);
        let mut inferred = Inferred::of_rows(&Rows::default());
        inferred.add(&batch("{}\n"), |_| true).unwrap();
        assert_eq!(inferred.finished().columns(), [record_column()]);
    }

    #[test]
    fn a_record_that_is_not_json_is_rejected() {
        let error = Inferred::of_rows(&Rows::default()).add(&batch("{}\n{\n"), |_| true).unwrap_err();
        assert_eq!(error.to_string(), "record 2 of the page is not JSON");
    }
}
