//! Writing rows.

use std::{path::Path, time::Duration};

use longhaul_plugin::{Batch, Mark, Receipt, Sink, SinkError};
use longhaul_table::{Cell, rejected as rejected_record};
use rusqlite::{
    Connection, OpenFlags, Result as SqlResult, ToSql, TransactionBehavior, params_from_iter,
    types::{ToSqlOutput, ValueRef},
};

use crate::{
    failure::{failed, rejected, unopened},
    ledger::{self, Entry, State},
    table::{Table, check},
};

/// An open `sqlite` sink.
#[derive(Debug)]
struct SqliteSink {
    database: Connection,
    table: Table,
    stream: String,
    /// The table and its file, for messages.
    shown: String,
    /// As it was committed last.
    entry: Entry,
    /// Rows, also those that wait to be committed.
    rows: u64,
}

/// Opens the sink for a pull into `table`, from the beginning or as it was at the receipt.
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
    Ok(Box::new(begin_or_go_on(database, shown, table, stream, from)?))
}

fn begin_or_go_on(
    mut database: Connection,
    shown: String,
    table: Table,
    stream: &str,
    from: Option<(&Receipt, Mark)>,
) -> Result<SqliteSink, SinkError> {
    let cannot = |error| failed(format!("cannot open {shown}"), error);
    let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate).map_err(cannot)?;
    ledger::make(&transaction).map_err(cannot)?;
    let entry = match from {
        None => {
            let before = Entry::find(&transaction, table.name()).map_err(cannot)?;
            let why = before.map_or(Ok(None), |before| before.hinders(&transaction, &table, stream));
            if let Some(why) = why.map_err(cannot)? {
                return Err(rejected(format!("cannot write to {shown}: {why}")));
            }
            transaction.execute_batch(&table.make_gathered()).map_err(cannot)?;
            Entry::begin(&transaction).map_err(cannot)?
        }
        Some((receipt, mark)) => {
            let found = Entry::find(&transaction, table.name()).map_err(cannot)?;
            let entry = committed(found, receipt, mark)
                .map_err(|why| rejected(format!("cannot go on with {shown}: {why}")))?;
            if entry.state == State::UnderWay {
                transaction.execute(&table.cut_gathered(), [entry.rows]).map_err(cannot)?;
            }
            entry
        }
    };
    if entry.state == State::UnderWay {
        let why = check(&table, &transaction).map_err(cannot)?;
        if let Some(why) = why {
            return Err(rejected(format!("cannot write to {shown}: {why}")));
        }
    }
    entry.put(&transaction, table.name(), stream).map_err(cannot)?;
    transaction.commit().map_err(cannot)?;
    let rows = entry.rows;
    Ok(SqliteSink { database, table, stream: stream.to_owned(), shown, entry, rows })
}

/// The entry as it was at the commit that gave the receipt, or why there is no way back to it.
fn committed(found: Option<Entry>, receipt: &Receipt, mark: Mark) -> Result<Entry, String> {
    let (pull, rows) =
        Entry::told(receipt).ok_or_else(|| format!("the receipt `{}` is not one of it", receipt.0))?;
    let found = found.ok_or("the database knows of no pull into it")?;
    if found.pull != pull {
        return Err("another pull into it has begun since".into());
    }
    if found.rows < rows {
        return Err(format!("it has {} rows, and {rows} were committed", found.rows));
    }
    let entry = Entry { mark, rows, ..found.clone() };
    if found.state == State::Complete && entry != found {
        return Err("it is complete already".into());
    }
    Ok(entry)
}

