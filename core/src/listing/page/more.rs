//! Signs of more pages inside what is taken for records, or around groups of them.

use serde_json::Value;

use super::envelope::{self, Continuation, is_empty, plain, shown};

/// The names of what leads to another page, in lower case and without anything but letters. Records have few fields with such
/// names.
const NAMES: [&str; 19] = [
    "hasmore",
    "hasmorepages",
    "hasmoreresults",
    "hasnext",
    "hasnextpage",
    "morerecords",
    "moreresults",
    "nextcontinuationtoken",
    "nextcursor",
    "nexthref",
    "nextlink",
    "nextmarker",
    "nextpage",
    "nextpagetoken",
    "nextpageuri",
    "nextpageurl",
    "nexttoken",
    "nexturl",
    "odatanextlink",
];

impl Continuation {
    /// Whether its name is a usual one, or one of `names` in another spelling.
    pub(in crate::listing) fn is_next(&self, names: &[&str]) -> bool {
        let name = plain(self.at.rsplit('/').next().unwrap_or_default());
        is_usual(&name) || names.iter().any(|other| plain(other) == name)
    }

    /// Whether it is a value that is true, or one that is false before the last page.
    pub(super) fn is_flag(&self) -> bool {
        ["true", "false"].contains(&self.found.as_str())
    }

    /// Whether it says that there are more pages: it is a flag, a link to the next page, or has a usual name or header.
    pub(in crate::listing) fn says_more(&self) -> bool {
        let is_header = self.at == "link:next" || self.at.starts_with("header:");
        self.is_flag() || is_header || is_link(self) || self.is_next(&["next"])
    }
}

/// What leads to another page around the groups at `tokens`, which contain `*`: the records of a group may have pages of their
/// own.
pub(super) fn around_groups(page: &Value, tokens: &[String]) -> Vec<Continuation> {
    let mut found = Vec::new();
    walk(page, tokens, "", false, &mut found);
    found
}

/// What leads to another page in `record`, which is a whole page and has a list. A record with an identifier may have a
/// `next` or a `total` of its own, as an order with its lines has. The usual names and links to the next page count all the
/// same.
pub(super) fn in_whole(record: &Value) -> Vec<Continuation> {
    let Some(longest) = longest_list(record) else { return Vec::new() };
    let mut found = Vec::new();
    signs(record, "", is_usual, true, &mut found);
    if found.is_empty() {
        found = envelope::continuations(record);
        if has_identifier(record) {
            found.retain(is_link);
        } else {
            found.extend(envelope::larger_totals(record, longest, 1));
        }
    }
    found
}

/// What leads to another page in an answer that lists the files of a job.
pub(crate) fn around_files(answer: &Value) -> Vec<Continuation> {
    let mut found = Vec::new();
    signs(answer, "", is_usual, true, &mut found);
    if found.is_empty() {
        found = envelope::continuations(answer);
        found.retain(is_link);
    }
    found
}

/// The length of the longest list in the members of a value, and in those of the objects in it.
fn longest_list(value: &Value) -> Option<u64> {
    let length = |member: &Value| match member {
        Value::Array(list) => u64::try_from(list.len()).ok(),
        member => longest_list(member),
    };
    value.as_object()?.values().filter_map(length).max()
}

fn has_identifier(record: &Value) -> bool {
    record.as_object().into_iter().flatten().any(|(name, _)| ["id", "uuid", "guid"].contains(&&*plain(name)))
}

fn is_usual(name: &str) -> bool {
    NAMES.contains(&name)
}

/// Whether a name leads to more records of a group. In `OData`, `members@odata.nextLink` is beside `members`.
fn continues_group(name: &str) -> bool {
    is_usual(name) || name.ends_with("odatanextlink")
}

/// Whether it is among links, such as `/_links/next` and `/link/0/url`.
fn is_link(found: &Continuation) -> bool {
    found.at.split('/').any(|token| ["link", "links"].contains(&&*plain(token)))
}

fn walk(value: &Value, tokens: &[String], at: &str, is_group: bool, found: &mut Vec<Continuation>) {
    if is_group {
        signs(value, at, continues_group, true, found);
    }
    let Some((token, rest)) = tokens.split_first() else { return };
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter().filter(|(name, _)| token == "*" || *name == token) {
                walk(member, rest, &format!("{at}/{name}"), is_group || token == "*", found);
            }
        }
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate().filter(|_| token == "*") {
                walk(element, rest, &format!("{at}/{index}"), true, found);
            }
        }
        _ => {}
    }
}

