//! The result of a pull in numbers.

use serde::{Deserialize, Serialize};

use crate::listing::{end::End, position::is_zero};

/// The result of a pull in numbers.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// How many records were written.
    pub records: u64,
    /// How many pages they were on.
    pub pages: u64,
    /// How many duplicates were dropped.
    pub repeated: u64,
    /// How many records are missing, compared with the totals that the API reported.
    pub missing: u64,
    /// How many windows were pulled. If a window was halved, its halves are counted.
    pub windows: u64,
    /// How many partitions were left out, by a rule of the user.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skipped: u64,
    /// Why the last listing is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
}
