//! What a pull came to.

use serde::{Deserialize, Serialize};

/// What a pull came to.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// How many records were written.
    pub records: u64,
    /// How many pages they came in.
    pub pages: u64,
    /// How many records were dropped because their key had been written already.
    pub repeated: u64,
    /// How many records fewer came than the API had said there were.
    pub missing: u64,
    /// How many windows were pulled, the halves of halved ones counted each.
    pub windows: u64,
}
