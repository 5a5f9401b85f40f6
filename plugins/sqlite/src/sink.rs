//! Writes rows to a table.

use std::{path::Path, time::Duration};

use longhaul_plugin::{Batch, Mark, Receipt, Sink, SinkError};
use longhaul_table::{Cell, Entry, State, rejected as rejected_record};
use rusqlite::{Connection, OpenFlags, Result as SqlResult, TransactionBehavior, params_from_iter};

use crate::{
    error::{failed, rejected, unopened},
    inferred::{infer, publish},
    marks,
    parameter::Parameter,
    table::{Table, Target, check},
};

/// An open `sqlite` sink.
#[derive(Debug)]
struct SqliteSink {
    database: Connection,
    table: Table,
    stream: String,
    /// The table and its file, for messages.
    shown: String,
    /// The last commit.
    entry: Entry,
    /// The number of rows, including those that are not committed.
    rows: u64,
}

/// Opens the sink for a pull into `table`, new or rolled back to the receipt.
pub(crate) fn open(
    file: &Path,
    busy_timeout: Duration,
    table: Table,
    stream: &str,
    from: Option<(&Receipt, Mark)>,
) -> Result<Box<dyn Sink>, SinkError> {
    let shown = format!("table `{}` in `{}`", table.name(), file.display());
    let database = connect(file, busy_timeout, &table)
        .map_err(|error| unopened(format!("cannot open {shown}"), file, error))?;
    Ok(Box::new(start_or_resume(database, shown, table, stream, from)?))
}

fn start_or_resume(
    mut database: Connection,
    shown: String,
    table: Table,
    stream: &str,
    from: Option<(&Receipt, Mark)>,
) -> Result<SqliteSink, SinkError> {
    let cannot = |error| failed(format!("cannot open {shown}"), error);
    let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate).map_err(cannot)?;
    marks::create_table(&transaction).map_err(cannot)?;
    let entry = match from {
        None => {
            let before = marks::find(&transaction, table.name()).map_err(cannot)?;
            let conflict =
                before.map_or(Ok(None), |before| marks::conflict(&before, &transaction, &table, stream));
            if let Some(conflict) = conflict.map_err(cannot)? {
                return Err(rejected(format!("cannot write to {shown}: {conflict}")));
            }
            transaction.execute_batch(&table.create_committed()).map_err(cannot)?;
            marks::new(&transaction).map_err(cannot)?
        }
        Some((receipt, mark)) => {
            let found = marks::find(&transaction, table.name()).map_err(cannot)?;
            let entry = Entry::rolled_back(found, receipt, mark)
                .map_err(|reason| rejected(format!("cannot resume {shown}: {reason}")))?;
            if entry.state == State::Running && entry.rows == 0 {
                // Somebody may have dropped the table.
                transaction.execute_batch(&table.create_committed()).map_err(cannot)?;
            } else if entry.state == State::Running {
                transaction.execute(&table.truncate_committed(), [entry.rows]).map_err(cannot)?;
            }
            entry
        }
    };
    if entry.state == State::Running {
        let mismatch = check(&table, &transaction).map_err(cannot)?;
        if let Some(mismatch) = mismatch {
            return Err(rejected(format!("cannot write to {shown}: {mismatch}")));
        }
    }
    marks::put(&entry, &transaction, table.name(), stream).map_err(cannot)?;
    transaction.commit().map_err(cannot)?;
    let rows = entry.rows;
    Ok(SqliteSink { database, table, stream: stream.to_owned(), shown, entry, rows })
}

fn connect(file: &Path, busy_timeout: Duration, table: &Table) -> SqlResult<Connection> {
    // Without the flag for URIs, so that a path that looks like a URI is still a path.
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(file, flags)?;
    database.busy_timeout(busy_timeout)?;
    // Keep the journal mode of the file. In the mode DELETE, FULL would not be enough: a power cut before the
    // deletion of the journal is durable would roll back a commit.
    database.execute_batch("PRAGMA synchronous = EXTRA")?;
    database.execute_batch(&table.create_uncommitted())?;
    Ok(database)
}

