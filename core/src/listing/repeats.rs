//! Recognizes pages that have the same records as the page before them.
//!
//! An API that ignores the cursor, because its parameter is misspelt for example, sends the first page again and again. If each
//! of these pages has a new cursor, no request is sent twice, and the listing never ends. So the records are compared.
//!
//! Records without a key may be alike: a page with the measurement `0`, and another one. Only records that differ from one
//! another can prove that a page came again. Without that proof, only many such pages in a row are an error.

use std::collections::{HashMap, HashSet};

use crate::{fingerprint::fingerprint_of_parts, listing::page::Page};

/// How many pages in a row may repeat records that do not differ from one another.
const MOST: u64 = 100;

/// The records of the latest page.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    /// The fingerprint of the first and the last record, and how long all of them are. Pages that have these in common are the
    /// same if their records differ from one another, and reading all records twice would take time.
    latest: Option<u128>,
    /// How many pages before the latest one had the same records.
    in_a_row: u64,
    /// How many pages there were.
    pages: u64,
    /// The fingerprints of all pages whose records differ from one another, and their numbers, if they are compared.
    all: HashMap<u128, u64>,
}

impl Repeats {
    /// How many pages before `page` had the same records, if that proves that it came again; otherwise 0.
    pub(super) fn count(&mut self, page: &Page) -> u64 {
        self.pages += 1;
        let (Some(first), Some(last)) = (page.batch().records().next(), page.last()) else {
            (self.latest, self.in_a_row) = (None, 0);
            return 0;
        };
        let records = Some(fingerprint(page, first, last));
        self.in_a_row = if self.latest == records { self.in_a_row + 1 } else { 0 };
        self.latest = records;
        if self.in_a_row == 0 || (self.in_a_row < MOST && !are_distinct(page)) { 0 } else { self.in_a_row }
    }

    /// How many pages before `page`, the latest one, another page had the same records, at any distance; otherwise 0.
    pub(super) fn distance(&mut self, page: &Page) -> u64 {
        let Some(latest) = self.latest.filter(|_| are_distinct(page)) else { return 0 };
        self.all.insert(latest, self.pages).map_or(0, |before| self.pages - before)
    }

    /// How many pages there were before the latest one, if all of them had the same records; otherwise 0.
    pub(super) fn if_all(&self) -> u64 {
        if self.in_a_row + 1 == self.pages { self.in_a_row } else { 0 }
    }
}

/// The fingerprint of the records of a page that begins a partition; `None` if the first and the last one are alike, so that
/// another page may have the same records by chance.
pub(crate) fn first_page(page: &Page) -> Option<u64> {
    let (first, last) = (page.batch().records().next()?, page.last()?);
    // Half of the bits are enough to compare one page with another.
    (first != last).then(|| (fingerprint(page, first, last) >> 64) as u64)
}

fn fingerprint(page: &Page, first: &[u8], last: &[u8]) -> u128 {
    let length: usize = page.identity().iter().map(|part| part.len()).sum();
    let (count, length) = (page.len().to_le_bytes(), length.to_le_bytes());
    fingerprint_of_parts(&[&count, &length, first, last])
}

/// Whether there are several records on the page, and no two are alike.
fn are_distinct(page: &Page) -> bool {
    let batch = page.batch();
    let mut seen = HashSet::new();
    batch.len() > 1 && batch.records().all(|record| seen.insert(record))
}
