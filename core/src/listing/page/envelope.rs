//! The envelope of a page: everything except its records.

use std::ops::Range;

use serde_json::Value;
use url::Url;

use crate::{
    json::{ExactValue, pointer::Pointer},
    shown_url::ShownUrl,
};

/// The text of a page with an empty array in place of the records.
#[derive(Debug)]
pub(super) struct Envelope(Vec<u8>);

/// A value of an envelope that looks as if it leads to another page.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Continuation {
    /// Where it is, as a pointer or a header.
    pub at: String,
    /// What is there, without anything that may be secret.
    pub found: String,
}

/// The names of the number of pages, in lower case and without anything but letters.
const PAGE_COUNTS: [&str; 5] = ["lastpage", "numpages", "pagecount", "pages", "totalpages"];

/// The names of the number of records.
const TOTALS: [&str; 16] = [
    "numfound",
    "odatacount",
    "recordsfiltered",
    "recordstotal",
    "total",
    "totalcount",
    "totalelements",
    "totalentries",
    "totalhits",
    "totalitems",
    "totalmatches",
    "totalnumber",
    "totalrecords",
    "totalresults",
    "totalrows",
    "totalsize",
];

/// How deep to look for continuations.
const DEEPEST: usize = 6;

impl Envelope {
    /// The envelope of `body`, which has records at `ranges`, in order.
    pub(super) fn new(body: &[u8], ranges: &[Range<usize>]) -> Self {
        let removed: usize = ranges.iter().map(Range::len).sum();
        let mut text = Vec::with_capacity(body.len() - removed + 2 * ranges.len());
        let mut from = 0;
        for range in ranges {
            text.extend_from_slice(&body[from..range.start]);
            text.extend_from_slice(b"[]");
            from = range.end;
        }
        text.extend_from_slice(&body[from..]);
        Self(text)
    }

    /// The envelope of a page without a body.
    pub(super) fn empty() -> Self {
        Self(b"null".to_vec())
    }

    /// Whether the page has no body, or is lines.
    pub(super) fn is_empty(&self) -> bool {
        self.0 == b"null"
    }

    /// The value. An envelope that is too deep for a tree of values is `null`.
    pub(super) fn parse(&self) -> ExactValue {
        str::from_utf8(&self.0).ok().and_then(|text| ExactValue::parse(text).ok()).unwrap_or_default()
    }
}

/// The values that look as if they lead to another page: they are not empty, and their name contains `next`, `cursor`,
/// `continu`, `scroll`, `after`, `more`, `skiptoken` or `truncated`. Names of earlier pages, of this one and of the last one do not count.
pub(super) fn continuations(envelope: &Value) -> Vec<Continuation> {
    let mut found = Vec::new();
    visit(envelope, &mut Vec::new(), &mut |path, value| {
        if let Some((index, member, url)) = next_in_links(value) {
            let tokens = path.iter().copied().chain([index.as_str(), member]);
            found.push(Continuation { at: Pointer::from_tokens(tokens).to_string(), found: shown(url) });
            return Descend::No;
        }
        let leads_on =
            |name: &&str| (leads_on(name) && !is_empty(value)) || (is_end(name) && *value == false);
        if path.last().is_some_and(leads_on) {
            let at = Pointer::from_tokens(path.iter().copied()).to_string();
            found.push(Continuation { at, found: shown(value) });
            return Descend::No;
        }
        Descend::Yes
    });
    found
}

/// The address of the next page in a list of links, such as `[{"rel": "next", "href": "…"}]`.
fn next_in_links(value: &Value) -> Option<(String, &'static str, &Value)> {
    value.as_array()?.iter().enumerate().find_map(|(index, link)| {
        let relation = ["rel", "relation"].into_iter().find_map(|name| link.get(name)?.as_str())?;
        let address = |name| Some((name, link.get(name).filter(|value| !is_empty(value))?));
        let (name, address) = ["href", "url", "uri"].into_iter().find_map(address)?;
        relation.eq_ignore_ascii_case("next").then(|| (index.to_string(), name, address))
    })
}

/// Whether a name suggests another page.
pub(super) fn leads_on(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    has(&["next", "cursor", "continu", "scroll", "after", "more", "skiptoken", "truncated"])
        && !has(&["prev", "self", "first", "last", "start"])
        // DynamoDB.
        || plain(&name) == "lastevaluatedkey"
}

