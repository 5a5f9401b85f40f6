//! What a page says about the end of its listing, whatever the style.

use toml_edit::{Array, InlineTable};

use super::style::Paging;
use crate::commands::init::{names::Leaf, sample::Sample, text::quoted};

/// Names of a flag that is true if there are more pages, without case and punctuation.
pub(super) const MORE: [&str; 9] = [
    "hasmore",
    "hasmoreitems",
    "hasmorepages",
    "hasmoreresults",
    "hasnext",
    "hasnextpage",
    "more",
    "moreavailable",
    "moreresults",
];

/// Names of a flag that is true on the last page.
const LAST: [&str; 6] = ["done", "endofstream", "islast", "islastpage", "last", "lastpage"];

/// Names of the number of all records.
const TOTALS: [&str; 12] = [
    "total",
    "totalcount",
    "totalelements",
    "totalhits",
    "totalitems",
    "totalrecords",
    "totalresults",
    "totalrows",
    "totalsize",
    "recordcount",
    "recordstotal",
    "resultcount",
];

/// Names that mean the number of all records in some APIs, and of those on the page in others.
const COUNTS: [&str; 2] = ["count", "odatacount"];

/// Headers with the number of all records.
const HEADERS: [&str; 2] = ["X-Total-Count", "X-Total"];

/// Adds the keys about the end to `paging`.
pub(super) fn add(mut paging: Paging, sample: &Sample<'_>) -> Paging {
    if let Some((leaf, _)) = sample.flag(&MORE) {
        paging = paging.with("more", leaf.at(), "It is false on the last page.");
    }
    // A page that leads to the next one is not the last, except in an export that can be continued later.
    if let Some((leaf, is_last)) = sample.flag(&LAST)
        && (!is_last || leaf.name() == "endofstream")
    {
        let condition: InlineTable = [("at", quoted(&leaf.at())), ("is", true.into())].into_iter().collect();
        let mut conditions = Array::new();
        conditions.push(condition);
        paging = paging.with("end", conditions, "It is true on the last page.");
    }
    if let Some((at, _)) = total(sample) {
        paging = paging.with("total", at, "If fewer records arrive, the run says so.");
    }
    paging
}

/// Where the page has the number of all records, and the number.
pub(in crate::commands::init) fn total(sample: &Sample<'_>) -> Option<(String, u64)> {
    let received = sample.count();
    let on_page = sample.number(&TOTALS).filter(|(_, total)| *total >= received);
    let on_page = on_page.or_else(|| sample.number(&COUNTS).filter(|(_, count)| *count > received));
    // As in the answers of search engines.
    let nested = || {
        let value = |leaf: &&Leaf<'_>| leaf.name() == "value" && leaf.parent() == "total";
        let leaf = sample.leaves.iter().find(value)?;
        Some((leaf, leaf.value.as_u64().filter(|total| *total >= received)?))
    };
    let on_page = on_page.or_else(nested).map(|(leaf, total)| (leaf.at(), total));
    let of_headers = || {
        HEADERS
            .iter()
            .find_map(|name| Some((format!("header:{name}"), sample.header(&name.to_ascii_lowercase())?)))
    };
    on_page.or_else(of_headers)
}
