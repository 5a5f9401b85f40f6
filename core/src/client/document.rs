//! A response whose body is JSON.

use std::time::{Duration, SystemTime};

use http::{
    HeaderMap, HeaderName, StatusCode,
    header::{DATE, RETRY_AFTER},
};
use serde_json::Value;

use super::{body_fault::BodyFault, retry};
use crate::{
    http::{
        place::{Found, PlaceError, Places},
        transport::Response,
    },
    json::ExactValue,
};

/// A response whose body is JSON.
#[derive(Clone, Debug)]
pub struct Document {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: ExactValue,
}

impl Document {
    /// Reads a response that must be JSON.
    pub(crate) fn read(response: Response) -> Result<Self, BodyFault> {
        let Response { status, headers, body, .. } = response;
        BodyFault::check_encoding(&headers, &body)?;
        BodyFault::check(&body)?;
        let parsed = str::from_utf8(&body).map_or_else(|_| serde_json::from_slice(&body), ExactValue::parse);
        let body = parsed.map_err(|error| BodyFault::of(error, &headers, &body))?;
        Ok(Self { status, headers, body })
    }

    /// Reads a response whose status or headers may be all that matters: an empty body is `null`, and so is the body of a
    /// redirect.
    pub(crate) fn read_any(response: Response) -> Result<Self, BodyFault> {
        if response.body.is_empty() || response.status.is_redirection() {
            let Response { status, headers, .. } = response;
            return Ok(Self { status, headers, body: ExactValue::default() });
        }
        Self::read(response)
    }

    /// How long the server asks to wait.
    pub(crate) fn retry_after(&self, now: SystemTime) -> Option<Duration> {
        let text = |name: HeaderName| self.headers.get(name).and_then(|value| value.to_str().ok());
        retry::after(text(RETRY_AFTER)?, text(DATE), now)
    }

    /// The first value that the response has at `places`.
    ///
    /// # Errors
    /// A place is ambiguous, or a `Link` header is malformed.
    pub fn find(&self, places: &Places) -> Result<Option<ExactValue>, PlaceError> {
        places.find(&Found { headers: &self.headers, body: Some(&self.body), last: None })
    }

    /// The first text or number that the response has at `places`. An empty text is none.
    pub(crate) fn text(&self, places: &Places) -> Result<Option<String>, PlaceError> {
        let found = self.find(places)?;
        let is_some = |found: &ExactValue| match found.value() {
            Value::String(text) => !text.is_empty(),
            value => value.is_number(),
        };
        Ok(found.filter(is_some).map(|found| found.text().into_owned()))
    }
}