/// Whether a name is that of a flag that is false before the last page.
fn is_end(name: &str) -> bool {
    const ENDS: [&str; 14] = [
        "complete",
        "completed",
        "done",
        "endofrecords",
        "endofresults",
        "endofstream",
        "finished",
        "iscomplete",
        "isdone",
        "isfinished",
        "islast",
        "islastpage",
        "last",
        "lastpage",
    ];
    ENDS.contains(&&*plain(name))
}

/// A name in lower case, with nothing but its letters and digits.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// Whether the name of a header suggests another page. Other words than these are common in headers: `Retry-After`.
pub(super) fn header_leads_on(name: &str) -> bool {
    let mut words = name.split(['-', '_']);
    let has = |word: &str| {
        ["next", "nextpage", "nextlink", "nexttoken"].contains(&word)
            || word.contains("cursor")
            || word.contains("continuation")
    };
    words.any(has) && !["prev", "self", "first", "last", "start"].iter().any(|word| name.contains(word))
}

/// Counts of pages that are greater than `pages`, and totals that are greater than `records`.
pub(super) fn larger_totals(envelope: &Value, records: u64, pages: u64) -> Vec<Continuation> {
    let mut found = Vec::new();
    visit(envelope, &mut Vec::new(), &mut |path, value| {
        // Elasticsearch: `"total": {"value": 1234, "relation": "eq"}`.
        let name = match path {
            [.., total, "value"] => total,
            [.., name] => name,
            [] => return Descend::Yes,
        };
        let name = plain(name);
        let least = match name.as_str() {
            "count" if path.len() == 1 => records,
            _ if PAGE_COUNTS.contains(&&*name) => pages,
            _ if TOTALS.contains(&&*name) => records,
            _ => return Descend::Yes,
        };
        if value.is_object() {
            return Descend::Yes;
        }
        if let Some(number) = value.as_u64().filter(|number| *number > least) {
            let at = Pointer::from_tokens(path.iter().copied()).to_string();
            found.push(Continuation { at, found: number.to_string() });
        }
        Descend::No
    });
    found
}

/// The total number of records in a header, if that is what the header has.
pub(super) fn total_in_header(name: &str, value: &str) -> Option<u64> {
    match name {
        "x-total-count" | "x-total" | "total-count" | "x-wp-total" => value.trim().parse().ok(),
        // RFC 9110 §14.4: `items 0-49/1234`.
        "content-range" if !value.trim_start().starts_with("bytes") => value.rsplit_once('/')?.1.parse().ok(),
        _ => None,
    }
}

/// The number of pages in a header, if that is what the header has.
pub(super) fn pages_in_header(name: &str, value: &str) -> Option<u64> {
    matches!(name, "x-total-pages" | "x-page-count" | "x-wp-totalpages").then(|| value.trim().parse().ok())?
}

enum Descend {
    Yes,
    No,
}

fn visit<'v>(value: &'v Value, path: &mut Vec<&'v str>, see: &mut impl FnMut(&[&str], &Value) -> Descend) {
    let Value::Object(members) = value else { return };
    for (name, value) in members {
        path.push(name);
        if matches!(see(path, value), Descend::Yes) && path.len() < DEEPEST {
            visit(value, path, see);
        }
        path.pop();
    }
}

/// Whether a value stands for nothing.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_i64().is_some_and(|number| number == 0 || number == -1),
        Value::String(text) => text.is_empty() || matches!(text.as_str(), "false" | "0" | "no" | "null"),
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.values().all(is_empty),
    }
}

