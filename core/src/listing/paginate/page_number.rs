//! Pagination by page number.

use serde_json::Value;

use super::{Cursor, LoopCheck, PaginationError, Paginator, Place, count, is_likely};
use crate::{http::request::Request, json::pointer::Pointer, listing::page::Page};

/// Pages are requested by their number.
///
/// The listing ends with the last page according to the page count, or with a page without records. A page count that
/// is lower than the number of a page with records is ignored, because it must be wrong.
#[derive(Clone, Debug)]
pub struct PageNumber {
    /// Where the page number goes.
    pub param: Place,
    /// Where the page size goes, and the page size in records.
    pub size: Option<(Place, u64)>,
    /// The number of the first page.
    pub start: u64,
    /// Where a page reports the number of pages.
    pub page_count: Option<Pointer>,
    /// Where a page reports the total number of records.
    pub total: Option<Pointer>,
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
    fn reads(&self) -> Vec<Pointer> {
        self.page_count.iter().chain(&self.total).cloned().collect()
    }

    fn prepare(&self, request: &mut Request, at: Option<&Cursor>) -> Result<(), PaginationError> {
        if let Some((place, size)) = &self.size {
            place.set(request, Value::from(*size))?;
        }
        self.param.set(request, Value::from(self.number(at)?))
    }

    fn advance(&self, at: Option<&Cursor>, page: &Page) -> Result<Option<Cursor>, PaginationError> {
        let number = self.number(at)?;
        let last = count(page, self.page_count.as_ref())
            .and_then(|pages| pages.saturating_add(self.start).checked_sub(1));
        let is_last = page.batch().is_empty() || last == Some(number);
        Ok((!is_last).then_some(Cursor::Page(number + 1)))
    }

    fn ahead(&self, at: &Cursor, page: &Page, pages: u64) -> Option<Cursor> {
        let number = self.number(Some(at)).ok()?;
        let before = number.saturating_sub(self.start).saturating_add(1);
        let records = page.batch().len() as u64;
        let is_before_end = match (count(page, self.page_count.as_ref()), self.total(page)) {
            (Some(count), _) => before < count,
            (None, Some(total)) => before.saturating_mul(records) < total,
            (None, None) => records > 0 && is_likely(before, pages),
        };
        is_before_end.then_some(Cursor::Page(number + 1))
    }

    fn total(&self, page: &Page) -> Option<u64> {
        count(page, self.total.as_ref())
    }

    fn loop_check(&self) -> LoopCheck {
        LoopCheck::Records
    }
}
