//! The last commit of the last pull into each table, stored in the database.

use longhaul_plugin::Mark;
use longhaul_table::{Entry, State};
use rusqlite::{Connection, OptionalExtension as _, Result, params};

use crate::table::Table;

/// The entry of a new pull, with a new ID.
pub(crate) fn new(database: &Connection) -> Result<Entry> {
    let pull = database.query_row("SELECT lower(hex(randomblob(8)))", [], |row| row.get(0))?;
    Ok(Entry::new(pull))
}

/// The entry of `table`, if there is one.
pub(crate) fn find(database: &Connection, table: &str) -> Result<Option<Entry>> {
    let sql = "SELECT pull, mark, \"rows\", state FROM main._longhaul WHERE \"table\" = ?";
    let entry = |row: &rusqlite::Row<'_>| {
        let state = State::named(&row.get::<_, String>(3)?);
        Ok(Entry { pull: row.get(0)?, mark: Mark(row.get(1)?), rows: row.get(2)?, state })
    };
    database.query_row(sql, [table], entry).optional()
}

/// Why a new pull of `stream` into `table` is not allowed after the pull in `entry`, or `None` if it is. A stream may
/// always replace or abandon its own pulls.
pub(crate) fn conflict(
    entry: &Entry,
    database: &Connection,
    table: &Table,
    stream: &str,
) -> Result<Option<String>> {
    let sql = "SELECT stream FROM main._longhaul WHERE \"table\" = ? AND stream <> ?";
    let other = database.query_row(sql, params![table.name(), stream], |row| row.get::<_, String>(0));
    Ok(other.optional()?.and_then(|other| entry.conflict(&other, table.mode())))
}

/// Stores the entry for `table`, and replaces an earlier one.
pub(crate) fn put(entry: &Entry, database: &Connection, table: &str, stream: &str) -> Result<()> {
    database.execute(
        "INSERT OR REPLACE INTO main._longhaul VALUES (?, ?, ?, ?, ?, ?)",
        params![table, stream, entry.pull, entry.mark.0, entry.rows, entry.state.name()],
    )?;
    Ok(())
}

/// Creates the table of entries if it does not exist.
pub(crate) fn create_table(database: &Connection) -> Result<()> {
    database.execute_batch(
        "CREATE TABLE IF NOT EXISTS main._longhaul (\"table\" TEXT PRIMARY KEY COLLATE NOCASE, stream TEXT, \
         pull TEXT, mark INTEGER, \"rows\" INTEGER, state TEXT)",
    )
}
