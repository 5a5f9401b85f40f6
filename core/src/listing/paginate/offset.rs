//! A listing that is asked for from a record on.

use serde_json::Value;

use super::{Cursor, PaginationError, Paginator, Place, Proof, count, is_likely};
use crate::{http::request::Request, json::pointer::Pointer, listing::page::Page};

/// Pages are asked for by the number of records before them. The next offset counts the records that came, whatever
/// was asked for, so a server that gives smaller pages than that loses nothing. A page without records is the end.
#[derive(Clone, Debug)]
pub struct Offset {
    /// Where the offset goes.
    pub param: Place,
    /// Where the number of records on a page goes, and what it is.
    pub size: Option<(Place, u64)>,
    /// The offset of the first record: 0, or 1 where records are counted from one.
    pub start: u64,
    /// Where a page tells how many records there are in all.
    pub total: Option<Pointer>,
}

impl Offset {
    fn offset(&self, at: Option<&Cursor>) -> Result<u64, PaginationError> {
        match at {
            None => Ok(self.start),
            Some(Cursor::Offset(offset)) => Ok(*offset),
            Some(_) => Err(PaginationError::ForeignCursor),
        }
    }
}

impl Paginator for Offset {
    fn reads(&self) -> Vec<Pointer> {
        self.total.iter().cloned().collect()
    }

    fn prepare(&self, request: &mut Request, at: Option<&Cursor>) -> Result<(), PaginationError> {
        if let Some((place, size)) = &self.size {
            place.set(request, Value::from(*size))?;
        }
        self.param.set(request, Value::from(self.offset(at)?))
    }

    fn advance(&self, at: Option<&Cursor>, page: &Page) -> Result<Option<Cursor>, PaginationError> {
        let received = page.batch().len() as u64;
        let offset = self.offset(at)?;
        Ok((received > 0).then_some(Cursor::Offset(offset + received)))
    }

    fn ahead(&self, at: &Cursor, page: &Page, pages: u64) -> Option<Cursor> {
        let received = page.batch().len() as u64;
        let next = self.offset(Some(at)).ok()?.saturating_add(received);
        let before = next.saturating_sub(self.start);
        let is_before_end = match self.total(page) {
            Some(total) => before < total,
            None => is_likely(before.checked_div(received)?, pages),
        };
        (received > 0 && is_before_end).then_some(Cursor::Offset(next))
    }

    fn total(&self, page: &Page) -> Option<u64> {
        count(page, self.total.as_ref())
    }

    fn proof(&self) -> Proof {
        Proof::ByContent
    }
}
