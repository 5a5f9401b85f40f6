//! Pages of JSON. A page is accepted if and only if `serde_json` accepts it, with the same records.
//!
//! Input: the pointer to the records, and the body.

use longhaul_core::{
    Pointer,
    listing::page::{Layout, Page, Records},
};
use serde_json::value::RawValue;

use super::{
    input::text_line,
    oracle::{compact, elements, is_json, json, members, page},
};

pub(super) fn run(input: &[u8]) {
    let Some((pointer, body)) = text_line(input) else { return };
    let Ok(pointer) = pointer.parse::<Pointer>() else { return };
    let page = page(body, &Layout::new(&pointer, &["/next".parse().unwrap()]));
    let Some(document) = json(body) else {
        // Outside of the records, text need not be UTF-8.
        assert!(page.is_err() || is_json(body), "it is not JSON");
        return check_records(page.as_ref().ok());
    };
    // What is meant if a name is there twice is undefined (RFC 8259 §4), and `*` has tests of its own.
    let Some(expected) = Expected::of(document, pointer.tokens()) else {
        return check_records(page.as_ref().ok());
    };
    let page = page.unwrap_or_else(|error| panic!("it is JSON: {error}"));
    let text = str::from_utf8(page.batch().bytes()).unwrap();
    match expected {
        Expected::Records(records) => {
            assert_eq!(*page.records(), Records::Found);
            assert_eq!(text, records.concat());
            assert_eq!(page.len(), records.len() as u64);
        }
        Expected::Whole(record) => {
            assert_eq!((page.records(), text), (&Records::Whole, record.as_str()));
        }
        Expected::Absent => {
            assert!(matches!(page.records(), Records::Absent { .. }), "{:?}", page.records());
            assert_eq!(text, "");
        }
        Expected::Misplaced => {
            assert!(matches!(page.records(), Records::Misplaced { .. }), "{:?}", page.records());
            assert_eq!(text, "");
        }
    }
}

/// What a page should have.
enum Expected {
    /// These lines.
    Records(Vec<String>),
    /// The page as a line.
    Whole(String),
    Absent,
    Misplaced,
}

impl Expected {
    /// `None` if that is not defined.
    fn of(document: &RawValue, pointer: &[String]) -> Option<Self> {
        let mut value = document;
        for (depth, token) in pointer.iter().enumerate() {
            if token == "*" {
                return None;
            }
            let next = match value.get().as_bytes()[0] {
                b'{' => members(value)?.remove(token.as_str()),
                b'[' => Pointer::index(token).and_then(|index| elements(value).get(index).copied()),
                _ => None,
            };
            let Some(next) = next else { return is_star_free(&pointer[depth..]).then_some(Self::Absent) };
            value = next;
        }
        let line = |value: &RawValue| compact(value.get()) + "\n";
        Some(match value.get().as_bytes()[0] {
            b'[' => Self::Records(elements(value).into_iter().map(line).collect()),
            b'{' if pointer.is_empty() => Self::Whole(line(value)),
            b'n' => Self::Absent,
            _ => Self::Misplaced,
        })
    }
}

fn is_star_free(tokens: &[String]) -> bool {
    tokens.iter().all(|token| token != "*")
}

/// Each record is one line of JSON.
fn check_records(page: Option<&Page>) {
    let Some(page) = page else { return };
    for record in page.batch().records() {
        assert!(json(record).is_some() && !record.contains(&b'\n'), "{}", record.escape_ascii());
    }
}
