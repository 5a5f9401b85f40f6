//! How far a listing has come.

use serde::{Deserialize, Serialize};

use crate::listing::paginate::Cursor;

/// How far a listing has come: which page comes next, and what the pages before it came to.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// The page that comes next.
    pub next: Next,
    /// How many pages came before.
    #[serde(default)]
    pub pages: u64,
    /// How many records they had.
    #[serde(default)]
    pub records: u64,
    /// How many records there are in all, by the last page that said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// The page that comes next.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// The first.
    #[default]
    First,
    /// The one at this cursor.
    At(Cursor),
    /// None: this is the end.
    End,
}
