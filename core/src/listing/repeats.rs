//! Recognizes pages that have the same records as the page before them.
//!
//! An API that ignores the cursor, because its parameter is misspelt for example, sends the first page again and again. If each
//! of these pages has a new cursor, no request is sent twice, and the listing never ends. So the records are compared.
//!
//! Records without a key may be alike: a page with the measurement `0`, and another one. Only records that differ from one
//! another can prove that a page came again. Without that proof, only many such pages in a row are an error.

use std::collections::HashSet;

use crate::{
    fingerprint::{fingerprint, fingerprint_of_parts},
    listing::page::Page,
};

/// How many pages in a row may repeat records that do not differ from one another.
const MOST: u64 = 100;

/// The records of the latest page.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    latest: Option<Latest>,
    /// How many pages before the latest one had the same records.
    in_a_row: u64,
}

/// What is known of the records of a page.
#[derive(Debug)]
struct Latest {
    /// How many there are, and the fingerprint of the last one.
    end: (u64, u128),
    /// The fingerprint of all. That of most pages is not needed, because they differ from those before them in their last
    /// record.
    all: Option<u128>,
}

impl Repeats {
    /// How many pages before `page` had the same records, if that proves that it came again; otherwise 0.
    pub(super) fn count(&mut self, page: &Page) -> u64 {
        let Some(last) = page.last() else {
            *self = Self::default();
            return 0;
        };
        let end = (page.len(), fingerprint(last));
        let may_be_same = self.latest.as_ref().is_none_or(|latest| latest.end == end);
        let all = may_be_same.then(|| fingerprint_of_parts(&page.identity()));
        let before = self.latest.replace(Latest { end, all });
        let is_same = all.is_some() && before.is_some_and(|before| before.all == all);
        self.in_a_row = if is_same { self.in_a_row + 1 } else { 0 };
        if self.in_a_row == 0 || (self.in_a_row < MOST && !are_distinct(page)) { 0 } else { self.in_a_row }
    }
}

/// Whether there are several records on the page, and no two are alike.
fn are_distinct(page: &Page) -> bool {
    let batch = page.batch();
    let mut seen = HashSet::new();
    batch.len() > 1 && batch.records().all(|record| seen.insert(record))
}
