//! Pagination by page number.

use serde_json::Value;

use super::{Cursor, Latest, LoopCheck, PaginationError, Paginator, Parameter, Step, count, is_likely};
use crate::{
    http::{place::Places, request::Request},
    listing::{end::Proof, page::Page},
};

/// Pages are requested by their number.
///
/// The listing ends with the last page according to the page count, or with a page without records. A page count that
/// is lower than the number of a page with records is ignored, because it must be wrong.
#[derive(Clone, Debug)]
pub struct PageNumber {
    /// Where the page number goes.
    pub param: Parameter,
    /// Where the page size goes, and the page size in records.
    pub size: Option<(Parameter, u64)>,
    /// The number of the first page.
    pub start: u64,
    /// Where a page reports the number of pages.
    pub page_count: Option<Places>,
}

impl PageNumber {
    fn number(&self, at: Option<&Cursor>) -> Result<u64, PaginationError> {
        match at {
            None => Ok(self.start),
            Some(Cursor::Page(number)) => Ok(*number),
            Some(_) => Err(PaginationError::ForeignCursor),
        }
    }
}

impl Paginator for PageNumber {
    fn reads(&self) -> Vec<&Places> {
        self.page_count.iter().collect()
    }

    fn prepare(&self, request: &mut Request, at: Option<&Cursor>) -> Result<(), PaginationError> {
        if let Some((place, size)) = &self.size {
            place.set(request, Value::from(*size))?;
        }
        self.param.set(request, Value::from(self.number(at)?))
    }

    fn advance(&self, at: Option<&Cursor>, page: &Page) -> Result<Step, PaginationError> {
        let number = self.number(at)?;
        let next = Cursor::Page(number.saturating_add(1));
        let count = count(page, self.page_count.as_ref())?;
        let last = count.map(|(pages, at)| (pages.saturating_add(self.start).checked_sub(1), at));
        Ok(match (last, page.is_empty()) {
            (Some((Some(last), at)), _) if last == number => {
                Step::End(Proof::PageCount { at: at.to_string() })
            }
            // The API says that there are more pages. That this one is empty does not end the listing.
            (Some((Some(last), _)), true) if last > number => Step::Page(next),
            (_, true) => Step::Empty(Some(next)),
            (_, false) => Step::Page(next),
        })
    }

    fn page_count(&self, page: &Page) -> Result<Option<u64>, PaginationError> {
        Ok(count(page, self.page_count.as_ref())?.map(|(pages, _)| pages))
    }

    fn ahead(&self, at: &Cursor, latest: &Latest<'_>) -> Option<Cursor> {
        let number = self.number(Some(at)).ok()?;
        let before = number.saturating_sub(self.start).saturating_add(1);
        let records = latest.page.len();
        let count = count(latest.page, self.page_count.as_ref()).ok()?;
        let is_before_end = match (count, latest.total) {
            (Some((count, _)), _) => before < count,
            (None, Some(total)) => before.saturating_mul(records) < total,
            (None, None) => records > 0 && is_likely(before, latest.pages),
        };
        is_before_end.then_some(Cursor::Page(number + 1))
    }

    fn gap(&self, _: Option<&Cursor>, _: &Page) -> Option<Cursor> {
        None
    }

    fn continues_from(&self) -> Option<&Places> {
        None
    }

    fn loop_check(&self) -> LoopCheck {
        LoopCheck::Records
    }
}
