//! The last commit of the last pull into each table, stored in the schema of the table.

use longhaul_plugin::Mark;
use longhaul_table::{Entry, State};
use postgres::{Error, GenericClient};

use crate::table::{Table, quoted};

/// Creates the table of entries if it does not exist. Several pulls may do so at once.
pub(crate) fn create_table(table: &Table, client: &mut impl GenericClient) -> Result<(), Error> {
    // The key of the lock is arbitrary. It is released at the end of the transaction.
    client.batch_execute("SELECT pg_advisory_xact_lock(5138274901)")?;
    client.batch_execute(&format!(
        "CREATE TABLE IF NOT EXISTS {} (\"table\" text PRIMARY KEY, stream text NOT NULL, pull text NOT NULL, mark bigint \
         NOT NULL, \"rows\" bigint NOT NULL, state text NOT NULL)",
        entries(table)
    ))
}

/// The entry of a new pull, with a new ID.
pub(crate) fn new(client: &mut impl GenericClient) -> Result<Entry, Error> {
    let row = client.query_one("SELECT replace(gen_random_uuid()::text, '-', '')", &[])?;
    Ok(Entry::new(row.get(0)))
}

/// The entry of the table and its stream, if there is one. Nobody else can change it until the transaction ends.
pub(crate) fn find(table: &Table, client: &mut impl GenericClient) -> Result<Option<(Entry, String)>, Error> {
    let sql = format!(
        "SELECT pull, mark, \"rows\", state, stream FROM {} WHERE \"table\" = $1 FOR UPDATE",
        entries(table)
    );
    let row = client.query_opt(&sql, &[&table.name()])?;
    Ok(row.map(|row| {
        let entry = Entry {
            pull: row.get(0),
            mark: Mark(row.get::<_, i64>(1).cast_unsigned()),
            rows: row.get::<_, i64>(2).cast_unsigned(),
            state: State::named(row.get(3)),
        };
        (entry, row.get(4))
    }))
}

/// Stores the entry for the table, and replaces an earlier one.
pub(crate) fn put(
    entry: &Entry,
    table: &Table,
    stream: &str,
    client: &mut impl GenericClient,
) -> Result<(), Error> {
    let sql = format!(
        "INSERT INTO {} VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (\"table\") DO UPDATE SET stream = excluded.stream, \
         pull = excluded.pull, mark = excluded.mark, \"rows\" = excluded.\"rows\", state = excluded.state",
        entries(table)
    );
    let (mark, rows) = (entry.mark.0.cast_signed(), entry.rows.cast_signed());
    client.execute(&sql, &[&table.name(), &stream, &entry.pull, &mark, &rows, &entry.state.name()])?;
    Ok(())
}

fn entries(table: &Table) -> String {
    format!("{}.\"_longhaul\"", quoted(table.schema()))
}
