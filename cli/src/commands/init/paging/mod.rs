//! Finds out how an API pages, from its first page.
//!
//! The evidence, strongest first: a `Link` header, the URL of the next page, a cursor, a count of pages or records, the
//! parameters of the request, and that the page is full.

mod cursor;
mod ends;
mod next_url;
mod numbered;
mod style;

pub(super) use self::{ends::total, style::Paging};

use super::sample::Sample;

/// How the page `sample` leads to the next one. `None` if nothing suggests that there are more pages.
pub(super) fn find(sample: &Sample<'_>) -> Option<Paging> {
    let paging = next_url::link_header(sample)
        .or_else(|| next_url::in_body(sample))
        .or_else(|| cursor::on_page(sample))
        .or_else(|| only_page(sample))
        .or_else(|| numbered::by_page(sample))
        .or_else(|| numbered::by_offset(sample))
        .or_else(|| cursor::of_last_record(sample))
        .or_else(|| numbered::guess(sample))?;
    Some(ends::add(paging, sample))
}

/// The place of a link or cursor that is empty, unless the page says that there are more.
fn only_page(sample: &Sample<'_>) -> Option<Paging> {
    let says_more = sample.flag(&ends::MORE).is_some_and(|(_, more)| more)
        || total(sample).is_some_and(|(_, total)| total > sample.count())
        || numbered::page_count(sample).is_some_and(|(_, count)| count > 1);
    if says_more {
        return None;
    }
    next_url::on_only_page(sample).or_else(|| cursor::on_only_page(sample))
}
