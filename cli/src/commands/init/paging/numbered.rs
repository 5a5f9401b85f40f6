//! Page numbers and offsets.

use super::{ends::total, style::Paging};
use crate::commands::init::{names::plain, sample::Sample};

/// Names of the number of pages, without case and punctuation.
const PAGE_COUNTS: [&str; 8] =
    ["lastpage", "nbpages", "numpages", "pagecount", "pages", "pagetotal", "totalpagecount", "totalpages"];

/// Names of the number of a page.
const PAGE_NUMBERS: [&str; 6] = ["currentpage", "page", "pageindex", "pageno", "pagenum", "pagenumber"];

/// Names of an offset.
const OFFSETS: [&str; 7] = ["from", "offset", "pageoffset", "skip", "start", "startat", "startindex"];

/// Names of the number of records per page.
const SIZES: [&str; 11] = [
    "count",
    "itemsperpage",
    "limit",
    "max",
    "maxresults",
    "pagelimit",
    "pagesize",
    "perpage",
    "rows",
    "size",
    "top",
];

/// Numbers of records that are typical of a full page.
const ROUND: [u64; 11] = [10, 20, 25, 30, 50, 100, 200, 250, 500, 1000, 2000];

/// Page numbers, if the page or the request has one, or the page has a number of pages.
pub(super) fn by_page(sample: &Sample<'_>) -> Option<Paging> {
    let count = page_count(sample).map(|(at, _)| at);
    // Spring names it only `number`.
    let number = sample.number(&PAGE_NUMBERS);
    let number = number.or_else(|| sample.number(&["number"]).filter(|_| count.is_some()));
    let requested = sample.parameter(&PAGE_NUMBERS);
    if count.is_none() && number.is_none() && requested.is_none() {
        return None;
    }
    let linked = sample.linked_parameter(&PAGE_NUMBERS);
    let (param, said) = match (requested, &linked, number) {
        (Some((name, _)), ..) => (name, "The parameter of the URL."),
        (None, Some(name), _) => (name.as_str(), "The parameter in the links of the page."),
        (None, None, Some((leaf, _))) if matches!(leaf.name().as_str(), "currentpage" | "number") => {
            ("page", "The usual parameter for a page number.")
        }
        (None, None, Some((leaf, _))) => (leaf.spelling(), "By the name of the page number in the answer."),
        (None, None, None) => ("page", "The usual parameter for a page number."),
    };
    let first = match (requested.and_then(|(_, value)| value.parse().ok()), number) {
        (Some(0), _) | (None, Some((_, 0))) => 0,
        _ => 1_i64,
    };
    let why = match (&count, number) {
        (Some(at), _) => format!("The page has a number of pages at `{at}`."),
        (None, Some((leaf, _))) => format!("The page has its number at `{}`.", leaf.at()),
        (None, None) => "The URL has a page number.".to_owned(),
    };
    let mut paging = Paging::new("page_number", why, format!("the page number, sent as `{param}`"));
    paging = paging.with("param", param, said);
    paging = with_size(paging, sample);
    if first == 0 {
        paging = paging.with("start", first, "The number of the first page.");
    }
    if let Some(at) = count {
        paging = paging.with("page_count", at, "The last page is known by the number of pages.");
    }
    paging.replaces.extend(requested.map(|(name, _)| name.to_owned()));
    Some(paging)
}

/// Where the page has the number of pages, and the number. A number that contradicts the total is none.
pub(super) fn page_count(sample: &Sample<'_>) -> Option<(String, u64)> {
    let count = sample.number(&PAGE_COUNTS).map(|(leaf, count)| (leaf.at(), count));
    let of_header = || Some(("header:X-Total-Pages".to_owned(), sample.header("x-total-pages")?));
    let total = total(sample).map_or(0, |(_, total)| total);
    let is_enough = |(_, count): &(String, u64)| count.saturating_mul(sample.count()) >= total;
    count.or_else(of_header).filter(is_enough)
}

/// Offsets, if the page or the request has one.
pub(super) fn by_offset(sample: &Sample<'_>) -> Option<Paging> {
    let on_page = sample.number(&OFFSETS);
    let requested = sample.numeric_parameter(&OFFSETS);
    let (param, first, why) = match (requested, on_page) {
        (Some((name, first)), _) => {
            (name, first, "The URL has the number of records before the page.".to_owned())
        }
        (None, Some((leaf, first))) => {
            let why = format!("The page has the number of records before it at `{}`.", leaf.at());
            (leaf.spelling(), first, why)
        }
        (None, None) => return None,
    };
    // SCIM and others count from 1.
    let starts_at_one = match plain(param).as_str() {
        "startindex" => true,
        "from" | "start" | "startat" => first == 1,
        _ => false,
    };
    let mut paging = Paging::new("offset", why, format!("the offset, sent as `{param}`"));
    paging = paging.with("param", param, "");
    paging = with_size(paging, sample);
    if starts_at_one {
        paging = paging.with("start", 1, "The first record has the number 1.");
    }
    paging.replaces.extend(requested.map(|(name, _)| name.to_owned()));
    Some(paging)
}

/// What to try if only the number of records suggests that there are more.
pub(super) fn guess(sample: &Sample<'_>) -> Option<Paging> {
    let size = sample.numeric_parameter(&SIZES);
    let has_more = total(sample).is_some_and(|(_, total)| total > sample.count());
    let is_full = match size {
        Some((_, size)) => sample.count() >= size,
        None => ROUND.contains(&sample.count()),
    };
    if !has_more && !is_full {
        return None;
    }
    let (kind, param) = match size.map(|(name, _)| (name, plain(name))) {
        Some((_, name)) if name == "limit" || name == "max" => ("offset", "offset"),
        Some((name, plain)) if plain == "top" => {
            ("offset", if name.starts_with('$') { "$skip" } else { "skip" })
        }
        Some((_, name)) if name == "maxresults" => ("offset", "startAt"),
        Some((_, name)) if name == "rows" => ("offset", "start"),
        Some((name, plain)) if plain == "pagesize" && name.contains('[') => ("page_number", "page[number]"),
        _ => ("page_number", "page"),
    };
    let what = if kind == "offset" { "offset" } else { "page number" };
    let why = "The page is full, and nothing on it says how to find the next one. This parameter leads to another page.";
    let paging = Paging::new(kind, why, format!("the {what}, sent as `{param}`")).with("param", param, "");
    Some(Paging { is_guess: true, ..with_size(paging, sample) })
}

/// Adds the size that the request has.
fn with_size(mut paging: Paging, sample: &Sample<'_>) -> Paging {
    let Some((name, size)) = sample.numeric_parameter(&SIZES) else { return paging };
    let Ok(size) = i64::try_from(size) else { return paging };
    if size == 0 {
        return paging;
    }
    paging.replaces.push(name.to_owned());
    paging.with("size_param", name, "The records per page, as in the URL.").with("size", size, "")
}
