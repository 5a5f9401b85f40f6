//! Pages that are requested only to check others: what is on them is not delivered.
//!
//! A server may send smaller pages than requested without saying so. Then a page with fewer records than requested is neither
//! the last one, nor one from which the server left out records.

use super::{PageError, Pages};
use crate::{
    client::{answer::Then, retry::StopReason},
    fingerprint::fingerprint,
    listing::{
        end::Had,
        gap::Gap,
        page::Page,
        paginate::{Cursor, Step},
    },
};

impl Pages<'_> {
    /// Checks that no records follow `page`, which has fewer than requested, and should therefore be the last one. Nothing
    /// needs to be requested if the server has sent larger pages in this pull.
    pub(super) fn confirm_short(&mut self, at: Option<&Cursor>, page: &Page) -> Result<(), PageError> {
        if self.history.of_pull().largest > Some(page.len()) {
            return Ok(());
        }
        let Ok(Step::Page(next)) = self.listing.paginator.advance(at, page) else { return Ok(()) };
        match self.probe(next)? {
            Some(after) if has_others(&after, page) => {
                let (received, size) = (page.len(), self.listing.ends.size.unwrap_or_default());
                Err(PageError::ShortButMore { page: self.progress.pages, received, size })
            }
            _ => Ok(()),
        }
    }

    /// Checks that the total is not the number of records on `page`. Nothing needs to be requested if another page had a
    /// total that differs from the number of its records, or more records.
    pub(super) fn confirm_total(
        &mut self,
        at: Option<&Cursor>,
        page: &Page,
        total: u64,
    ) -> Result<(), PageError> {
        let pull = self.history.of_pull();
        if total != page.len() || pull.total || pull.largest > Some(page.len()) {
            return Ok(());
        }
        let Ok(Step::Page(next)) = self.listing.paginator.advance(at, page) else { return Ok(()) };
        match self.probe(next)? {
            Some(after) if has_others(&after, page) => {
                let at = self.listing.ends.total.as_ref().map(ToString::to_string).unwrap_or_default();
                Err(PageError::TotalOfPage { at, total })
            }
            _ => Ok(()),
        }
    }

    /// Checks that the records that a page lacks are nowhere else, if the style takes them for left out: those after the page
    /// must be on it or on the next one. This is done once in a pull.
    pub(super) fn check_gap(
        &mut self,
        at: Option<&Cursor>,
        page: &Page,
        is_last: bool,
    ) -> Result<(), PageError> {
        let records = || page.batch().records().map(fingerprint);
        if let Some(gap) = &mut self.gap {
            gap.records.extend(records());
        }
        self.check_gap_before()?;
        // The rest of a page that is on disk cannot be compared.
        let is_whole = page.len() == page.batch().len() as u64;
        if !is_whole || self.history.of_pull().hides {
            return Ok(());
        }
        let Some(missing) = self.listing.paginator.gap(at, page) else { return Ok(()) };
        let (number, received) = (self.progress.pages, page.len());
        let gap = Gap { at: missing, page: number, received, records: records().collect() };
        if is_last {
            return self.probe_gap(&gap);
        }
        self.gap = Some(gap);
        Ok(())
    }

    /// Checks the gap of the page before.
    pub(super) fn check_gap_before(&mut self) -> Result<(), PageError> {
        self.gap.take().map_or(Ok(()), |gap| self.probe_gap(&gap))
    }

    fn probe_gap(&mut self, gap: &Gap) -> Result<(), PageError> {
        let size = self.listing.ends.size.unwrap_or_default();
        if let Some(found) = self.probe(gap.at.clone())?
            && found.batch().records().any(|record| !gap.records.contains(&fingerprint(record)))
        {
            return Err(PageError::SmallPages { page: gap.page, received: gap.received, size });
        }
        self.history.add(Had { hides: true, ..Had::default() });
        Ok(())
    }

    /// The page at `at`, if there is one.
    fn probe(&mut self, at: Cursor) -> Result<Option<Page>, PageError> {
        let is_next = self.prefetched.front().is_some_and(|requested| requested.at.as_ref() == Some(&at));
        let prefetched = if is_next { self.prefetched.pop_front() } else { None };
        match prefetched.unwrap_or_else(|| self.request(Some(at))).page.wait() {
            Ok(page) => Ok(Some(page)),
            // The server refuses what is beyond the end, or points to where it has been.
            Err(PageError::Request(error))
                if matches!(error.reason(), StopReason::Refused | StopReason::Ruled(Then::End)) =>
            {
                Ok(None)
            }
            Err(PageError::Repeated { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether the page after `page` has other records. Some servers send their last page again.
fn has_others(after: &Page, page: &Page) -> bool {
    !after.is_empty() && after.batch().bytes() != page.batch().bytes()
}
