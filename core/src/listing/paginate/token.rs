//! Pagination by a cursor.

use serde_json::Value;

use super::{Cursor, LoopCheck, PaginationError, Paginator, Place};
use crate::{
    http::request::Request,
    json::pointer::Pointer,
    listing::page::{Page, kind_of},
};

/// Each page has a cursor, an opaque value with which the next page is requested. A page without records does not end
/// the listing if it has a cursor.
#[derive(Clone, Debug)]
pub struct Token {
    /// Where the cursor goes.
    pub param: Place,
    /// Where a page has the cursor.
    pub cursor: Pointer,
    /// Where a page says whether there are more pages, as a boolean.
    pub more: Option<Pointer>,
    /// Whether the cursor changes from page to page.
    pub renewal: Renewal,
}

/// Whether a cursor changes from page to page.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Renewal {
    /// Every page has a new cursor.
    #[default]
    EachPage,
    /// The whole listing has one cursor, as in scroll APIs. A page without records ends it.
    Never,
}

impl Token {
    fn has_more(&self, page: &Page) -> Result<Option<bool>, PaginationError> {
        let Some(place) = &self.more else { return Ok(None) };
        match page.pick(place) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(more)) => Ok(Some(*more)),
            Some(other) => Err(PaginationError::MoreIsNoBoolean { at: place.clone(), found: kind_of(other) }),
        }
    }
}

impl Paginator for Token {
    fn reads(&self) -> Vec<Pointer> {
        [&self.cursor].into_iter().chain(&self.more).cloned().collect()
    }

    fn prepare(&self, request: &mut Request, at: Option<&Cursor>) -> Result<(), PaginationError> {
        match at {
            None => Ok(()),
            Some(Cursor::Token(token)) => self.param.set(request, token.clone()),
            Some(_) => Err(PaginationError::ForeignCursor),
        }
    }

    fn advance(&self, _: Option<&Cursor>, page: &Page) -> Result<Option<Cursor>, PaginationError> {
        let more = self.has_more(page)?;
        let is_over = more == Some(false) || (self.renewal == Renewal::Never && page.batch().is_empty());
        if is_over {
            return Ok(None);
        }
        match page.pick(&self.cursor) {
            Some(token @ Value::String(text)) if !text.is_empty() => Ok(Some(Cursor::Token(token.clone()))),
            Some(token @ Value::Number(_)) => Ok(Some(Cursor::Token(token.clone()))),
            None | Some(Value::Null | Value::String(_) | Value::Bool(false)) if more == Some(true) => {
                Err(PaginationError::MoreWithoutCursor { at: self.cursor.clone() })
            }
            None | Some(Value::Null | Value::String(_) | Value::Bool(false)) => Ok(None),
            Some(other) => {
                Err(PaginationError::CursorIsNoText { at: self.cursor.clone(), found: kind_of(other) })
            }
        }
    }

    fn ahead(&self, _: &Cursor, _: &Page, _: u64) -> Option<Cursor> {
        None
    }

    fn total(&self, _: &Page) -> Option<u64> {
        None
    }

    fn loop_check(&self) -> LoopCheck {
        match self.renewal {
            Renewal::EachPage => LoopCheck::Requests,
            Renewal::Never => LoopCheck::Records,
        }
    }
}
