//! Finds the records of a page.

use std::cmp::Reverse;

use longhaul_core::Pointer;
use serde_json::Value;

use super::names::plain;

/// The records of a page.
#[derive(Debug)]
pub(super) struct Records<'v> {
    /// Where they are.
    pub(super) at: Pointer,
    /// The records.
    pub(super) all: Vec<&'v Value>,
    /// Whether the page is one object, which is the only record.
    pub(super) is_object: bool,
    /// Why these are the records.
    pub(super) why: String,
}

/// Names that APIs use for the array of records.
const USUAL: [&str; 17] = [
    "data",
    "results",
    "items",
    "records",
    "value",
    "values",
    "entries",
    "entry",
    "entities",
    "objects",
    "rows",
    "list",
    "content",
    "hits",
    "elements",
    "result",
    "resources",
];

/// Names of arrays that are about the page, or about other things than its records.
const OTHERS: [&str; 12] = [
    "link",
    "links",
    "error",
    "errors",
    "warning",
    "warnings",
    "facets",
    "included",
    "includes",
    "aggregations",
    "filters",
    "columns",
];

/// How deep to look for records.
const DEEPEST: usize = 4;

/// An array that may have the records.
struct Candidate<'v> {
    path: Vec<&'v str>,
    elements: &'v [Value],
    name: Name,
}

/// What the name of an array says.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Name {
    /// The path of the URL has the same name.
    InPath,
    /// Many APIs use it.
    Usual,
    /// Nothing.
    Unknown,
}

/// Finds the records of `body`, which is an array or an object. `path` is the path of its URL.
///
/// Arrays nearest the top come first. Of those, the one that is named in the path, then those with usual names, then the
/// longest. An empty array with an unknown name comes last.
pub(super) fn find<'v>(body: &'v Value, path: &str) -> Records<'v> {
    if let Value::Array(elements) = body {
        let why = "The page is an array, and each element is a record.".to_owned();
        return Records { at: Pointer::default(), all: elements.iter().collect(), is_object: false, why };
    }
    let named: Vec<_> = path.split('/').map(|part| plain(part.split('.').next().unwrap_or(part))).collect();
    let mut candidates = Vec::new();
    add(body, &mut Vec::new(), &named, &mut candidates);
    let best = candidates.into_iter().min_by_key(|Candidate { path, elements, name }| {
        (*name == Name::Unknown && elements.is_empty(), path.len(), *name, Reverse(elements.len()))
    });
    let Some(Candidate { path, elements, name }) = best else {
        let why = "The page has no list, so it is one record.".to_owned();
        return Records { at: Pointer::default(), all: vec![body], is_object: true, why };
    };
    let why = match name {
        Name::InPath => "The list that is named in the path.",
        Name::Usual => "A usual name for the list of records.",
        Name::Unknown => "The longest list of objects nearest the top of the page.",
    };
    let at = Pointer::from_tokens(path);
    Records { at, all: elements.iter().collect(), is_object: false, why: why.to_owned() }
}

fn add<'v>(value: &'v Value, path: &mut Vec<&'v str>, named: &[String], candidates: &mut Vec<Candidate<'v>>) {
    let Value::Object(members) = value else { return };
    for (member, value) in members {
        path.push(member);
        match value {
            Value::Array(elements) => {
                let name = name(member, named);
                let is_likely = match name {
                    Name::InPath | Name::Usual => true,
                    Name::Unknown => {
                        elements.iter().all(Value::is_object) && !OTHERS.contains(&plain(member).as_str())
                    }
                };
                if is_likely {
                    candidates.push(Candidate { path: path.clone(), elements, name });
                }
            }
            value if path.len() < DEEPEST => add(value, path, named, candidates),
            _ => {}
        }
        path.pop();
    }
}

fn name(member: &str, named: &[String]) -> Name {
    let member = plain(member);
    if named.contains(&member) {
        Name::InPath
    } else if USUAL.contains(&member.as_str()) {
        Name::Usual
    } else {
        Name::Unknown
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn assert_found(path: &str, body: &Value, at: &str, count: usize) {
        let found = find(body, path);
        assert_eq!((found.at.to_string().as_str(), found.all.len()), (at, count), "{body}");
    }

    #[test]
    fn records_are_found_by_depth_name_and_length() {
        let two = json!([{ "id": 1 }, { "id": 2 }]);
        let three = json!([{ "id": 1 }, { "id": 2 }, { "id": 3 }]);
        for (path, body, at, count) in [
            ("/x", two.clone(), "", 2),
            ("/x", json!([1, 2]), "", 2),
            ("/x", json!({ "data": two, "extra": three }), "/data", 2),
            ("/api/v2/tickets.json", json!({ "tickets": two, "users": three, "count": 2 }), "/tickets", 2),
            ("/x", json!({ "calls": two, "users": three }), "/users", 3),
            ("/x", json!({ "link": three, "entry": two }), "/entry", 2),
            ("/x", json!({ "hits": { "total": 2, "hits": two } }), "/hits/hits", 2),
            ("/x", json!({ "_embedded": { "orders": two } }), "/_embedded/orders", 2),
            ("/x", json!({ "tags": [], "data": { "items": two } }), "/data/items", 2),
            ("/x", json!({ "data": [], "has_more": false }), "/data", 0),
            ("/x", json!({ "widgets": [] }), "/widgets", 0),
            ("/x", json!({ "ids": [1, 2], "values": [3] }), "/values", 1),
            ("/x", json!({ "name": "n", "tags": ["a"] }), "", 1),
        ] {
            assert_found(path, &body, at, count);
        }
        assert!(find(&json!({ "name": "n" }), "/x").is_object);
        assert!(!find(&json!([]), "/x").is_object);
    }
}
