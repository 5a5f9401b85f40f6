//! The last commit of the last pull into a table of a database, as a sink stores it there.

use longhaul_plugin::{Mark, Receipt};
use serde::Deserialize;

/// What to do with the rows of earlier pulls.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// A complete pull replaces them.
    #[default]
    Replace,
    /// A complete pull is added to them. A row with the key of an earlier one replaces it.
    Append,
}

/// The last commit of a pull into a table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// The unique ID of the pull.
    pub pull: String,
    /// The number of pages.
    pub mark: Mark,
    /// The number of rows on these pages.
    pub rows: u64,
    /// Its progress.
    pub state: State,
}

/// The progress of a pull.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    /// Rows are being collected.
    Running,
    /// The rows are in the target table.
    Complete,
}

impl State {
    /// The name, as it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Complete => "complete",
        }
    }

    /// The state with this name.
    pub fn named(name: &str) -> Self {
        if name == Self::Complete.name() { Self::Complete } else { Self::Running }
    }
}

impl Entry {
    /// The entry of a new pull.
    pub fn new(pull: String) -> Self {
        Self { pull, mark: Mark::START, rows: 0, state: State::Running }
    }

    /// The receipt of the commit.
    pub fn receipt(&self) -> Receipt {
        Receipt(format!("{}:{}", self.pull, self.rows))
    }

    /// The entry as it was at the commit with this receipt, or why a rollback from `found` to that commit is not possible.
    pub fn rolled_back(found: Option<Self>, receipt: &Receipt, mark: Mark) -> Result<Self, String> {
        let parsed = receipt.0.split_once(':').and_then(|(pull, rows)| Some((pull, rows.parse().ok()?)));
        let (pull, rows): (_, u64) =
            parsed.ok_or_else(|| format!("the receipt `{}` was not issued by this sink", receipt.0))?;
        let found = match found {
            // Nothing was committed that could be missing. So a pull can start over in a new database.
            None if rows == 0 => Self::new(pull.to_owned()),
            // A server that has taken over from another one may lack its last commits.
            found => found.ok_or("the database has no pull into it (start over with `--fresh`)")?,
        };
        if found.pull != pull {
            return Err("another pull into it has started since, or the database is older than the checkpoint (start over \
                        with `--fresh`)"
                .into());
        }
        if found.rows < rows {
            return Err(format!(
                "it has {} rows, but {rows} were committed: the database is older than the checkpoint (restore it, or start \
                 over with `--fresh`)",
                found.rows
            ));
        }
        let entry = Self { mark, rows, ..found.clone() };
        if found.state == State::Complete && entry != found {
            return Err("it is already complete".into());
        }
        Ok(entry)
    }

    /// Why a new pull in this mode is not allowed after this pull, which was of the stream `other`; `None` if it is.
    pub fn conflict(&self, other: &str, mode: Mode) -> Option<String> {
        match (self.state, mode) {
            (State::Complete, Mode::Replace) => Some(format!(
                "it would replace the records of the stream `{other}` (give each stream its own table, or set \
                 `mode = \"append\"`)"
            )),
            (State::Running, _) => {
                Some(format!("a pull of the stream `{other}` into it is not complete (finish it first)"))
            }
            (State::Complete, Mode::Append) => None,
        }
    }
}