fn connect(file: &Path, busy_timeout: Duration, table: &Table) -> SqlResult<Connection> {
    // Without the flag for URIs: a path that looks like one is still a path.
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(file, flags)?;
    database.busy_timeout(busy_timeout)?;
    // The journal stays as it is in this file. For the one that is deleted, FULL would not do: a commit would be
    // undone by a power cut before the deletion is on the disk.
    database.execute_batch("PRAGMA synchronous = EXTRA")?;
    database.execute_batch(&table.make_waiting())?;
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
            return Err(rejected(format!("cannot write to {}: it is complete already", self.shown)));
        }
        let cannot = self.failed("write to");
        let Self { database, table, rows, .. } = self;
        // What waits is in a file of this connection alone: nobody is locked out meanwhile.
        let transaction = database.transaction().map_err(&cannot)?;
        let mut take = transaction.prepare(&table.take()).map_err(&cannot)?;
        table.columns().read(batch, |number, cells| {
            if let Some(&key) = table.key().iter().find(|&&key| cells[key] == Cell::Null) {
                let name = table.columns().iter().nth(key).map_or("", |column| &column.name);
                return Err(rejected_record(
                    number,
                    &format!("has nothing in the column `{name}` of the key"),
                ));
            }
            *rows += 1;
            let numbered = [Value::Number(*rows)].into_iter().chain(cells.iter().map(Value::Cell));
            take.execute(params_from_iter(numbered)).map_err(&cannot)?;
            Ok(())
        })?;
        drop(take);
        transaction.commit().map_err(&cannot)
    }

    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        let cannot = self.failed("commit to");
        let entry = Entry { mark, rows: self.rows, ..self.entry.clone() };
        if self.entry.state == State::UnderWay {
            let transaction = begin(&mut self.database, &self.table, &self.entry, &self.shown)?;
            transaction.execute(&self.table.gather(), []).map_err(&cannot)?;
            entry.put(&transaction, self.table.name(), &self.stream).map_err(&cannot)?;
            transaction.commit().map_err(&cannot)?;
            self.database.execute(&Table::forget_waiting(), []).map_err(&cannot)?;
            self.entry = entry;
        }
        Ok(self.entry.receipt())
    }

    fn finish(mut self: Box<Self>) -> Result<(), SinkError> {
        if self.entry.state == State::Complete {
            return Ok(());
        }
        let cannot = self.failed("finish");
        let transaction = begin(&mut self.database, &self.table, &self.entry, &self.shown)?;
        transaction.execute_batch(&self.table.make()).map_err(&cannot)?;
        transaction.execute(&self.table.publish(), []).map_err(&cannot)?;
        transaction.execute_batch(&self.table.tidy()).map_err(&cannot)?;
        let entry = Entry { state: State::Complete, ..self.entry };
        entry.put(&transaction, self.table.name(), &self.stream).map_err(&cannot)?;
        transaction.commit().map_err(&cannot)
    }
}

/// Begins a transaction on the file, in which the pull is as this sink left it.
fn begin<'d>(
    database: &'d mut Connection,
    table: &Table,
    entry: &Entry,
    shown: &str,
) -> Result<rusqlite::Transaction<'d>, SinkError> {
    let cannot = |error| failed(format!("cannot write to {shown}"), error);
    let transaction = database.transaction_with_behavior(TransactionBehavior::Immediate).map_err(cannot)?;
    let found = Entry::find(&transaction, table.name()).map_err(cannot)?;
    if found.as_ref() != Some(entry) {
        return Err(rejected(format!("cannot write to {shown}: another pull into it has begun since")));
    }
    Ok(transaction)
}

/// A parameter of a row.
enum Value<'c> {
    Number(u64),
    Cell(&'c Cell<'c>),
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> SqlResult<ToSqlOutput<'_>> {
        let cell = match self {
            Self::Number(number) => return number.to_sql(),
            Self::Cell(cell) => cell,
        };
        Ok(ToSqlOutput::Borrowed(match cell {
            Cell::Null => ValueRef::Null,
            Cell::Text(text) | Cell::Timestamp(text, _) => ValueRef::Text(text.as_bytes()),
            Cell::Json(json) => ValueRef::Text(json.as_bytes()),
            Cell::Integer(value) => ValueRef::Integer(*value),
            Cell::Real(value) => ValueRef::Real(*value),
            Cell::Boolean(value) => ValueRef::Integer(i64::from(*value)),
        }))
    }
}

#[cfg(test)]
mod tests;
