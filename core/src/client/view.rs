//! A response, as rules look at it.

use std::{borrow::Cow, cell::OnceCell};

use http::StatusCode;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::{
    http::{
        place::{Found, Place, PlaceError, Places},
        request::Request,
        secret::Secrets,
        transport::Response,
    },
    json::{ExactValue, PointerTree, pointer::Pointer},
};

/// A response, as rules look at it. The body is parsed only as far as a rule needs it.
pub(crate) struct View<'a> {
    pub(crate) status: StatusCode,
    response: &'a Response,
    request: &'a Request,
    secrets: &'a Secrets,
    /// Where it has its records, if it is a page.
    records: Option<&'a Pointer>,
    /// The body without its records.
    envelope: OnceCell<Option<ExactValue>>,
}

impl<'a> View<'a> {
    pub(crate) fn new(response: &'a Response, request: &'a Request, secrets: &'a Secrets) -> Self {
        let (status, records) = (response.status, None);
        Self { status, response, request, secrets, records, envelope: OnceCell::new() }
    }

    /// The same response as a page with its records at this place.
    pub(crate) fn with_records(self, records: Option<&'a Pointer>) -> Self {
        Self { records, ..self }
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
    pub(crate) fn find(&self, places: &Places) -> Result<Option<ExactValue>, PlaceError> {
        for place in places.iter() {
            let value = if let Place::Body(pointer) = place {
                let mut cells = [None];
                let body = str::from_utf8(self.whole()).unwrap_or_default();
                // A body that is not JSON has no values.
                let read = PointerTree::of([pointer]).find(body, &mut cells);
                let text = read.ok().and_then(|()| cells[0]);
                text.and_then(|text| ExactValue::parse(text).ok())
            } else {
                let body = self.envelope();
                place.find(&Found { headers: &self.response.headers, body, last: None })?
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
        serde_json::from_slice::<IgnoredAny>(self.whole()).is_ok()
    }

    pub(super) fn body_text(&self) -> String {
        String::from_utf8_lossy(&self.response.body).into_owned()
    }

    /// Replaces the credentials of the request and the secrets of the run in a text.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.secrets.redact(&self.request.redact(text))
    }

    fn envelope(&self) -> Option<&ExactValue> {
        let parsed = || ExactValue::parse(str::from_utf8(&self.without_records()).ok()?).ok();
        self.envelope.get_or_init(parsed).as_ref()
    }

    /// The body with an empty array in place of the records. A single record that is the whole body stays, because an error
    /// looks like one.
    fn without_records(&self) -> Cow<'a, [u8]> {
        let body = self.whole();
        let found = self.records.zip(str::from_utf8(body).ok()).and_then(|(records, text)| {
            let (plain, starred) = records.split_at_star();
            let (mut tree, mut cells) = (PointerTree::default(), [None]);
            tree.grow(plain, 0);
            tree.find(text, &mut cells).ok()?;
            let has_star = !starred.is_empty();
            let found =
                cells[0].filter(|found| found.starts_with('[') || (has_star && found.starts_with('{')))?;
            // `found` is a part of `text`.
            let start = found.as_ptr().addr() - text.as_ptr().addr();
            Some((start, start + found.len()))
        });
        let Some((start, end)) = found else { return body.into() };
        [&body[..start], b"[]", &body[end..]].concat().into()
    }

    /// The body, or nothing if it is so long that only its start is in memory. Then it is lines, and not JSON.
    fn whole(&self) -> &'a [u8] {
        if self.response.spooled.is_some() { &[] } else { &self.response.body }
    }
}

/// The text of a value, if it has one.
fn text_of(value: &ExactValue) -> Option<String> {
    let has_text = match value.value() {
        Value::String(text) => !text.trim().is_empty(),
        value => value.is_number(),
    };
    has_text.then(|| value.text().into_owned())
}
