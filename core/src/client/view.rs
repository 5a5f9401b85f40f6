//! A response, as rules look at it.

use std::cell::OnceCell;

use http::StatusCode;
use serde_json::Value;

use crate::{
    http::{
        place::{Found, Place, PlaceError, Places},
        request::Request,
        secret::Secrets,
        transport::Response,
    },
    json::PointerTree,
};

/// A response, as rules look at it. The body is parsed only as far as a rule needs it.
pub(crate) struct View<'a> {
    pub(crate) status: StatusCode,
    response: &'a Response,
    request: &'a Request,
    secrets: &'a Secrets,
    json: OnceCell<Option<Value>>,
}

impl<'a> View<'a> {
    pub(crate) fn new(response: &'a Response, request: &'a Request, secrets: &'a Secrets) -> Self {
        Self { status: response.status, response, request, secrets, json: OnceCell::new() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&'a str> {
        self.response.header(name)
    }

    pub(crate) fn headers(&self) -> &'a http::HeaderMap {
        &self.response.headers
    }

    /// The time of the server.
    pub(super) fn date(&self) -> Option<&'a str> {
        self.header("date")
    }

    /// The first value at `places`.
    pub(crate) fn find(&self, places: &Places) -> Result<Option<Value>, PlaceError> {
        for place in places.iter() {
            let value = match place {
                Place::Body(pointer) if self.json.get().is_none() => {
                    let mut cells = [None];
                    let body = str::from_utf8(self.whole()).unwrap_or_default();
                    // A body that is not JSON has no values.
                    let read = PointerTree::of([pointer]).find(body, &mut cells);
                    let text = read.ok().and_then(|()| cells[0]);
                    text.and_then(|text| serde_json::from_str(text).ok())
                }
                _ => {
                    let body = self.json();
                    place.find(&Found { headers: &self.response.headers, body, last: None })?
                }
            };
            if value.is_some() {
                return Ok(value);
            }
        }
        Ok(None)
    }

    /// The first text or number at `places`.
    pub(crate) fn text(&self, places: &Places) -> Option<String> {
        text_of(&self.find(places).ok().flatten()?)
    }

    pub(super) fn is_json(&self) -> bool {
        self.json().is_some()
    }

    pub(super) fn body_text(&self) -> String {
        String::from_utf8_lossy(&self.response.body).into_owned()
    }

    /// Replaces the credentials of the request and the secrets of the run in a text.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.secrets.redact(&self.request.redact(text))
    }

    fn json(&self) -> Option<&Value> {
        self.json.get_or_init(|| serde_json::from_slice(self.whole()).ok()).as_ref()
    }

    /// The body, or nothing if it is so long that only its start is in memory. Then it is lines, and not JSON.
    fn whole(&self) -> &'a [u8] {
        if self.response.spooled.is_some() { &[] } else { &self.response.body }
    }
}

/// The text of a value, if it has one.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
