//! How far a listing is.

use serde::{Deserialize, Serialize};

use crate::listing::{end::End, paginate::Cursor};

/// How far a listing is: which page is next, and how much came before it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// The page to fetch next.
    pub next: Next,
    /// The number of pages fetched so far.
    #[serde(default)]
    pub pages: u64,
    /// The number of records in them.
    #[serde(default)]
    pub records: u64,
    /// How many records the server left out because they may not be seen.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hidden: u64,
    /// The total number of records, as the API reported it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// The number of pages, as the API reported it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_count: Option<u64>,
    /// Whether the API reported different totals, of records or pages.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub total_changed: bool,
    /// How many pages had fewer records than were requested, and were followed by other records.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub short: u64,
    /// How many such pages were not followed by other records so far.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub short_at_end: u64,
    /// The first page with records that have the same value where the listing continues from the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tie: Option<u64>,
    /// Whether a page did not begin with the value from which it continues.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub skips_cursor: bool,
    /// How many pages in a row had no records.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub empty: u64,
    /// The names in the header line of the first page, if pages have one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub header: Vec<String>,
    /// What the last page so far has for the next pull.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Cursor>,
    /// Why the listing is complete, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
}

impl Progress {
    /// How many records are missing, compared with the total that the API reported last.
    pub fn missing(&self) -> u64 {
        self.total.map_or(0, |total| total.saturating_sub(self.records.saturating_add(self.hidden)))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(crate) fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// The page to fetch next.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Next {
    /// The first page.
    #[default]
    First,
    /// The page at this cursor.
    At(Cursor),
    /// None, because the listing has ended.
    End,
}
