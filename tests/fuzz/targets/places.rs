//! Places. A place is the same when it is written and read again, and finds what another reader finds.
//!
//! Input: the place, and a body, which is also the last record.

use http::HeaderMap;
use longhaul_core::{
    http::place::{Found, Place},
    json::{ExactValue, pointer::Pointer},
};
use serde_json::Value;

use super::{
    input::text_line,
    oracle::{elements, json, members},
};

pub(super) fn run(input: &[u8]) {
    let Some((text, body)) = text_line(input) else { return };
    let Ok(place) = text.parse::<Place>() else { return };
    assert_eq!(place.to_string().parse::<Place>().as_ref(), Ok(&place), "when it is written and read again");
    let document: Option<ExactValue> = serde_json::from_slice(body).ok();
    let headers = HeaderMap::from_iter([(http::header::ETAG, http::HeaderValue::from_static("a tag"))]);
    let found = place.find(&Found { headers: &headers, body: document.as_ref(), last: Some(body) });
    match &place {
        Place::Body(pointer) => {
            let expected =
                document.as_ref().and_then(|document| document.value().pointer(&pointer.to_string()));
            // The other library takes an index with leading zeros, or a sign.
            if pointer.tokens().iter().all(|token| !token.starts_with(['0', '+'])) {
                assert_eq!(found.unwrap().as_ref().map(ExactValue::value), expected);
            }
        }
        Place::Last(pointer) => match (document, last(body, pointer)) {
            (Some(_), Last::Absent) => assert_eq!(found, Ok(None)),
            (Some(_), Last::Value(expected)) => {
                let found = found.unwrap().unwrap();
                let found = found.value();
                // A number that would be rounded is text.
                assert!(
                    *found == expected || expected.is_number() || !found.is_string(),
                    "{found} {expected}"
                );
            }
            _ => {}
        },
        Place::Path { .. } => {
            if let Ok(Some(value)) = found {
                assert!(contains(document.unwrap().value(), value.value()), "{value} is not in the body");
            }
        }
        Place::Header(_) | Place::Link { .. } => drop(found),
    }
}

/// What a record has at a place.
enum Last {
    Value(Value),
    Absent,
    /// A name is there twice on the way, or the value cannot be read.
    Undefined,
}

fn last(record: &[u8], pointer: &Pointer) -> Last {
    let Some(mut value) = json(record) else { return Last::Undefined };
    for token in pointer.tokens() {
        let next = match value.get().as_bytes()[0] {
            b'{' => match members(value) {
                Some(mut members) => members.remove(token),
                None => return Last::Undefined,
            },
            b'[' => Pointer::index(token).and_then(|index| elements(value).get(index).copied()),
            _ => None,
        };
        let Some(next) = next else { return Last::Absent };
        value = next;
    }
    serde_json::from_str(value.get()).map_or(Last::Undefined, Last::Value)
}

fn contains(document: &Value, wanted: &Value) -> bool {
    document == wanted
        || match document {
            Value::Array(elements) => elements.iter().any(|element| contains(element, wanted)),
            Value::Object(members) => members.values().any(|member| contains(member, wanted)),
            _ => false,
        }
}
