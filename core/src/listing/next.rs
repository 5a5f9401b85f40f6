//! Where a listing continues after a page.
//!
//! A listing ends only where its end is proved. A missing value is not proof: it may mean that the configuration names
//! the wrong place, or that the page is an error despite its status.

use serde_json::Value;

use super::{PageError, Pages};
use crate::{
    client::answer::StatusMatch,
    http::place::{Place, Places},
    listing::{
        end::{End, Ends, Had, LastPage, Proof},
        page::{Continuation, Page, kind_of},
        paginate::{Cursor, Step, count},
        position::Next,
    },
};

impl Pages<'_> {
    /// Where the listing continues after `page`. `None` if it is proved to be the last one; then the proof is in the
    /// progress.
    pub(super) fn next_after(
        &mut self,
        at: Option<&Cursor>,
        page: &Page,
    ) -> Result<Option<Cursor>, PageError> {
        let more = self.more(page)?;
        if let Some((false, at)) = more {
            let at = at.to_string();
            return Ok(self.end(Proof::MoreFalse { at }));
        }
        let says_more = more.is_some();
        let at_total = self.listing.ends.at_total;
        let is_short = self.missing() > 0;
        // Where records are left out, a page may lose all of them.
        let expects_more = says_more
            || (is_short && (at_total || self.listing.ends.hides_records))
            || self.progress.page_count.is_some_and(|count| self.progress.pages < count);
        if let Some(proof) = self.last_page(at, page, expects_more)? {
            if proof == Proof::Short {
                self.confirm_short(at, page)?;
            }
            return Ok(self.end(proof));
        }
        // More records than the total show that the total is not to be trusted, or that records arrive twice.
        let is_exact = self.progress.total.is_none_or(|total| self.progress.records <= total);
        if at_total
            && !is_short
            && is_exact
            && let Some((total, place)) = count(page, self.listing.ends.total.as_ref())?
        {
            let place = place.to_string();
            self.check_last(&place, says_more, page)?;
            self.confirm_total(at, page, total)?;
            return Ok(self.end(Proof::Total { at: place }));
        }
        let next = match self.listing.paginator.advance(at, page)? {
            Step::Page(next) => next,
            // All records of the page may be left out.
            Step::Empty(Some(next)) if expects_more || page.says_more().is_some() => next,
            Step::Empty(_) if !expects_more => return self.end_of_empty(page),
            Step::Empty(_) => return Err(PageError::EmptyBeforeEnd { page: self.progress.pages }),
            Step::End(Proof::NextNull { at }) if says_more || page.says_more().is_some() => {
                return Err(PageError::MoreWithoutNext { at: format!("`{at}`") });
            }
            Step::End(proof) => {
                if let Proof::PageCount { at } = &proof {
                    self.check_last(at, says_more, page)?;
                }
                return Ok(self.end(proof));
            }
            Step::Missing(at) if says_more || (self.history.has_next() && page.says_more().is_some()) => {
                return Err(PageError::MoreWithoutNext { at: at.to_string() });
            }
            Step::Missing(at) => return self.end_without_next(&at, page),
            Step::Only => return self.end_of_only(page),
        };
        self.history.add(Had { next: true, ..Had::default() });
        if self.progress.pages == 1 {
            self.on_first = Some(page.continuations());
        }
        self.check_empty(page)?;
        Ok(Some(match next {
            Cursor::Url(url) => Cursor::Url(self.client.without_credential(url)),
            other => other,
        }))
    }

    /// The proof that `page` is the last one, if a condition of the user says so.
    fn last_page(
        &self,
        at: Option<&Cursor>,
        page: &Page,
        expects_more: bool,
    ) -> Result<Option<Proof>, PageError> {
        // An empty page is not the short last one if anything else says that there are more.
        let is_gap = || {
            let step = self.listing.paginator.advance(at, page)?;
            let is_empty = matches!(step, Step::Empty(_));
            Ok::<_, PageError>(matches!(step, Step::Page(_)) || (is_empty && expects_more))
        };
        let is_short = self.is_short(page) && !(page.is_empty() && is_gap()?);
        for LastPage { is_short: must_be_short, status, at } in &self.listing.ends.last {
            if *must_be_short && !is_short {
                continue;
            }
            if !StatusMatch::any(status, page.status()) {
                continue;
            }
            let Some((places, comparisons)) = at else {
                if !must_be_short {
                    return Ok(Some(Proof::Condition { at: "status".to_owned() }));
                }
                // A server may return fewer records than were requested, although there are more.
                let mut found = page.continuations();
                found.extend(self.unread_totals(page));
                if found.is_empty() {
                    return Ok(Some(Proof::Short));
                }
                return Err(PageError::ShortButContinues { page: self.progress.pages, found });
            };
            let found = page.find(places)?;
            if comparisons
                .iter()
                .all(|comparison| comparison.holds(found.as_ref().map(|(value, _)| value.value())))
            {
                let first = places.iter().next().map(ToString::to_string).unwrap_or_default();
                let at = found.map_or(first, |(_, place)| place.to_string());
                return Ok(Some(Proof::Condition { at }));
            }
        }
        Ok(None)
    }

    /// Ends the listing at a page that lacks its next link or cursor, if that proves anything.
    fn end_without_next(&mut self, at: &Places, page: &Page) -> Result<Option<Cursor>, PageError> {
        let number = self.progress.pages;
        if let Some(more) = self.listing.ends.more.as_ref().filter(|_| self.history.has_more()) {
            return Err(PageError::MoreMissing { page: number, at: more.to_string() });
        }
        let found = page.continuations();
        if self.next_was_had(&found) {
            let moved = self.moved_next(at, &found);
            if !moved.is_empty() {
                return Err(PageError::NextElsewhere { page: number, at: at.to_string(), found: moved });
            }
            let first = at.iter().next().map(ToString::to_string).unwrap_or_default();
            let on_last = found.into_iter().map(|found| found.at).collect();
            self.history.add(Had { on_last, ..Had::default() });
            return Ok(self.end(Proof::NextMissing { at: first }));
        }
        let found = if found.is_empty() { page.larger_totals() } else { found };
        if !found.is_empty() {
            return Err(PageError::NextElsewhere { page: number, at: at.to_string(), found });
        }
        let records = page.len();
        if self.listing.ends.size.is_some_and(|size| records >= size) {
            return Err(PageError::FullWithoutNext { page: number, at: at.to_string(), records });
        }
        Ok(self.end(Proof::NoContinuation))
    }

    /// Ends the listing at a page without records, if nothing says that there are more.
    fn end_of_empty(&mut self, page: &Page) -> Result<Option<Cursor>, PageError> {
        let number = self.progress.pages;
        let found = self.unread_totals(page);
        if !found.is_empty() {
            return Err(PageError::EmptyButMore { page: number, found });
        }
        let found = page.signs_of_more(&self.listing.paginator.reads());
        if !found.is_empty() {
            return Err(PageError::EmptyButContinues { page: number, found });
        }
        Ok(self.end(Proof::NoRecords))
    }

    /// Checks that the page does not say that there are more pages, although a count at `at` makes it the last one.
    fn check_last(&self, at: &str, says_more: bool, page: &Page) -> Result<(), PageError> {
        let more = self.listing.ends.more.as_ref().filter(|_| says_more).map(ToString::to_string);
        match more.or_else(|| page.says_more().map(|at| format!("`{at}`"))) {
            Some(more) => {
                let (page, at) = (self.progress.pages, at.to_owned());
                Err(PageError::LastButMore { page, at, more })
            }
            None => Ok(()),
        }
    }

    /// What the page has that leads to another page, although it has no next link or cursor as the first page had: a `Link` to
    /// the next page, or what the first page did not have and has the same name or a usual one.
    fn moved_next(&self, at: &Places, found: &[Continuation]) -> Vec<Continuation> {
        let Some(first) = &self.on_first else { return Vec::new() };
        let names: Vec<_> = at.iter().filter_map(Place::name).collect();
        let is_moved = |found: &&Continuation| {
            let is_new = !first.iter().any(|first| first.at == found.at);
            found.at == "link:next" || (is_new && (found.is_next(&names) || found.says_more()))
        };
        found.iter().filter(is_moved).cloned().collect()
    }

    /// Whether earlier pages had a next link or cursor, so that one without it is the last. If only those of an earlier pull
    /// had, the API may have renamed it since: then `found`, what the page has instead, must have been on last pages, too.
    fn next_was_had(&self, found: &[Continuation]) -> bool {
        let earlier = self.history.earlier();
        let is_known = || found.iter().all(|found| earlier.on_last.contains(&found.at));
        self.history.of_pull().next || (earlier.next && is_known())
    }

    /// Ends a listing without pagination, if its page does not look as if there are more.
    fn end_of_only(&mut self, page: &Page) -> Result<Option<Cursor>, PageError> {
        let mut found = page.continuations();
        found.extend(page.larger_totals());
        found.extend(page.more_in_record());
        if found.is_empty() { Ok(self.end(Proof::NoContinuation)) } else { Err(PageError::NotOnly { found }) }
    }

    /// Ends the listing where the API refuses to page any deeper, after all records have arrived.
    pub(crate) fn end_too_deep(&mut self) {
        self.end(Proof::TooDeep);
    }

    /// Ends a listing that the API says has no data, before its first page.
    pub(crate) fn end_without_data(&mut self) {
        self.progress.next = Next::End;
        self.end(Proof::Answer);
    }

    /// Ends the listing where a rule says that it is complete.
    pub(super) fn end_by_rule<T>(&mut self) -> Option<T> {
        self.end(Proof::Answer);
        None
    }

    fn end(&mut self, proof: Proof) -> Option<Cursor> {
        self.progress.end = Some(End { proof, page: self.progress.pages, total: self.progress.total });
        None
    }

    /// Totals on the page that have not been reached, although nobody has named them. One that is configured is compared at
    /// the end of the listing.
    fn unread_totals(&self, page: &Page) -> Vec<Continuation> {
        if self.listing.ends.total.is_some() || self.progress.page_count.is_some() {
            return Vec::new();
        }
        page.totals_beyond(self.progress.records, self.progress.pages)
    }

    /// Whether the page has fewer records than were requested, if that is known.
    pub(super) fn is_short(&self, page: &Page) -> bool {
        let Ends { size, hides_records, .. } = &self.listing.ends;
        !hides_records && size.is_some_and(|size| page.len() < size)
    }

    /// Notes how many records the server sends at once, if smaller pages are taken for the last one.
    pub(super) fn note_size(&self, page: &Page) {
        if self.listing.ends.at_total || self.listing.ends.last.iter().any(|last| last.is_short) {
            self.history.add(Had { largest: Some(page.len()), ..Had::default() });
        }
    }

    /// Counts pages that have fewer records than were requested, although other records follow.
    pub(super) fn count_short(&mut self, page: &Page) {
        if !page.is_empty() {
            self.progress.short += std::mem::take(&mut self.progress.short_at_end);
        }
        self.progress.short_at_end += u64::from(self.is_short(page));
    }

    /// Counts pages in a row that have no records. A listing that never ends is an error.
    fn check_empty(&mut self, page: &Page) -> Result<(), PageError> {
        self.progress.empty = if page.is_empty() { self.progress.empty + 1 } else { 0 };
        if self.progress.empty > self.listing.ends.max_empty {
            return Err(PageError::TooManyEmpty { pages: self.progress.empty });
        }
        Ok(())
    }

    /// Whether the page says that there are more, and where.
    fn more(&self, page: &Page) -> Result<Option<(bool, &Place)>, PageError> {
        let Some(places) = &self.listing.ends.more else { return Ok(None) };
        let Some((value, place)) = page.find(places)? else { return Ok(None) };
        let not_boolean = |found| PageError::MoreIsNoBoolean { at: place.to_string(), found };
        let more = match value.value() {
            Value::Null => return Ok(None),
            Value::Bool(more) => *more,
            Value::Number(number) if number.as_u64() == Some(0) => false,
            Value::Number(number) if number.as_u64() == Some(1) => true,
            Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
                "false" | "0" | "no" => false,
                "true" | "1" | "yes" => true,
                _ => return Err(not_boolean("text")),
            },
            other => return Err(not_boolean(kind_of(other))),
        };
        self.history.add(Had { more: true, ..Had::default() });
        Ok(Some((more, place)))
    }
}
