//! Checks that a page is what the listing promised.

use super::{PageError, Pages};
use crate::{
    client::refusal::presentable,
    listing::{
        end::{Had, RecordsMissing},
        page::{Page, Records},
        paginate::{Cursor, LoopCheck},
    },
};

impl Pages<'_> {
    /// Checks that no earlier page had these records, and returns their fingerprint. A server that ignores the page
    /// number returns the same page forever.
    pub(super) fn check_content(&mut self, page: &Page) -> Result<Option<u128>, PageError> {
        if self.listing.paginator.loop_check() != LoopCheck::Records || page.is_empty() {
            return Ok(None);
        }
        let fingerprint = self.seen.new_records(&page.identity());
        fingerprint.map(Some).ok_or(PageError::SameRecords { page: self.progress.pages })
    }

    /// Checks that the page has records, or that it may have none.
    pub(super) fn check_records(&self, page: &Page) -> Result<(), PageError> {
        let (at, number) = (self.listing.records.clone(), self.progress.pages);
        if let Some(message) = page.error_beside_records(&at) {
            let message = presentable(&self.client.redact(&message));
            return Err(if page.is_empty() {
                PageError::ErrorInstead { at, message, page: number }
            } else {
                PageError::ErrorBeside { message, page: number }
            });
        }
        match page.records() {
            Records::Found => {
                self.history.add(Had { records: true, array: true, ..Had::default() });
                Ok(())
            }
            Records::Whole if self.history.get().array => {
                Err(PageError::NoArray { at, found: "an object", page: number })
            }
            Records::Whole => {
                self.history.add(Had { records: true, ..Had::default() });
                Ok(())
            }
            Records::Gap { at } if self.listing.ends.records_missing != RecordsMissing::Empty => {
                Err(PageError::Gap { at: at.clone(), page: number })
            }
            Records::Gap { .. } | Records::NoContent => Ok(()),
            Records::Scalar { at, found } => Err(PageError::Scalar { at: at.clone(), found, page: number }),
            Records::Misplaced { found } => Err(PageError::NoArray { at, found, page: number }),
            Records::Absent { arrays } => {
                if let Some(message) = page.error() {
                    // It is shortened only here, because half a secret is not recognized.
                    let message = presentable(&self.client.redact(&message));
                    return Err(PageError::ErrorInstead { at, message, page: number });
                }
                if self.listing.ends.records_missing == RecordsMissing::Empty {
                    return Ok(());
                }
                if self.history.get().records {
                    return Err(PageError::RecordsMissing { at, page: number });
                }
                // If the API reports a total of zero, the other arrays are not the records.
                if number == 1 && !arrays.is_empty() && self.progress.total != Some(0) {
                    return Err(PageError::Elsewhere { at, arrays: arrays.clone() });
                }
                Ok(())
            }
        }
    }

    /// Checks that a page of CSV has a header line like that of earlier pages. If it has none, its first row passes for one,
    /// and is lost.
    pub(super) fn check_header(&mut self, page: &Page) -> Result<(), PageError> {
        let (before, found) = (&self.progress.header, page.header());
        if before.is_empty() {
            self.progress.header = found.to_vec();
        } else if !found.is_empty() && found.iter().all(|name| !before.contains(name)) {
            return Err(PageError::OtherHeader { page: self.progress.pages });
        }
        Ok(())
    }

    /// Checks that a page without the value that should hold its records has no next page. Many APIs leave it out to say
    /// that there are no more records.
    pub(super) fn check_absent(&self, page: &Page, next: Option<&Cursor>) -> Result<(), PageError> {
        let may_be_absent = self.listing.ends.records_missing == RecordsMissing::Empty;
        match page.records() {
            Records::Absent { .. } if next.is_some() && !may_be_absent => {
                Err(PageError::Absent { at: self.listing.records.clone(), page: self.progress.pages })
            }
            _ => Ok(()),
        }
    }
}
