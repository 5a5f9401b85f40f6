//! The last commit of the last pull into each table, stored in the database.

use longhaul_plugin::{Mark, Receipt};
use rusqlite::{Connection, OptionalExtension as _, Result, params};

use crate::{mode::Mode, table::Table};

/// The last commit of a pull into a table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Entry {
    /// The unique ID of the pull.
    pub(crate) pull: String,
    /// The number of pages.
    pub(crate) mark: Mark,
    /// The number of rows on these pages.
    pub(crate) rows: u64,
    pub(crate) state: State,
}

/// The progress of a pull.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum State {
    /// Rows are being collected.
    Running,
    /// The rows are in the target table.
    Complete,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Complete => "complete",
        }
    }
}

impl Entry {
    /// The entry of a new pull, with a new ID.
    pub(crate) fn new(database: &Connection) -> Result<Self> {
        let pull = database.query_row("SELECT lower(hex(randomblob(8)))", [], |row| row.get(0))?;
        Ok(Self { pull, mark: Mark::START, rows: 0, state: State::Running })
    }

    /// The entry of `table`, if there is one.
    pub(crate) fn find(database: &Connection, table: &str) -> Result<Option<Self>> {
        let sql = "SELECT pull, mark, \"rows\", state FROM main._longhaul WHERE \"table\" = ?";
        let entry = |row: &rusqlite::Row<'_>| {
            let state: String = row.get(3)?;
            let state = if state == State::Complete.name() { State::Complete } else { State::Running };
            Ok(Self { pull: row.get(0)?, mark: Mark(row.get(1)?), rows: row.get(2)?, state })
        };
        database.query_row(sql, [table], entry).optional()
    }

    /// Why a new pull of `stream` into `table` is not allowed after the pull in this entry, or `None` if it is. A
    /// stream may always replace or abandon its own pulls.
    pub(crate) fn conflict(
        &self,
        database: &Connection,
        table: &Table,
        stream: &str,
    ) -> Result<Option<String>> {
        let sql = "SELECT stream FROM main._longhaul WHERE \"table\" = ? AND stream <> ?";
        let other = database.query_row(sql, params![table.name(), stream], |row| row.get::<_, String>(0));
        Ok(other.optional()?.and_then(|other| match (self.state, table.mode()) {
            (State::Complete, Mode::Replace) => Some(format!(
                "it would replace the records of the stream `{other}` (give each stream its own table, or set \
                 `mode = \"append\"`)"
            )),
            (State::Running, _) => {
                Some(format!("a pull of the stream `{other}` into it is not complete (finish it first)"))
            }
            (State::Complete, Mode::Append) => None,
        }))
    }

    /// Stores this entry for `table`, and replaces an earlier one.
    pub(crate) fn put(&self, database: &Connection, table: &str, stream: &str) -> Result<()> {
        database.execute(
            "INSERT OR REPLACE INTO main._longhaul VALUES (?, ?, ?, ?, ?, ?)",
            params![table, stream, self.pull, self.mark.0, self.rows, self.state.name()],
        )?;
        Ok(())
    }

    /// The receipt of the commit.
    pub(crate) fn receipt(&self) -> Receipt {
        Receipt(format!("{}:{}", self.pull, self.rows))
    }

    /// The pull ID and the number of rows in a receipt.
    pub(crate) fn parse(receipt: &Receipt) -> Option<(&str, u64)> {
        let (pull, rows) = receipt.0.split_once(':')?;
        Some((pull, rows.parse().ok()?))
    }
}

/// Creates the table of entries if it does not exist.
pub(crate) fn create_table(database: &Connection) -> Result<()> {
    database.execute_batch(
        "CREATE TABLE IF NOT EXISTS main._longhaul (\"table\" TEXT PRIMARY KEY COLLATE NOCASE, stream TEXT, \
         pull TEXT, mark INTEGER, \"rows\" INTEGER, state TEXT)",
    )
}
