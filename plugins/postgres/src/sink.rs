//! Writes rows to a table.

use std::{fmt, io::Write as _};

use longhaul_plugin::{Batch, Mark, Receipt, Sink, SinkError};
use longhaul_table::{Cell, Entry, State, rejected as rejected_record};
use postgres::{Client, Error};

use crate::{
    connect::Server,
    error::{failed, rejected, unsent},
    existing::{Fit, fit},
    marks,
    row::encode,
    table::Table,
};

/// The number of bytes of rows that are held back before they are sent. So a transaction is open for a moment only, unless
/// there is much to commit.
const BUFFER: usize = 8 << 20;

/// An open `postgres` sink.
struct PostgresSink {
    client: Client,
    table: Table,
    stream: String,
    /// The table and its database, for messages.
    shown: String,
    /// The last commit.
    entry: Entry,
    /// The number of rows, including those that are not committed.
    rows: u64,
    /// Rows that are not sent yet.
    buffer: Vec<u8>,
    in_transaction: bool,
}

/// Opens the sink for a pull into `table`, new or rolled back to the receipt.
pub(crate) fn open(
    server: &Server,
    table: Table,
    stream: &str,
    from: Option<(&Receipt, Mark)>,
) -> Result<impl Sink + 'static, SinkError> {
    let mut client = server.connect()?;
    let shown = format!("table `{}.{}` in `{}`", table.schema(), table.name(), server.place());
    let entry = start_or_resume(&mut client, &shown, &table, stream, from)?;
    let rows = entry.rows;
    let (stream, buffer) = (stream.to_owned(), Vec::new());
    Ok(PostgresSink { client, table, stream, shown, entry, rows, buffer, in_transaction: false })
}

fn start_or_resume(
    client: &mut Client,
    shown: &str,
    table: &Table,
    stream: &str,
    from: Option<(&Receipt, Mark)>,
) -> Result<Entry, SinkError> {
    let cannot = |error: Error| failed(format!("cannot open {shown}"), &error);
    let mut transaction = client.transaction().map_err(cannot)?;
    marks::create_table(table, &mut transaction).map_err(cannot)?;
    let found = marks::find(table, &mut transaction).map_err(cannot)?;
    let entry = match from {
        None => {
            let conflict = found
                .filter(|(_, other)| other != stream)
                .and_then(|(entry, other)| entry.conflict(&other, table.layout().mode));
            if let Some(conflict) = conflict {
                return Err(rejected(format!("cannot write to {shown}: {conflict}")));
            }
            transaction.batch_execute(&table.create_committed()).map_err(cannot)?;
            marks::new(&mut transaction).map_err(cannot)?
        }
        Some((receipt, mark)) => {
            let entry = Entry::rolled_back(found.map(|(entry, _)| entry), receipt, mark)
                .map_err(|reason| rejected(format!("cannot resume {shown}: {reason}")))?;
            if entry.state == State::Running && entry.rows == 0 {
                // Somebody may have dropped the table.
                transaction.batch_execute(&table.create_committed()).map_err(cannot)?;
            } else if entry.state == State::Running {
                let rows = entry.rows.cast_signed();
                transaction.execute(&table.truncate_committed(), &[&rows]).map_err(cannot)?;
            }
            entry
        }
    };
    if entry.state == State::Running
        && let Fit::Never(reason) = fit(table, &mut transaction).map_err(cannot)?
    {
        return Err(rejected(format!("cannot write to {shown}: {reason}")));
    }
    marks::put(&entry, table, stream, &mut transaction).map_err(cannot)?;
    transaction.commit().map_err(cannot)?;
    Ok(entry)
}

impl PostgresSink {
    fn failed(&self, doing: &str) -> impl Fn(Error) -> SinkError + use<> {
        let what = format!("cannot {doing} {}", self.shown);
        move |error| failed(what.clone(), &error)
    }

    /// Begins a transaction if there is none, and checks that the pull is as this sink left it.
    fn begin(&mut self) -> Result<(), SinkError> {
        if self.in_transaction {
            return Ok(());
        }
        let cannot = self.failed("write to");
        self.client.batch_execute("BEGIN").map_err(&cannot)?;
        self.in_transaction = true;
        let found = marks::find(&self.table, &mut self.client).map_err(&cannot)?;
        if found.map(|(entry, _)| entry).as_ref() != Some(&self.entry) {
            // The other pull must not wait for this one.
            self.client.batch_execute("ROLLBACK").map_err(&cannot)?;
            let reason = "another pull into it has started since";
            return Err(rejected(format!("cannot write to {}: {reason}", self.shown)));
        }
        Ok(())
    }

    /// Sends the rows that were held back.
    fn flush(&mut self) -> Result<(), SinkError> {
        self.begin()?;
        if self.buffer.is_empty() {
            return Ok(());
        }
        let cannot = self.failed("write to");
        let mut writer = self.client.copy_in(&self.table.copy()).map_err(&cannot)?;
        let sent = writer.write_all(&self.buffer);
        sent.map_err(|error| unsent(format!("cannot write to {}", self.shown), error))?;
        writer.finish().map_err(&cannot)?;
        self.buffer.clear();
        Ok(())
    }

    /// Stores the entry and ends the transaction.
    fn end(&mut self, entry: Entry) -> Result<(), SinkError> {
        let cannot = self.failed("commit to");
        marks::put(&entry, &self.table, &self.stream, &mut self.client).map_err(&cannot)?;
        self.client.batch_execute("COMMIT").map_err(&cannot)?;
        self.in_transaction = false;
        self.entry = entry;
        Ok(())
    }
}

impl Sink for PostgresSink {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        if self.entry.state == State::Complete {
            return Err(rejected(format!("cannot write to {}: it is already complete", self.shown)));
        }
        let Self { table, rows, buffer, .. } = self;
        let layout = table.layout();
        layout.columns.read(batch, |number, cells| {
            if let Some(&key) = layout.key.iter().find(|&&key| cells[key] == Cell::Null) {
                let name = layout.columns.iter().nth(key).map_or("", |column| &column.name);
                return Err(rejected_record(number, &format!("has no value in the key column `{name}`")));
            }
            *rows += 1;
            encode(buffer, *rows, number, layout.json_type, layout.columns.iter().zip(cells))
        })?;
        if self.buffer.len() >= BUFFER { self.flush() } else { Ok(()) }
    }

    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        if self.entry.state == State::Running {
            self.flush()?;
            self.end(Entry { mark, rows: self.rows, ..self.entry.clone() })?;
        }
        Ok(self.entry.receipt())
    }

    fn finish(mut self: Box<Self>) -> Result<(), SinkError> {
        if self.entry.state == State::Complete {
            return Ok(());
        }
        self.begin()?;
        let cannot = self.failed("finish");
        let missing = match fit(&self.table, &mut self.client).map_err(&cannot)? {
            Fit::With(missing) => missing,
            Fit::Never(reason) => return Err(rejected(format!("cannot finish {}: {reason}", self.shown))),
        };
        self.client.batch_execute(&self.table.publish(&missing)).map_err(&cannot)?;
        self.end(Entry { state: State::Complete, ..self.entry.clone() })
    }
}

impl fmt::Debug for PostgresSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, stream, shown, entry, rows, .. } = self;
        f.debug_struct("PostgresSink")
            .field("table", table)
            .field("stream", stream)
            .field("shown", shown)
            .field("entry", entry)
            .field("rows", rows)
            .finish_non_exhaustive()
    }
}