/// The signs in the members of a value, and in those of the objects in it.
fn signs(
    value: &Value,
    at: &str,
    leads_on: fn(&str) -> bool,
    and_below: bool,
    found: &mut Vec<Continuation>,
) {
    for (name, member) in value.as_object().into_iter().flatten() {
        let at = format!("{at}/{name}");
        if leads_on(&plain(name)) && !is_empty(member) {
            found.push(Continuation { at, found: shown(member) });
        } else if and_below {
            signs(member, &at, leads_on, false, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn places(found: Vec<Continuation>) -> Vec<String> {
        found.into_iter().map(|found| found.at).collect()
    }

    #[test]
    fn groups_may_have_pages_of_their_own() {
        let around = |page: &Value, tokens: &str| {
            let tokens: Vec<_> = tokens.split('/').map(str::to_owned).collect();
            places(around_groups(page, &tokens))
        };
        let users = json!({ "users": { "nodes": [
            { "posts": { "nodes": [], "pageInfo": { "hasNextPage": false, "endCursor": "a" } } },
            { "posts": { "nodes": [], "pageInfo": { "hasNextPage": true, "endCursor": "b" } } },
        ], "pageInfo": { "hasNextPage": true } } });
        let tokens = "users/nodes/*/posts/nodes/*";
        assert_eq!(around(&users, tokens), ["/users/nodes/1/posts/pageInfo/hasNextPage"]);
        let groups = json!({ "groups": { "a": { "items": [], "has_more": true }, "b": { "items": [] } } });
        assert_eq!(around(&groups, "groups/*/items/*"), ["/groups/a/has_more"]);
        let expanded = json!({ "value": [{ "members": [], "members@odata.nextLink": "/p2" }] });
        assert_eq!(around(&expanded, "value/*/members/*"), ["/value/0/members@odata.nextLink"]);
        assert_eq!(
            around(&json!({ "has_more": true, "items": [] }), "items/*"),
            [""; 0],
            "the pages of the listing"
        );
    }

    #[test]
    fn files_of_a_job_may_be_a_page_of_many() {
        let files = json!([{ "url": "/a", "nextPage": 2 }]);
        for (answer, at) in [
            (json!({ "files": files, "nextPageToken": "x" }), "/nextPageToken"),
            (json!({ "result": { "files": files, "hasMore": true } }), "/result/hasMore"),
            (json!({ "files": files, "_links": { "next": { "href": "/p2" } } }), "/_links/next"),
        ] {
            assert_eq!(places(around_files(&answer)), [at], "{answer}");
        }
        for answer in [
            json!({ "files": files, "nextPageToken": null, "hasMore": false }),
            json!({ "files": files, "next": "delete the files", "completed": false }),
            json!({ "files": files, "_links": { "self": { "href": "/p1" } } }),
        ] {
            assert_eq!(places(around_files(&answer)), [""; 0], "{answer}");
        }
    }

    #[test]
    fn a_page_that_is_taken_for_a_record_may_be_a_list() {
        assert_eq!(places(in_whole(&json!({ "data": [1], "has_more": true }))), ["/has_more"]);
        assert_eq!(
            places(in_whole(&json!({ "data": [], "links": { "nextPage": "/p2" } }))),
            ["/links/nextPage"]
        );
        for (page, at) in [
            (json!({ "data": [1, 2], "next": "/a?page=2" }), "/next"),
            (json!({ "data": [1, 2], "_links": { "next": { "href": "/a?page=2" } } }), "/_links/next"),
            (json!({ "data": [], "links": [{ "rel": "next", "href": "/p2" }] }), "/links/0/href"),
            (json!({ "id": 7, "entry": [], "link": [{ "relation": "next", "url": "/p2" }] }), "/link/0/url"),
            (json!({ "values": [1], "isLast": false }), "/isLast"),
            (json!({ "items": [1], "scroll_id": "abc" }), "/scroll_id"),
            (json!({ "data": [1, 2], "total": 3 }), "/total"),
            (json!({ "_embedded": { "orders": [1] }, "page": { "totalPages": 2 } }), "/page/totalPages"),
        ] {
            assert_eq!(places(in_whole(&page)), [at], "{page}");
        }
        for record in [
            json!({ "id": 7, "has_more": true }),
            json!({ "id": 7, "lines": [1, 2], "total": 20, "next": "step 2" }),
            json!({ "data": [1, 2, 3], "facets": [1], "total": 3, "pages": 1 }),
            json!({ "next": "/p2", "total": 20 }),
            json!({ "id": 7, "skills": ["a"], "next_review": "2026-01-01", "more": "text" }),
            json!({ "data": [1], "next_page": null }),
            json!([]),
        ] {
            assert_eq!(places(in_whole(&record)), [""; 0], "{record}");
        }
    }
}
