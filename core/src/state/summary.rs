//! The result of a pull in numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    listing::{end::End, position::is_zero},
    state::first_pages::FirstPages,
};

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
    /// How many records were dropped, because they have not changed since the last complete pull.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unchanged: u64,
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
    /// Whether the partitions begin with the same records.
    #[serde(default, skip_serializing_if = "FirstPages::is_empty")]
    pub first_pages: FirstPages,
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
    /// All partitions that have records begin with the same ones.
    SameFirstPages {
        /// How many partitions.
        partitions: u64,
    },
}

impl Summary {
    /// The sum of two results. The end is that of the second, unless it has none.
    #[must_use]
    pub fn and(mut self, next: &Self) -> Self {
        Self {
            unmatched_columns: self.unmatched_in_both(next),
            records: self.records + next.records,
            pages: self.pages + next.pages,
            repeated: self.repeated + next.repeated,
            unchanged: self.unchanged + next.unchanged,
            filtered: self.filtered + next.filtered,
            missing: self.missing + next.missing,
            windows: self.windows + next.windows,
            partitions: self.partitions + next.partitions,
            skipped: self.skipped + next.skipped,
            totals_changed: self.totals_changed + next.totals_changed,
            short_pages: self.short_pages + next.short_pages,
            without_key: self.without_key + next.without_key,
            first_pages: self.first_pages.and(next.first_pages),
            end: next.end.clone().or(self.end),
        }
    }

    /// The columns without a value in both results. A result without records says nothing about columns.
    fn unmatched_in_both(&mut self, next: &Self) -> BTreeMap<String, Vec<String>> {
        let mut unmatched = std::mem::take(&mut self.unmatched_columns);
        if self.records == 0 {
            return next.unmatched_columns.clone();
        }
        if next.records > 0 {
            unmatched.retain(|sink, places| {
                let next = next.unmatched_columns.get(sink);
                places.retain(|place| next.is_some_and(|next| next.contains(place)));
                !places.is_empty()
            });
        }
        unmatched
    }

    /// What suggests that records may be missing, or that the configuration is wrong.
    pub fn findings(&self) -> Vec<Finding> {
        let no_keys = self.without_key > 0 && self.without_key == self.records;
        let unmatched_columns = self.records > 0 && !self.unmatched_columns.is_empty();
        let same_first_pages = match self.first_pages {
            FirstPages::Same { partitions, .. } if partitions > 1 => {
                Some(Finding::SameFirstPages { partitions })
            }
            _ => None,
        };
        let found = [
            (self.missing > 0).then_some(Finding::Missing { records: self.missing }),
            (self.totals_changed > 0).then_some(Finding::TotalsChanged { listings: self.totals_changed }),
            (self.short_pages > 0).then_some(Finding::ShortPages { pages: self.short_pages }),
            no_keys.then_some(Finding::NoKeys),
            unmatched_columns.then_some(Finding::UnmatchedColumns),
            same_first_pages,
        ];
        found.into_iter().flatten().collect()
    }
}
