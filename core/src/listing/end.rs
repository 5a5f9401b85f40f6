//! The end of a listing, and its proof.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    client::answer::StatusMatch,
    http::place::{Comparison, Places},
};

/// How a listing ends, whatever its style of pagination.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other")]
pub struct Ends {
    /// Where a page says whether there are more pages.
    pub more: Option<Places>,
    /// Where a page reports the total number of records. It ends a listing only if `at_total` says so, because totals
    /// change.
    pub total: Option<Places>,
    /// Whether the listing ends once the total has arrived.
    pub at_total: bool,
    /// Conditions that make a page the last one.
    pub last: Vec<LastPage>,
    /// How many pages in a row may have no records and yet a next page.
    pub max_empty: u64,
    /// Whether pages that follow each other may have the same records.
    pub may_repeat: bool,
    /// Whether records may have the same value where the listing continues from the last one.
    pub may_tie: bool,
    /// How many records a full page has, if that is known.
    pub size: Option<u64>,
    /// Whether the server leaves out records that may not be seen, and counts them in the total and in `size`.
    pub hides_records: bool,
    /// What a page without the value that should hold its records means.
    pub records_missing: RecordsMissing,
}

impl Default for Ends {
    fn default() -> Self {
        Self {
            more: None,
            total: None,
            at_total: false,
            last: Vec::new(),
            max_empty: 100,
            may_repeat: false,
            may_tie: false,
            size: None,
            hides_records: false,
            records_missing: RecordsMissing::default(),
        }
    }
}

/// A condition that makes a page the last one. All of its parts must match, and it must have one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LastPage {
    /// The page must have fewer records than [`Ends::size`].
    pub is_short: bool,
    /// The status of the response. If there are any, one must match.
    pub status: Vec<StatusMatch>,
    /// Comparisons of the value at a place.
    pub at: Option<(Places, Vec<Comparison>)>,
}

/// What a page without the value that should hold its records means.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum RecordsMissing {
    /// An error, if earlier pages had it.
    #[default]
    Suspicious,
    /// The page is empty. This API leaves the value out if there are no records.
    Empty,
}

/// The end of a listing.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct End {
    /// Why the listing is complete.
    #[serde(flatten)]
    pub proof: Proof,
    /// The number of the last page, from 1.
    pub page: u64,
    /// The total number of records, if the API reported one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// The proof, as a clause.
impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let page = self.page;
        match &self.proof {
            Proof::MoreFalse { at } => write!(f, "page {page} says that there are no more pages, at `{at}`"),
            Proof::NextNull { at } => write!(f, "`{at}` is empty on page {page}"),
            Proof::NextMissing { at } => write!(f, "page {page} has no `{at}`, unlike earlier pages"),
            Proof::NoContinuation => write!(f, "nothing on page {page} leads to another page"),
            Proof::PageCount { at } => write!(f, "page {page} is the last one according to `{at}`"),
            Proof::Total { at } => write!(f, "all records have arrived, according to `{at}` on page {page}"),
            Proof::Condition { at } => write!(f, "page {page} is the last one by a condition on `{at}`"),
            Proof::Short => write!(f, "page {page} has fewer records than were requested"),
            Proof::NoRecords => write!(f, "page {page} has no records"),
            Proof::Answer if page == 0 => write!(f, "the first response means the end"),
            Proof::Answer => write!(f, "the response after page {page} means the end"),
            Proof::Single => write!(f, "the stream has a single page"),
            Proof::TooDeep => {
                write!(f, "all records have arrived, and page {page} is the deepest that the API has")
            }
        }
    }
}

/// Why a listing is known to be complete.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(tag = "proof", rename_all = "snake_case")]
pub enum Proof {
    /// The page says that there are no more.
    MoreFalse {
        /// Where it says so.
        at: String,
    },
    /// The page has a next link or cursor, but an empty one.
    NextNull {
        /// Where it is.
        at: String,
    },
    /// The page has no next link or cursor, and earlier pages had one.
    NextMissing {
        /// Where it would be.
        at: String,
    },
    /// The page has nothing that looks as if there are more pages, and is not full.
    NoContinuation,
    /// It is the last page according to the page count.
    PageCount {
        /// Where the page count is.
        at: String,
    },
    /// As many records as the total have arrived.
    Total {
        /// Where the total is.
        at: String,
    },
    /// A condition of the user matches.
    Condition {
        /// What it compares: a place, or `status`.
        at: String,
    },
    /// The page has fewer records than were requested, which means the end by a condition of the user.
    Short,
    /// The page has no records.
    NoRecords,
    /// A response after this page means the end, by a rule of the user.
    Answer,
    /// The stream is configured to have a single page.
    Single,
    /// The API refuses to page any deeper, after all records have arrived.
    TooDeep,
}

/// What the pages of a stream have had so far.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "they are independent of each other")]
pub struct Had {
    /// Some page had a next page.
    pub next: bool,
    /// Some page said whether there are more.
    pub more: bool,
    /// Some page had records where they should be.
    pub records: bool,
    /// They were in an array. A page that is an object is then not a record, but an error for example.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub array: bool,
    /// The server leaves out records that may not be seen. That is why some page had fewer than requested.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub hides: bool,
    /// Some page reported another total than the number of its own records.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub total: bool,
    /// The most records that a page had, if that shows that a smaller one is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub largest: Option<u64>,
    /// Where last pages had something that looks as if it leads to another page.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub on_last: BTreeSet<String>,
}

impl Had {
    /// Whether nothing is known yet.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what other pages had.
    pub fn add(&mut self, other: Self) {
        self.next |= other.next;
        self.more |= other.more;
        self.records |= other.records;
        self.array |= other.array;
        self.hides |= other.hides;
        self.total |= other.total;
        self.largest = self.largest.max(other.largest);
        self.on_last.extend(other.on_last);
    }

    /// What either had.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.add(other);
        self
    }
}
