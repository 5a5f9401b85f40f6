//! The URL of the next page, in a header or on the page.

use http::header::LINK;
use longhaul_core::{
    Pointer,
    http::place::{Found, Place},
};
use serde_json::Value;
use url::Url;

use super::style::Paging;
use crate::commands::init::{
    names::{Leaf, plain},
    sample::Sample,
};

/// Names of the URL of the next page, without case and punctuation.
const NAMES: [&str; 13] = [
    "next",
    "nexthref",
    "nextlink",
    "nextpage",
    "nextpagelink",
    "nextpagepath",
    "nextpageuri",
    "nextpageurl",
    "nextpath",
    "nextrecordsurl",
    "nexturi",
    "nexturl",
    "odatanextlink",
];

/// Names of links to other pages than the next.
const OTHER_PAGES: [&str; 5] = ["self", "first", "last", "prev", "previous"];

/// Names of the URL in a link.
const URL: [&str; 4] = ["href", "url", "uri", "link"];

/// The `Link` header, if it has a link to the next page (RFC 8288).
pub(super) fn link_header(sample: &Sample<'_>) -> Option<Paging> {
    let next = link(sample, "next")?;
    let why = "The header `Link` has the URL of the next page, as rel=\"next\".";
    Some(with_origin(Paging::new("link_header", why, "the header `Link`"), Some(&next), sample))
}

fn link(sample: &Sample<'_>, rel: &str) -> Option<String> {
    if !sample.headers.contains_key(LINK) {
        return None;
    }
    let place = Place::Link { rel: rel.to_owned(), parameter: None };
    let found = place.find(&Found { headers: sample.headers, body: None, last: None }).ok()??;
    Some(found.text().into_owned())
}

/// A URL on the page.
pub(super) fn in_body(sample: &Sample<'_>) -> Option<Paging> {
    let named = |leaf: &Leaf<'_>| Some((leaf.at(), url(leaf).filter(|_| is_next(leaf))?.to_owned()));
    let linked = |leaf: &Leaf<'_>| of_links(leaf).and_then(|(at, url)| Some((at, url?.to_owned())));
    let leaves = || sample.leaves.iter();
    let (at, url) = leaves().find_map(named).or_else(|| leaves().find_map(linked))?;
    Some(paging(&at, Some(&url), sample))
}

/// The place of the URL, on a page that has no next one.
pub(super) fn on_only_page(sample: &Sample<'_>) -> Option<Paging> {
    if OTHER_PAGES.iter().any(|rel| link(sample, rel).is_some()) {
        let why = "The header `Link` has links to other pages; the one to the next is expected there, too.";
        return Some(Paging::new("link_header", why, "the header `Link`"));
    }
    let leaves = || sample.leaves.iter();
    let empty = |leaf: &Leaf<'_>| {
        (is_empty(leaf.value) && is_next(leaf) && is_surely_url(leaf, sample)).then(|| leaf.at())
    };
    let linked = |leaf: &Leaf<'_>| of_links(leaf).map(|(at, _)| at);
    let at = leaves().find_map(empty).or_else(|| leaves().find_map(linked)).or_else(|| {
        // Some APIs leave the link out if there is no next page.
        let other = leaves().find(|leaf| is_of_other_page(leaf))?;
        let is_nested = URL.contains(&other.name().as_str());
        let above = &other.path[..other.path.len() - if is_nested { 2 } else { 1 }];
        let link = is_nested.then(|| other.spelling());
        Some(Pointer::from_tokens(above.iter().copied().chain(["next"]).chain(link)).to_string())
    })?;
    Some(paging(&at, None, sample))
}

fn paging(at: &str, url: Option<&str>, sample: &Sample<'_>) -> Paging {
    let why = match url {
        Some(_) => "Each page has the URL of the next one.",
        None => "Each page has the URL of the next one. This is the only page, so it has none.",
    };
    let paging = Paging::new("next_url", why, format!("the URL at `{at}`")).with("next", at, "");
    with_origin(paging, url, sample)
}

