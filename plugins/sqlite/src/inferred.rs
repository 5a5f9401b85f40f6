//! Tables whose columns are those of all records. The records are collected as they are, and read twice at the end: for the
//! columns, and for the rows.

use longhaul_plugin::{Batch, SinkError};
use longhaul_table::{Inferred, Rows};
use rusqlite::{Connection, params_from_iter};

use crate::{
    error::{failed, rejected},
    parameter::Parameter,
    table::Table,
};

/// The most columns that a table of SQLite may have.
const MAX_COLUMNS: usize = 2000;

/// The columns of the rows that the collected records have.
pub(crate) fn infer(
    database: &Connection,
    table: &Table,
    rows: &Rows,
    shown: &str,
) -> Result<Inferred, SinkError> {
    let mut inferred = Inferred::of_rows(rows);
    each_record(database, table, shown, |record| inferred.add(record, |_| true))?;
    let inferred = inferred.finished();
    let columns = inferred.columns().len();
    if columns > MAX_COLUMNS {
        return Err(rejected(format!(
            "cannot finish {shown}: the records have {columns} columns, and a table of SQLite has at most {MAX_COLUMNS}; \
             list the columns to keep in `columns`"
        )));
    }
    Ok(inferred)
}

/// Creates the target table, and inserts the rows of the collected records in order.
pub(crate) fn publish(
    database: &Connection,
    table: &Table,
    mut inferred: Inferred,
    shown: &str,
) -> Result<(), SinkError> {
    let cannot = |error| failed(format!("cannot finish {shown}"), error);
    let target = table.with_columns(inferred.columns().to_vec());
    database.execute_batch(&target.create()).map_err(cannot)?;
    let mut insert = database.prepare(&target.insert_into_target()).map_err(cannot)?;
    each_record(database, table, shown, |record| {
        inferred.read(record, |_, cells| {
            insert.execute(params_from_iter(cells.iter().map(Parameter::Cell))).map_err(cannot)?;
            Ok(())
        })
    })
}

/// Calls `each` with every collected record, in order.
fn each_record(
    database: &Connection,
    table: &Table,
    shown: &str,
    mut each: impl FnMut(&Batch<'_>) -> Result<(), SinkError>,
) -> Result<(), SinkError> {
    let cannot = |error| failed(format!("cannot finish {shown}"), error);
    let mut select = database.prepare(&table.select_records()).map_err(cannot)?;
    let (mut rows, mut line) = (select.query([]).map_err(cannot)?, String::new());
    while let Some(row) = rows.next().map_err(cannot)? {
        let record = row.get_ref(0).and_then(|record| Ok(record.as_str()?)).map_err(cannot)?;
        line.clear();
        line.push_str(record);
        line.push('\n');
        each(&Batch::new(line.as_bytes(), &[line.len()]))?;
    }
    Ok(())
}
