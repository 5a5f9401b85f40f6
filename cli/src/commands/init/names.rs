//! The values of a page outside its records, and their names.

use longhaul_core::Pointer;
use serde_json::Value;

/// How deep to look for values.
const DEEPEST: usize = 5;

/// A value of a page that is not an object.
#[derive(Clone, Debug)]
pub(super) struct Leaf<'v> {
    /// The names that lead to it, outermost first.
    pub(super) path: Vec<&'v str>,
    /// The value.
    pub(super) value: &'v Value,
}

impl Leaf<'_> {
    /// Its name, to compare: see [`plain`].
    pub(super) fn name(&self) -> String {
        plain(self.spelling())
    }

    /// Its name as the API spells it.
    pub(super) fn spelling(&self) -> &str {
        self.path.last().copied().unwrap_or_default()
    }

    /// The name of the object that it is in, to compare.
    pub(super) fn parent(&self) -> String {
        plain(self.path.iter().rev().nth(1).copied().unwrap_or_default())
    }

    /// Its place.
    pub(super) fn at(&self) -> String {
        Pointer::from_tokens(self.path.iter().copied()).to_string()
    }
}

/// A name without case and punctuation: `next_page`, `nextPage` and `Next-Page` are all `nextpage`.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|char| char.to_ascii_lowercase()).collect()
}

/// The values in `body` that are not objects, nearest the top first. Those at `records` and inside arrays are left out.
pub(super) fn leaves<'v>(body: &'v Value, records: &Pointer) -> Vec<Leaf<'v>> {
    let mut found = Vec::new();
    add(body, &mut Vec::new(), records.tokens(), &mut found);
    found.sort_by_key(|leaf| leaf.path.len());
    found
}

fn add<'v>(value: &'v Value, path: &mut Vec<&'v str>, records: &[String], found: &mut Vec<Leaf<'v>>) {
    let Value::Object(members) = value else {
        if !path.is_empty() {
            found.push(Leaf { path: path.clone(), value });
        }
        return;
    };
    for (name, value) in members {
        path.push(name);
        if path.len() <= DEEPEST && *path != records {
            add(value, path, records, found);
        }
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_outside_the_records_are_found_nearest_the_top_first() {
        let body = json!({ "data": [{ "id": 1 }], "a": { "b": { "next": "x" } }, "total": 7, "links": [{ "rel": "next" }] });
        let found = leaves(&body, &"/data".parse().unwrap());
        let places: Vec<_> = found.iter().map(Leaf::at).collect();
        assert_eq!(places, ["/links", "/total", "/a/b/next"]);
        assert_eq!((found[2].name().as_str(), found[2].parent().as_str()), ("next", "b"));
    }

    #[test]
    fn names_are_compared_without_case_and_punctuation() {
        let names = ["@odata.nextLink", "page[size]", "X-Total", "__next"].map(plain);
        assert_eq!(names, ["odatanextlink", "pagesize", "xtotal", "next"]);
    }
}
