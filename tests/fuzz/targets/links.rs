//! `Link` headers. A target that is found stands in the header, and every well-formed header is read.
//!
//! Input: the relation, and a header field on each line.

use http::{HeaderMap, HeaderValue, header::LINK};
use longhaul_core::http::place::{Found, Place, PlaceError};
use serde_json::Value;

use super::input::{line, text_line};

pub(super) fn run(input: &[u8]) {
    let Some((rel, fields)) = text_line(input) else { return };
    let Ok(place) = format!("link:{rel}").parse::<Place>() else { return };
    let mut headers = HeaderMap::new();
    for field in fields.split(|byte| *byte == b'\n') {
        if let Ok(field) = HeaderValue::from_bytes(field) {
            headers.append(LINK, field);
        }
    }
    if let (Ok(Some(Value::String(found))), Place::Link { parameter: None, .. }) =
        (find(&place, &headers), &place)
    {
        let is_there = headers.values().any(|field| {
            let field = String::from_utf8_lossy(field.as_bytes()).into_owned();
            let mut starts = field.match_indices('<').map(|(at, _)| &field[at + 1..]);
            starts.any(|link| link.split('>').next().is_some_and(|target| target.trim() == found))
        });
        assert!(is_there, "`{found}` is not in the header");
    }
    check_well_formed(fields);
}

fn find(place: &Place, headers: &HeaderMap) -> Result<Option<Value>, PlaceError> {
    let found = place.find(&Found { headers, body: None, last: None })?;
    Ok(found.map(|found| found.value().clone()))
}

/// The target of the second link is found, whatever the quoted values before it contain.
fn check_well_formed(text: &[u8]) {
    let (target, title) = line(text);
    let (Ok(target), Ok(title)) = (str::from_utf8(target), str::from_utf8(title)) else { return };
    if target.contains('>') {
        return;
    }
    let title = title.replace('\\', "\\\\").replace('"', "\\\"");
    let field =
        format!("<{target}>; title=\"{title}\"; rel=prev,<{target}x> ; title=\"{title}\";REL = \"a next\"");
    let Ok(field) = HeaderValue::from_bytes(field.as_bytes()) else { return };
    let headers = HeaderMap::from_iter([(LINK, field)]);
    let found = find(&"link:next".parse().unwrap(), &headers).unwrap();
    assert_eq!(found, Some(Value::from(format!("{target}x").trim())));
}
