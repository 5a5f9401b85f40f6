//! A response whose body is JSON.

use http::HeaderMap;
use serde_json::Value;

use super::body_fault::BodyFault;
use crate::http::{
    place::{Found, PlaceError, Places},
    transport::Response,
};

/// A response whose body is JSON.
#[derive(Clone, Debug)]
pub struct Document {
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Value,
}

impl Document {
    /// Reads a response that must be JSON.
    pub(crate) fn read(response: Response) -> Result<Self, BodyFault> {
        let Response { headers, body, .. } = response;
        BodyFault::check(&body)?;
        let parsed = serde_json::from_slice(&body);
        let body = parsed.map_err(|error| BodyFault::of(error, &headers, &body))?;
        Ok(Self { headers, body })
    }

    /// The first value that the response has at `places`.
    ///
    /// # Errors
    /// A place is ambiguous, or a `Link` header is malformed.
    pub fn find(&self, places: &Places) -> Result<Option<Value>, PlaceError> {
        places.find(&Found { headers: &self.headers, body: Some(&self.body), last: None })
    }

    /// The first text or number that the response has at `places`. An empty text is none.
    pub(crate) fn text(&self, places: &Places) -> Result<Option<String>, PlaceError> {
        Ok(match self.find(places)? {
            Some(Value::String(text)) if !text.is_empty() => Some(text),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        })
    }
}
