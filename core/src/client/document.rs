//! A response whose body is JSON.

use http::HeaderMap;
use serde_json::Value;

use crate::http::place::{Found, PlaceError, Places};

/// A response whose body is JSON.
#[derive(Clone, Debug)]
pub struct Document {
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Value,
}

impl Document {
    /// The first value that the response has at `places`.
    ///
    /// # Errors
    /// A place is ambiguous, or a `Link` header is malformed.
    pub fn find(&self, places: &Places) -> Result<Option<Value>, PlaceError> {
        places.find(&Found { headers: &self.headers, body: Some(&self.body), last: None })
    }
}
