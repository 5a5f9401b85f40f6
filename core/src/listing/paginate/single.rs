//! No pagination.

use super::{Cursor, Latest, LoopCheck, PaginationError, Paginator, Step};
use crate::{
    http::{place::Places, request::Request},
    listing::{end::Proof, page::Page},
};

/// The listing has only one page.
#[derive(Clone, Copy, Debug)]
pub enum Single {
    /// Because nothing else is configured. A page that looks as if there are more is an error.
    Assumed,
    /// Because the user says so.
    Declared,
}

impl Paginator for Single {
    fn reads(&self) -> Vec<&Places> {
        Vec::new()
    }

    fn prepare(&self, _: &mut Request, at: Option<&Cursor>) -> Result<(), PaginationError> {
        at.map_or(Ok(()), |_| Err(PaginationError::ForeignCursor))
    }

    fn advance(&self, _: Option<&Cursor>, _: &Page) -> Result<Step, PaginationError> {
        Ok(match self {
            Self::Assumed => Step::Only,
            Self::Declared => Step::End(Proof::Single),
        })
    }

    fn page_count(&self, _: &Page) -> Result<Option<u64>, PaginationError> {
        Ok(None)
    }

    fn ahead(&self, _: &Cursor, _: &Latest<'_>) -> Option<Cursor> {
        None
    }

    fn gap(&self, _: Option<&Cursor>, _: &Page) -> Option<Cursor> {
        None
    }

    fn continues_from(&self) -> Option<&Places> {
        None
    }

    fn loop_check(&self) -> LoopCheck {
        LoopCheck::Requests
    }
}