impl SqliteSink {
    fn failed(&self, doing: &str) -> impl Fn(rusqlite::Error) -> SinkError + use<> {
        let what = format!("cannot {doing} {}", self.shown);
        move |error| failed(what.clone(), error)
    }
}

impl Sink for SqliteSink {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        if self.entry.state == State::Complete {
            return Err(rejected(format!("cannot write to {}: it is already complete", self.shown)));
        }
        let cannot = self.failed("write to");
        let Self { database, table, rows, .. } = self;
        // Uncommitted rows are in a temporary file of this connection, so other programs are not locked out.
        let transaction = database.transaction().map_err(&cannot)?;
        let mut insert = transaction.prepare(&table.insert()).map_err(&cannot)?;
        table.columns().read(batch, |number, cells| {
            if let Some(&key) = table.key().iter().find(|&&key| cells[key] == Cell::Null) {
                let name = table.columns().iter().nth(key).map_or("", |column| &column.name);
                return Err(rejected_record(number, &format!("has no value in the key column `{name}`")));
            }
            *rows += 1;
            let numbered = [Parameter::Number(*rows)].into_iter().chain(cells.iter().map(Parameter::Cell));
            insert.execute(params_from_iter(numbered)).map_err(&cannot)?;
            Ok(())
        })?;
        drop(insert);
        transaction.commit().map_err(&cannot)
    }

    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        let cannot = self.failed("commit to");
        let entry = Entry { mark, rows: self.rows, ..self.entry.clone() };
        if self.entry.state == State::Running {
            let transaction = begin_transaction(&mut self.database, &self.table, &self.entry, &self.shown)?;
            transaction.execute(&self.table.commit(), []).map_err(&cannot)?;
            marks::put(&entry, &transaction, self.table.name(), &self.stream).map_err(&cannot)?;
            transaction.commit().map_err(&cannot)?;
            self.database.execute(&Table::clear_uncommitted(), []).map_err(&cannot)?;
            self.entry = entry;
        }
        Ok(self.entry.receipt())
    }

    fn finish(mut self: Box<Self>) -> Result<(), SinkError> {
        if self.entry.state == State::Complete {
            return Ok(());
        }
        let cannot = self.failed("finish");
        let inferred = match self.table.target() {
            Target::Same => None,
            // Before the transaction, so that others do not wait for it.
            Target::Inferred(rows) => Some(infer(&self.database, &self.table, rows, &self.shown)?),
        };
        let transaction = begin_transaction(&mut self.database, &self.table, &self.entry, &self.shown)?;
        match inferred {
            None => {
                transaction.execute_batch(&self.table.create()).map_err(&cannot)?;
                transaction.execute(&self.table.publish(), []).map_err(&cannot)?;
            }
            Some(inferred) => publish(&transaction, &self.table, inferred, &self.shown)?,
        }
        transaction.execute_batch(&self.table.clean_up()).map_err(&cannot)?;
        let entry = Entry { state: State::Complete, ..self.entry };
        marks::put(&entry, &transaction, self.table.name(), &self.stream).map_err(&cannot)?;
        transaction.commit().map_err(&cannot)
    }
}

/// Begins a transaction, and checks that the pull is as this sink left it.
fn begin_transaction<'d>(
    database: &'d mut Connection,
    table: &Table,
    entry: &Entry,
    shown: &str,
) -> Result<rusqlite::Transaction<'d>, SinkError> {
    let cannot = |error| failed(format!("cannot write to {shown}"), error);
    let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate).map_err(cannot)?;
    let found = marks::find(&transaction, table.name()).map_err(cannot)?;
    if found.as_ref() != Some(entry) {
        return Err(rejected(format!("cannot write to {shown}: another pull into it has started since")));
    }
    Ok(transaction)
}

#[cfg(test)]
mod tests;
