//! What the database knows of the last pull into each table.

use longhaul_plugin::{Mark, Receipt};
use rusqlite::{Connection, OptionalExtension as _, Result, params};

use crate::{config::Mode, table::Table};

/// A pull into a table, as far as it was committed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Entry {
    /// What tells it from all other pulls.
    pub(crate) pull: String,
    /// Pages.
    pub(crate) mark: Mark,
    /// The rows on them.
    pub(crate) rows: u64,
    pub(crate) state: State,
}

/// How far a pull has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum State {
    /// Its rows gather.
    UnderWay,
    /// They are in the table.
    Complete,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            Self::UnderWay => "under way",
            Self::Complete => "complete",
        }
    }
}

impl Entry {
    /// A pull that begins, under a name that no other has.
    pub(crate) fn begin(database: &Connection) -> Result<Self> {
        let pull = database.query_row("SELECT lower(hex(randomblob(8)))", [], |row| row.get(0))?;
        Ok(Self { pull, mark: Mark::START, rows: 0, state: State::UnderWay })
    }

    /// The entry of `table`, if there is one.
    pub(crate) fn find(database: &Connection, table: &str) -> Result<Option<Self>> {
        let sql = "SELECT pull, mark, \"rows\", state FROM main._longhaul WHERE \"table\" = ?";
        let entry = |row: &rusqlite::Row<'_>| {
            let state: String = row.get(3)?;
            let state = if state == State::Complete.name() { State::Complete } else { State::UnderWay };
            Ok(Self { pull: row.get(0)?, mark: Mark(row.get(1)?), rows: row.get(2)?, state })
        };
        database.query_row(sql, [table], entry).optional()
    }

    /// Why a pull of `stream` must not begin in `table` after the pull there; none where it may. Of its own pulls a stream
    /// may replace or give up each.
    pub(crate) fn hinders(
        &self,
        database: &Connection,
        table: &Table,
        stream: &str,
    ) -> Result<Option<String>> {
        let sql = "SELECT stream FROM main._longhaul WHERE \"table\" = ? AND stream <> ?";
        let other = database.query_row(sql, params![table.name(), stream], |row| row.get::<_, String>(0));
        Ok(other.optional()?.and_then(|other| match (self.state, table.mode()) {
            (State::Complete, Mode::Replace) => Some(format!(
                "it would replace the records of the stream `{other}` (give each stream a table of its own, or set \
                 `mode = \"append\"`)"
            )),
            (State::UnderWay, _) => {
                Some(format!("a pull of the stream `{other}` into it is not complete (finish that one first)"))
            }
            (State::Complete, Mode::Append) => None,
        }))
    }

    /// Makes this the entry of `table`, whatever was there.
    pub(crate) fn put(&self, database: &Connection, table: &str, stream: &str) -> Result<()> {
        database.execute(
            "INSERT OR REPLACE INTO main._longhaul VALUES (?, ?, ?, ?, ?, ?)",
            params![table, stream, self.pull, self.mark.0, self.rows, self.state.name()],
        )?;
        Ok(())
    }

    /// What a commit of it answers.
    pub(crate) fn receipt(&self) -> Receipt {
        Receipt(format!("{}:{}", self.pull, self.rows))
    }

    /// The pull and the rows that a receipt tells of.
    pub(crate) fn told(receipt: &Receipt) -> Option<(&str, u64)> {
        let (pull, rows) = receipt.0.split_once(':')?;
        Some((pull, rows.parse().ok()?))
    }
}

/// Makes the place for entries, where there is none.
pub(crate) fn make(database: &Connection) -> Result<()> {
    database.execute_batch(
        "CREATE TABLE IF NOT EXISTS main._longhaul (\"table\" TEXT PRIMARY KEY COLLATE NOCASE, stream TEXT, \
         pull TEXT, mark INTEGER, \"rows\" INTEGER, state TEXT)",
    )
}
