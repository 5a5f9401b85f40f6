//! Checks that a page is what the listing promised.

use super::{PageError, Pages};
use crate::{
    client::refusal::presentable,
    listing::{
        end::{Had, Proof, RecordsMissing},
        page::{Format, Page, PageProblem, Records},
        paginate::{Cursor, LoopCheck, count},
    },
};

impl Pages<'_> {
    /// Notes how many records and pages there are, according to `page`, and whether that has changed.
    pub(super) fn note_totals(&mut self, page: &Page) -> Result<(), PageError> {
        let total = count(page, self.listing.ends.total.as_ref())?.map(|(total, _)| total);
        let page_count = self.listing.paginator.page_count(page)?;
        if total.is_some_and(|total| total != page.len()) {
            self.history.add(Had { total: true, ..Had::default() });
        }
        for (known, reported) in
            [(&mut self.progress.total, total), (&mut self.progress.page_count, page_count)]
        {
            if let Some(reported) = reported {
                self.progress.total_changed |= known.is_some_and(|before| before != reported);
                *known = Some(reported);
            }
        }
        Ok(())
    }

    /// Checks that no earlier page had these records, and returns their fingerprint if it must be saved. A server that
    /// ignores the page number or the cursor returns the same page forever.
    pub(super) fn check_content(
        &mut self,
        at: Option<&Cursor>,
        page: &Page,
    ) -> Result<Option<u128>, PageError> {
        let number = self.progress.pages;
        match self.listing.paginator.loop_check() {
            LoopCheck::Records if !page.is_empty() => {
                let fingerprint = self.seen.new_records(&page.identity());
                fingerprint.map(Some).ok_or(PageError::SameRecords { page: number })
            }
            LoopCheck::Cursors if !self.listing.ends.may_repeat => {
                let (before, are_apart) = self.repeated(page);
                let (first, last) = (number.saturating_sub(before), number);
                let by_link = matches!(at, Some(Cursor::Url(_)));
                match before {
                    0 => Ok(None),
                    _ => Err(PageError::SamePages { first, last, are_apart, by_link }),
                }
            }
            _ => Ok(None),
        }
    }

    /// How many pages before `page` had the same records, if that proves that it came again, and whether those between them
    /// had others. Where the number of records ends the listing, repeated ones would count, so more is proof.
    fn repeated(&mut self, page: &Page) -> (u64, bool) {
        let before = self.repeats.count(page);
        if before > 0 || !self.listing.ends.at_total {
            return (before, false);
        }
        let distance = self.repeats.distance(page);
        let is_end = self.progress.end.as_ref().is_some_and(|end| matches!(end.proof, Proof::Total { .. }));
        match distance {
            0 if is_end => (self.repeats.if_all(), false),
            _ => (distance, true),
        }
    }

    /// Checks that the page has records, or that it may have none.
    pub(super) fn check_records(&self, page: &Page) -> Result<(), PageError> {
        let (at, number) = (self.listing.records.clone(), self.progress.pages);
        if let Some(problem) = page.error_with_records() {
            let PageProblem { sign, message } = self.shown(problem);
            return Err(match page.records() {
                Records::Whole => PageError::ErrorAsRecord { sign, message, page: number },
                _ if page.is_empty() => PageError::ErrorInstead { at, message, page: number },
                _ => PageError::ErrorBeside { sign, message, page: number },
            });
        }
        // Each row of CSV has the columns of the header, whatever it is about.
        let is_csv = matches!(self.listing.format, Format::Csv(_));
        if let Some(problem) = page.error_among_records().filter(|_| !is_csv) {
            let PageProblem { message, .. } = self.shown(problem);
            return Err(PageError::ErrorAmongRecords { message, page: number });
        }
        let found = page.more_in_groups(&self.listing.records);
        if !found.is_empty() {
            return Err(PageError::MoreInGroups { page: number, found });
        }
        match page.records() {
            Records::Found => {
                self.history.add(Had { records: true, array: true, ..Had::default() });
                Ok(())
            }
            Records::Whole if self.history.has_array() => {
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
                if let Some(problem) = page.error() {
                    let PageProblem { message, .. } = self.shown(problem);
                    return Err(PageError::ErrorInstead { at, message, page: number });
                }
                if self.listing.ends.records_missing == RecordsMissing::Empty {
                    return Ok(());
                }
                if self.history.has_records() {
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

    /// The same problem without secrets in its message.
    fn shown(&self, PageProblem { sign, message }: PageProblem) -> PageProblem {
        // It is shortened only here, because half a secret is not recognized.
        PageProblem { sign, message: presentable(&self.client.redact(&message)) }
    }

    /// Checks that a page of CSV has a header line like that of earlier pages, with half of its names at least. If it has none,
    /// its first row passes for one, and is lost. A value may be the same as a name by chance.
    pub(super) fn check_header(&mut self, page: &Page) -> Result<(), PageError> {
        let (before, found) = (&self.progress.header, page.header());
        if before.is_empty() {
            self.progress.header = found.to_vec();
        } else if !found.is_empty()
            && 2 * found.iter().filter(|name| before.contains(name)).count() < found.len()
        {
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