/// A value for a message. Texts can be credentials, so only URLs are shown, and without their parameters' values.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => match Url::parse(text) {
            Ok(url) => format!("`{}`", ShownUrl::from(&url)),
            Err(_) => match text.chars().count() {
                1 => "a text of 1 character".to_owned(),
                count => format!("a text of {count} characters"),
            },
        },
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn places(envelope: &Value) -> Vec<String> {
        continuations(envelope).into_iter().map(|found| found.at).collect()
    }

    #[test]
    fn values_that_lead_to_another_page_are_recognized() {
        for (envelope, at) in [
            (json!({ "next_url": "/p2" }), "/next_url"),
            (json!({ "has_more": true }), "/has_more"),
            (json!({ "meta": { "endCursor": "x" } }), "/meta/endCursor"),
            (json!({ "links": { "next": { "href": "/p2" } } }), "/links/next"),
            (json!({ "@odata.nextLink": "/p2" }), "/@odata.nextLink"),
            (json!({ "continuationToken": "x" }), "/continuationToken"),
            (json!({ "metadata": { "continue": "x" } }), "/metadata/continue"),
            (json!({ "$skiptoken": "x" }), "/$skiptoken"),
            (json!({ "IsTruncated": true }), "/IsTruncated"),
            (json!({ "LastEvaluatedKey": { "id": { "N": "7" } } }), "/LastEvaluatedKey"),
            (json!({ "isLast": false }), "/isLast"),
            (json!({ "complete": false }), "/complete"),
            (json!({ "lastPage": false }), "/lastPage"),
            (json!({ "meta": { "endOfRecords": false } }), "/meta/endOfRecords"),
        ] {
            assert_eq!(places(&envelope), [at], "{envelope}");
        }
        for envelope in [
            json!({ "next": null, "has_more": false, "after": "", "scroll_id": 0 }),
            json!({ "links": { "next": null, "prev": "/p1", "self": "/p2", "first": "/p1", "last": "/p2" } }),
            json!({ "pageInfo": { "startCursor": "a", "hasNextPage": false } }),
            json!({ "results": [], "done": true, "last": null, "is_last": "false" }),
            json!({ "truncated": false, "complete": true, "lastPage": 4, "lastUpdated": "x" }),
        ] {
            assert_eq!(places(&envelope), [""; 0], "{envelope}");
        }
    }

    #[test]
    fn totals_are_recognized() {
        let places = |envelope: &Value| {
            larger_totals(envelope, 10, 1).into_iter().map(|found| found.at).collect::<Vec<_>>()
        };
        for (envelope, at) in [
            (json!({ "count": 11 }), "/count"),
            (json!({ "@odata.count": 11 }), "/@odata.count"),
            (json!({ "hits": { "total": { "value": 11, "relation": "eq" } } }), "/hits/total/value"),
            (json!({ "meta": { "total_entries": 11, "total_pages": 1 } }), "/meta/total_entries"),
            (json!({ "page": { "totalElements": 10, "totalPages": 2 } }), "/page/totalPages"),
        ] {
            assert_eq!(places(&envelope), [at], "{envelope}");
        }
        for envelope in [json!({ "total": 10 }), json!({ "data": { "count": 11 } }), json!({ "total": "11" })]
        {
            assert_eq!(places(&envelope), [""; 0], "{envelope}");
        }
    }

    #[test]
    fn totals_in_headers_are_recognized() {
        assert_eq!(pages_in_header("x-total-pages", " 7"), Some(7));
        assert_eq!(pages_in_header("x-total-count", "7"), None);
        assert_eq!(total_in_header("x-total-count", "100"), Some(100));
        assert_eq!(total_in_header("content-range", "items 0-49/1234"), Some(1234));
        for (name, value) in [("content-range", "bytes 0-49/1234"), ("content-range", "0-1/*"), ("age", "7")]
        {
            assert_eq!(total_in_header(name, value), None, "{name}");
        }
    }

    #[test]
    fn headers_that_lead_to_another_page_are_recognized() {
        for name in
            ["x-next", "x-next-page", "next-cursor", "x-ms-continuation", "x-nextpage", "continuation-token"]
        {
            assert!(header_leads_on(name), "{name}");
        }
        for name in [
            "retry-after",
            "link",
            "x-nextjs-cache",
            "x-prev-cursor",
            "x-last-page",
            "strict-transport-security",
        ] {
            assert!(!header_leads_on(name), "{name}");
        }
    }

    #[test]
    fn texts_of_continuations_are_not_shown() {
        let found = &continuations(&json!({ "next": "https://api.example/x?token=s3cret" }))[0];
        assert!(!found.found.contains("s3cret"), "{}", found.found);
        assert_eq!(continuations(&json!({ "cursor": "s3cret" }))[0].found, "a text of 6 characters");
    }
}