/// Adds the origin, if the API names itself by another scheme or port than the URL has.
fn with_origin(paging: Paging, next: Option<&str>, sample: &Sample<'_>) -> Paging {
    let next = next.and_then(|next| sample.url.join(next).ok());
    let keeps =
        next.is_some_and(|next| next.host() == sample.url.host() && next.origin() != sample.url.origin());
    if !keeps {
        return paging;
    }
    let why = "The link has another scheme or port than the API, so those of `base_url` are kept.";
    paging.with("origin", "keep", why)
}

/// Whether the value is named like the URL of the next page.
fn is_next(leaf: &Leaf<'_>) -> bool {
    let name = leaf.name();
    let is_link = |name: &str| NAMES.contains(&name);
    is_link(&name) || name == "afterurl" || (URL.contains(&name.as_str()) && is_link(&leaf.parent()))
}

/// Whether a value without content would be a URL, and not a cursor or a number.
fn is_surely_url(leaf: &Leaf<'_>, sample: &Sample<'_>) -> bool {
    let name = leaf.name();
    let names_url = ["url", "uri", "link", "href", "path"].iter().any(|part| name.contains(part));
    let is_among_links = leaf.parent().contains("link");
    let is_beside = |other: &Leaf<'_>| {
        let other_name = other.name();
        other.path.len() == leaf.path.len()
            && other.path[..other.path.len() - 1] == leaf.path[..leaf.path.len() - 1]
            && other_name.starts_with("prev")
    };
    let counts =
        sample.leaves.iter().any(|leaf| matches!(leaf.name().as_str(), "totalpages" | "currentpage"));
    names_url || is_among_links || (!counts && sample.leaves.iter().any(is_beside))
}

/// Whether it is a link to the first, the last or this page, among links.
fn is_of_other_page(leaf: &Leaf<'_>) -> bool {
    let names: Vec<_> = leaf.path.iter().rev().map(|name| plain(name)).collect();
    let is_other = |name: &String| OTHER_PAGES.contains(&name.as_str());
    let is_among_links = |name: &String| name == "links";
    match &names[..] {
        [url, page, links, ..] if URL.contains(&url.as_str()) => is_other(page) && is_among_links(links),
        [page, links, ..] => is_other(page) && is_among_links(links) && leaf.value.is_string(),
        _ => false,
    }
}

/// The text, if it can be a URL. One may be relative to that of the page, such as `People?$skiptoken=50` of `OData`. Cursors
/// have no question marks.
fn url<'v>(leaf: &Leaf<'v>) -> Option<&'v str> {
    let text = leaf.value.as_str()?;
    let is_absolute = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    let is_relative = text.starts_with('/') || (text.contains('?') && !text.contains(char::is_whitespace));
    (is_absolute || is_relative).then_some(text)
}

/// The URL in an array of links with a relation, as in FHIR, and its place. It may have no link to the next page.
fn of_links<'v>(leaf: &Leaf<'v>) -> Option<(String, Option<&'v str>)> {
    let links = leaf.value.as_array()?;
    let has = |name: &str| {
        links.iter().all(|link| link.get(name).is_some_and(Value::is_string)) && !links.is_empty()
    };
    let relation = ["rel", "relation"].into_iter().find(|name| has(name))?;
    let url = URL.into_iter().find(|name| has(name))?;
    let next = links.iter().find(|link| link[relation] == "next").and_then(|link| link[url].as_str());
    let path = leaf.path.iter().fold("$".to_owned(), |path, name| path + &step(name));
    Some((format!("{path}[?@.{relation}=='next'].{url}"), next))
}

/// A step of a `JSONPath`.
fn step(name: &str) -> String {
    let is_plain = name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
        && !name.starts_with(|first: char| first.is_ascii_digit());
    if is_plain {
        format!(".{name}")
    } else {
        format!("['{}']", name.replace('\\', "\\\\").replace('\'', "\\'"))
    }
}

/// Whether there is no next page here.
pub(super) fn is_empty(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Bool(false)) || value.as_str() == Some("")
}
