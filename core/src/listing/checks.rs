//! Checks that a page is what the listing promised.

use super::{PageError, Pages};
use crate::listing::{
    page::{Page, Records},
    paginate::{Cursor, LoopCheck},
};

impl Pages<'_> {
    /// Checks that no earlier page had these records, and returns their fingerprint. A server that ignores the page
    /// number returns the same page forever.
    pub(super) fn check_content(&mut self, page: &Page) -> Result<Option<u128>, PageError> {
        let batch = page.batch();
        if self.listing.paginator.loop_check() != LoopCheck::Records || batch.is_empty() {
            return Ok(None);
        }
        let fingerprint = self.seen.new_records(batch.bytes());
        fingerprint.map(Some).ok_or(PageError::SameRecords { page: self.progress.pages })
    }

    /// Checks that the page has records, or that it may have none. Many APIs omit the records to say that there are no
    /// more. It is an error if there is a next page, or if the first page has arrays elsewhere.
    pub(super) fn check_records(&self, page: &Page, next: Option<&Cursor>) -> Result<(), PageError> {
        let (at, page_number) = (self.listing.records.clone(), self.progress.pages);
        match page.records() {
            Records::Misplaced { found } => Err(PageError::NoArray { at, found, page: page_number }),
            Records::Absent { .. } if next.is_some() => Err(PageError::Absent { at, page: page_number }),
            // If the API reports a total of zero, the other arrays are not the records.
            Records::Absent { arrays }
                if page_number == 1 && !arrays.is_empty() && self.progress.total != Some(0) =>
            {
                Err(PageError::Elsewhere { at, arrays: arrays.clone() })
            }
            Records::Found | Records::Absent { .. } => Ok(()),
        }
    }
}
