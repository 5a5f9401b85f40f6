//! Pagination by a cursor.

use serde_json::Value;

use super::{Cursor, Latest, LoopCheck, PaginationError, Paginator, Parameter, Step, is_empty};
use crate::{
    http::{
        place::{Place, Places},
        request::Request,
    },
    listing::{
        end::Proof,
        page::{Page, kind_of},
    },
};

/// Each page has a cursor, an opaque value with which the next page is requested. A page without records does not end
/// the listing if it has a cursor.
#[derive(Clone, Debug)]
pub struct Token {
    /// Where the cursor goes.
    pub param: Parameter,
    /// Where a page has the cursor.
    pub cursor: Places,
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
    fn continues_from_last(&self) -> bool {
        self.cursor.iter().all(|place| matches!(place, Place::Last(_)))
    }
}

/// Whether a value can be a cursor: text, a number, or an array or object that is not empty.
fn is_cursor(value: &Value) -> bool {
    match value {
        Value::String(_) | Value::Number(_) => true,
        Value::Array(values) => !values.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Null | Value::Bool(_) => false,
    }
}

impl Paginator for Token {
    fn reads(&self) -> Vec<&Places> {
        vec![&self.cursor]
    }

    fn prepare(&self, request: &mut Request, at: Option<&Cursor>) -> Result<(), PaginationError> {
        match at {
            None => Ok(()),
            Some(Cursor::Token(token)) => self.param.set(request, token.clone()),
            Some(_) => Err(PaginationError::ForeignCursor),
        }
    }

    fn advance(&self, _: Option<&Cursor>, page: &Page) -> Result<Step, PaginationError> {
        let step = match page.find(&self.cursor)? {
            // The cursor is in the last record, so a page without records has none.
            None if page.is_empty() && self.continues_from_last() => Step::Empty(None),
            None => Step::Missing(self.cursor.clone()),
            // A record may have the id 0 or -1. Only a page without records ends such a listing.
            Some((value, place)) if is_empty(value.value()) && !matches!(place, Place::Last(_)) => {
                Step::End(Proof::NextNull { at: place.to_string() })
            }
            Some((value, _)) if is_cursor(value.value()) && *value.value() != "" => {
                Step::Page(Cursor::Token(value))
            }
            Some((other, place)) => {
                let at = place.to_string();
                let found = match other.value() {
                    Value::Array(_) => "an empty array",
                    Value::Object(_) => "an empty object",
                    Value::String(_) => "empty text",
                    other => kind_of(other),
                };
                return Err(PaginationError::NoCursor { at, found });
            }
        };
        if self.renewal == Renewal::Never && page.is_empty() {
            return Ok(Step::Empty(match step {
                Step::Page(cursor) => Some(cursor),
                _ => None,
            }));
        }
        Ok(step)
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
        self.continues_from_last().then_some(&self.cursor)
    }

    fn loop_check(&self) -> LoopCheck {
        match self.renewal {
            Renewal::EachPage => LoopCheck::Cursors,
            Renewal::Never => LoopCheck::Records,
        }
    }

    fn is_kept_by_server(&self) -> bool {
        self.renewal == Renewal::Never
    }
}
