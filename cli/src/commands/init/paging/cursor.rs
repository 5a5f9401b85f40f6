//! A cursor for the next page.

use serde_json::Value;

use super::{ends::MORE, next_url::is_empty, style::Paging};
use crate::commands::init::{
    names::{Leaf, plain},
    sample::Sample,
};

/// Names of cursors, without case and punctuation.
const NAMES: [&str; 23] = [
    "aftercursor",
    "bookmark",
    "continuation",
    "continuationtoken",
    "cursor",
    "cursornext",
    "endcursor",
    "marker",
    "next",
    "nextbookmark",
    "nextcontinuationtoken",
    "nextcursor",
    "nextid",
    "nextmarker",
    "nextoffset",
    "nextpage",
    "nextpageid",
    "nextpagestart",
    "nextpagetoken",
    "nextstart",
    "nexttoken",
    "pagetoken",
    "startingafter",
];

/// Names of parameters that take the key of the last record.
const AFTER: [&str; 6] = ["after", "afterid", "lastid", "sinceid", "startafter", "startingafter"];

/// A cursor on the page, and the parameter that takes it by the conventions of many APIs.
pub(super) fn on_page(sample: &Sample<'_>) -> Option<Paging> {
    let is_value = |value: &Value| matches!(value, Value::String(_) | Value::Number(_)) && !is_none(value);
    let cursor = cursors(sample).find(|leaf| is_value(leaf.value))?;
    Some(paging(cursor, "Each page has a cursor for the next one.", sample))
}

/// The place of the cursor, on a page that has no next one.
pub(super) fn on_only_page(sample: &Sample<'_>) -> Option<Paging> {
    // A name such as `next` without a value says nothing.
    let is_vague = |leaf: &Leaf<'_>| matches!(leaf.name().as_str(), "next" | "nextpage");
    let cursor = cursors(sample).find(|leaf| is_none(leaf.value) && !is_vague(leaf))?;
    let why = "Each page has a cursor for the next one. This is the only page, so its cursor is empty.";
    Some(paging(cursor, why, sample))
}

fn cursors<'s, 'p>(sample: &'s Sample<'p>) -> impl Iterator<Item = &'s Leaf<'p>> {
    sample.leaves.iter().filter(|leaf| NAMES.contains(&leaf.name().as_str()) || is_after(leaf))
}

fn paging(cursor: &Leaf<'_>, why: &str, sample: &Sample<'_>) -> Paging {
    let (at, param) = (cursor.at(), parameter(cursor, sample));
    let paging = Paging::new("cursor", why, format!("the cursor at `{at}`, sent as `{param}`"));
    paging.with("cursor", at, "").with("param", param, "The usual parameter for a cursor of this name.")
}

/// The id of the last record, if the page says that there are more.
pub(super) fn of_last_record(sample: &Sample<'_>) -> Option<Paging> {
    let (more, _) = sample.flag(&MORE)?;
    let last_id = sample.leaves.iter().find(|leaf| leaf.name() == "lastid").map(Leaf::at);
    let has_id = |record: &&Value| record.get("id").is_some_and(|id| id.is_string() || id.is_number());
    let (at, what) = match last_id {
        Some(at) => (at.clone(), format!("the id at `{at}`")),
        None if sample.records.iter().all(has_id) => {
            ("last:/id".to_owned(), "the `id` of the last record".to_owned())
        }
        None => return None,
    };
    let usual = if at == "last:/id" { "starting_after" } else { "after" };
    let param = sample.parameter(&AFTER).map_or(usual, |(name, _)| name).to_owned();
    let why =
        format!("`{}` says whether there are more pages, but nothing leads to the next one.", more.at());
    let paging = Paging::new("cursor", why, format!("{what}, sent as `{param}`"));
    let replaces = sample.parameter(&AFTER).map(|(name, _)| name.to_owned()).into_iter().collect();
    let paging =
        paging.with("cursor", at, "Such APIs continue after the last record.").with("param", param, "");
    Some(Paging { replaces, ..paging })
}

/// Whether it is a cursor named `after`, which could mean other things elsewhere.
fn is_after(leaf: &Leaf<'_>) -> bool {
    leaf.name() == "after"
        && ["cursors", "next", "page", "pageinfo", "paging", "pagination", "meta"]
            .contains(&leaf.parent().as_str())
}

/// Whether there is no cursor here.
fn is_none(value: &Value) -> bool {
    is_empty(value) || matches!(value.as_i64(), Some(0 | -1))
}

/// The parameter that takes the cursor: in the spelling of the request, or else of the page.
fn parameter(cursor: &Leaf<'_>, sample: &Sample<'_>) -> String {
    let name = cursor.spelling().trim_start_matches('_');
    let usual = match cursor.name().as_str() {
        "aftercursor" | "endcursor" => "after".to_owned(),
        "next" if cursor.value.as_u64() == Some(2) => "page".to_owned(),
        "next" if cursor.value.as_u64() == Some(sample.count()) => "offset".to_owned(),
        "cursornext" | "next" => "cursor".to_owned(),
        "nextpagestart" => "start".to_owned(),
        // As the API names it.
        "nexttoken" => name.to_owned(),
        plain if plain.starts_with("next") => without_next(name),
        _ => name.to_owned(),
    };
    let in_request = sample.query.iter().find(|(name, _)| plain(name) == plain(&usual));
    in_request.map_or(usual, |(name, _)| name.clone())
}

/// `nextPageToken` without `next`: `pageToken`.
fn without_next(name: &str) -> String {
    let Some(at) = name.to_ascii_lowercase().find("next") else { return name.to_owned() };
    let (next, rest) = name[at..].split_at("next".len());
    let rest = rest.trim_start_matches(['_', '-', '.']);
    let mut chars = rest.chars();
    match chars.next() {
        // `NextToken` keeps its capital, `nextToken` does not.
        Some(first) if next.starts_with('n') => first.to_ascii_lowercase().to_string() + chars.as_str(),
        _ => rest.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_has_the_name_of_the_cursor_without_next() {
        for (cursor, parameter) in [
            ("next_cursor", "cursor"),
            ("nextPageToken", "pageToken"),
            ("NextMarker", "Marker"),
            ("next-bookmark", "bookmark"),
            ("\u{20ac}\u{20ac}next_cursor", "cursor"),
            ("n.ext", "n.ext"),
        ] {
            assert_eq!(without_next(cursor), parameter);
        }
    }
}
