//! The result of a pull in numbers.

use std::collections::BTreeMap;

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
    /// How many records were left out, because they do not match the conditions of the stream.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub filtered: u64,
    /// How many records are missing, compared with the totals that the API reported.
    pub missing: u64,
    /// How many windows were pulled, if the stream has no parents. If a window was halved, its halves are counted.
    pub windows: u64,
    /// How many partitions were pulled, if the stream has parents. Each has one parent and at most one window.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub partitions: u64,
    /// How many partitions were left out, by a rule of the user.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skipped: u64,
    /// How many listings had totals that changed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub totals_changed: u64,
    /// How many pages before the last one had fewer records than were requested.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub short_pages: u64,
    /// How many records had no key, if duplicates are dropped by a key.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub without_key: u64,
    /// The columns in which no record has a value: their places, by the name of the sink.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unmatched_columns: BTreeMap<String, Vec<String>>,
    /// Why the last listing is complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
}

/// Something about a complete pull that suggests that records may be missing, or that the configuration is wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Finding {
    /// Fewer records arrived than the API reported.
    Missing {
        /// How many are missing.
        records: u64,
    },
    /// Totals changed while the pages were pulled.
    TotalsChanged {
        /// In how many listings.
        listings: u64,
    },
    /// Pages before the last one had fewer records than were requested.
    ShortPages {
        /// How many.
        pages: u64,
    },
    /// No record has the key by which duplicates are dropped.
    NoKeys,
    /// No record has a value in some of the columns of a sink.
    UnmatchedColumns,
}

impl Summary {
    /// What suggests that records may be missing, or that the configuration is wrong.
    pub fn findings(&self) -> Vec<Finding> {
        let no_keys = self.without_key > 0 && self.without_key == self.records;
        let unmatched_columns = self.records > 0 && !self.unmatched_columns.is_empty();
        let found = [
            (self.missing > 0).then_some(Finding::Missing { records: self.missing }),
            (self.totals_changed > 0).then_some(Finding::TotalsChanged { listings: self.totals_changed }),
            (self.short_pages > 0).then_some(Finding::ShortPages { pages: self.short_pages }),
            no_keys.then_some(Finding::NoKeys),
            unmatched_columns.then_some(Finding::UnmatchedColumns),
        ];
        found.into_iter().flatten().collect()
    }
}
