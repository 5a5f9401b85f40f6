//! JSON as `serde_json` reads it, to compare with.

use std::collections::BTreeMap;

use http::{HeaderMap, StatusCode};
use longhaul_core::{
    client::{Answer, BodyFault, answer::Basis},
    http::transport::Response,
    listing::page::{Layout, Page},
};
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// The page that a successful response with this body is.
pub(super) fn page(body: &[u8], layout: &Layout) -> Result<Page, BodyFault> {
    page_of(Response::new(StatusCode::OK, HeaderMap::new(), body.to_vec()), layout)
}

/// The page that a response is.
pub(super) fn page_of(response: Response, layout: &Layout) -> Result<Page, BodyFault> {
    let url = "https://api.example/".parse().unwrap();
    Page::read(Answer { response, url, basis: Basis::Status }, layout)
}

/// A body as a single JSON value in UTF-8.
pub(super) fn json(body: &[u8]) -> Option<&RawValue> {
    serde_json::from_slice(without_mark(body)).ok()
}

/// Whether a body is a single JSON value, whose strings may have any bytes.
pub(super) fn is_json(body: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(without_mark(body)).is_ok()
}

fn without_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body)
}

/// The members of an object. `None` if two have the same name, or a name is not text.
pub(super) fn members(json: &RawValue) -> Option<BTreeMap<String, &RawValue>> {
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(json.get()).ok()?;
    let written = compact(json.get());
    // The written colons at the first level are those of the members.
    (depth_one_colons(&written) == members.len()).then_some(members)
}

/// The elements of an array.
pub(super) fn elements(json: &RawValue) -> Vec<&RawValue> {
    serde_json::from_str(json.get()).unwrap()
}

/// The text of a value without the white space between its tokens.
pub(super) fn compact(json: &str) -> String {
    let mut string = InString::default();
    json.chars().filter(|letter| string.next(*letter) || !letter.is_ascii_whitespace()).collect()
}

fn depth_one_colons(json: &str) -> usize {
    let (mut string, mut depth, mut colons) = (InString::default(), 0, 0);
    for letter in json.chars() {
        if string.next(letter) {
            continue;
        }
        match letter {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            ':' if depth == 1 => colons += 1,
            _ => {}
        }
    }
    colons
}

/// Whether a letter belongs to a string.
#[derive(Default)]
struct InString {
    is_open: bool,
    is_escaped: bool,
}

impl InString {
    /// Whether the next letter belongs to a string, with its quotes.
    fn next(&mut self, letter: char) -> bool {
        let was_open = self.is_open;
        match letter {
            _ if self.is_escaped => self.is_escaped = false,
            '\\' if self.is_open => self.is_escaped = true,
            '"' => self.is_open = !self.is_open,
            _ => {}
        }
        was_open || self.is_open
    }
}
