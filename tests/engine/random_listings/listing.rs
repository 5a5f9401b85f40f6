//! The shape of a random listing, how a pull of it is configured, and what is wrong with it.

use std::sync::Arc;

use longhaul_core::{
    client::answer::{After, Condition, Message, Rule, Rules, StatusMatch, Then},
    http::place::{Comparison, Places},
    listing::{
        end::{Ends, LastPage, RecordsMissing},
        paginate::{NextUrl, Offset, OffsetStep, PageNumber, Paginator, Renewal, Token},
    },
};
use longhaul_tests::{Random, by_status};
use serde_json::{Value, json};

/// The style of pagination.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Style {
    NextUrl,
    Link,
    Cursor,
    /// The cursor is the id of the last record.
    LastId,
    Number,
    NumberAndCount,
    Offset,
}

/// What goes wrong. Most faults are on one page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fault {
    None,
    /// The first response is an error with the status 200, which a rule retries.
    Busy,
    /// The first response is a 202 without records.
    NotReady,
    /// The first response says that the cursor has expired, which a rule restarts.
    Expired,
    /// Every response says so.
    AlwaysExpired,
    /// The response says that there is no such listing, which a rule leaves out.
    Gone,
    /// The page is an error with the status 200, and an empty array of records. A rule makes it final.
    Denied,
    /// The page is an error with the status 200, which no rule knows.
    ErrorInstead,
    /// The array of records is missing.
    NoRecords,
    /// What leads to the next page is missing.
    NoNext,
    /// On all pages, the link or cursor has another name than the configured one.
    Renamed,
    /// The page has no records, but the pages after it do.
    Empty,
    /// All pages from this one on have no records, and each has a next page.
    EmptyForever,
    /// The server starts over at its first page.
    StartsOver,
    /// The server ignores what leads to the next page, and sends this one again and again.
    Stuck,
    /// The total is greater than the number of records.
    TotalTooHigh,
}

/// What the total of the pages is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Total {
    /// The pages have none.
    None,
    /// It is compared at the end.
    Reported,
    /// The listing ends when it has arrived.
    Ends,
}

/// What else ends the listing, besides its style.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum EndBy {
    Style,
    /// The last page says that it is the last one.
    Flag,
    /// The last page has another status.
    Status,
    /// The last page has fewer records than the others.
    Short,
    /// The last page has no link or cursor.
    NextAbsent,
    /// After the last page there is a 404, which a rule takes for the end.
    Answer,
}

#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they are drawn independently of each other")]
pub(super) struct Listing {
    pub(super) style: Style,
    pub(super) records: u64,
    pub(super) size: u64,
    /// Whether the link or cursor, the page count and the total are in headers.
    pub(super) in_headers: bool,
    /// Whether each page says whether there are more.
    pub(super) says_more: bool,
    /// Whether the size of a full page is known.
    knows_size: bool,
    pub(super) total: Total,
    pub(super) end_by: EndBy,
    /// What is done when the server is busy.
    busy: Then,
    pub(super) fault: Fault,
    /// The page with the fault, from 0.
    pub(super) at: u64,
    /// Whether the last page has `null` in place of the link or cursor.
    pub(super) ends_with_null: bool,
    pub(super) extra: Value,
    pub(super) concurrency: usize,
}

/// The id of a record.
pub(super) fn id_of(record: &str) -> u64 {
    serde_json::from_str::<Value>(record).unwrap()["id"].as_u64().unwrap()
}

impl Listing {
    pub(super) fn new(random: &mut Random) -> Self {
        use Style::{Cursor, LastId, Link, NextUrl, Number, NumberAndCount, Offset};
        let (records, size) = (random.below(40), 1 + random.below(9));
        let style = random.one_of(&[NextUrl, Link, Cursor, LastId, Number, NumberAndCount, Offset]);
        let is_linked = matches!(style, NextUrl | Link | Cursor);
        let (knows_size, is_single) = (random.one_in(4), records <= size);
        let ends = match (is_linked, knows_size) {
            (true, false) => &[EndBy::Style, EndBy::Flag, EndBy::Status, EndBy::NextAbsent][..],
            (true, true) => &[EndBy::Style, EndBy::Flag, EndBy::Status, EndBy::Short],
            (false, true) => &[EndBy::Style, EndBy::Flag, EndBy::Status, EndBy::Short, EndBy::Answer],
            (false, false) => &[EndBy::Style, EndBy::Flag, EndBy::Status, EndBy::Answer],
        };
        Self {
            style,
            records,
            size,
            in_headers: random.one_in(3),
            says_more: random.one_in(4),
            knows_size,
            total: random.one_of(&[Total::None, Total::None, Total::Reported, Total::Ends]),
            end_by: random.one_of(ends),
            busy: random.one_of(&[Then::Retry, Then::Throttle, Then::Wait]),
            fault: random.one_of(&FAULTS),
            at: random.below(records.div_ceil(size).max(1)),
            // A single full page that has nothing in place of the link is suspicious.
            ends_with_null: random.one_in(2) || (knows_size && is_single),
            extra: random.one_of(&[
                json!({}),
                json!({"meta": {"took": 7}}),
                json!({"self": "/x", "previous": "/x?p=0"}),
            ]),
            concurrency: random.one_of(&[1, 1, 3]),
        }
    }

    pub(super) fn pages(&self) -> u64 {
        self.records.div_ceil(self.size).max(1)
    }

    fn is_linked(&self) -> bool {
        matches!(self.style, Style::NextUrl | Style::Link | Style::Cursor)
    }

    fn place(&self, name: &str) -> Places {
        let place = if self.in_headers { format!("header:x-{name}") } else { format!("/{name}") };
        place.parse().unwrap()
    }

    fn next(&self) -> Places {
        if self.style == Style::Link { "link:next".parse().unwrap() } else { self.place("next") }
    }

    pub(super) fn paginator(&self) -> Arc<dyn Paginator> {
        let param = "page".parse().unwrap();
        let renewal = Renewal::EachPage;
        match self.style {
            Style::NextUrl | Style::Link => Arc::new(NextUrl::at(self.next())),
            Style::Cursor => Arc::new(Token { param, cursor: self.next(), renewal }),
            Style::LastId => Arc::new(Token { param, cursor: "last:/id".parse().unwrap(), renewal }),
            Style::Number => Arc::new(PageNumber { param, size: None, start: 0, page_count: None }),
            Style::NumberAndCount => {
                Arc::new(PageNumber { param, size: None, start: 0, page_count: Some(self.place("pages")) })
            }
            Style::Offset => Arc::new(Offset { param, size: None, start: 0, step: OffsetStep::Received }),
        }
    }

    pub(super) fn ends(&self) -> Ends {
        let at = |place: Places, comparison| Some((place, vec![comparison]));
        let condition = match self.end_by {
            EndBy::Style | EndBy::Answer => None,
            EndBy::Flag => {
                let is_last = at("/done".parse().unwrap(), Comparison::Is(vec![json!(true)]));
                Some(LastPage { at: is_last, ..LastPage::default() })
            }
            EndBy::Status => Some(LastPage { status: vec![StatusMatch::Code(203)], ..LastPage::default() }),
            EndBy::Short => Some(LastPage { is_short: true, ..LastPage::default() }),
            EndBy::NextAbsent => {
                Some(LastPage { at: at(self.next(), Comparison::Exists(false)), ..LastPage::default() })
            }
        };
        Ends {
            more: self.says_more.then(|| "/more".parse().unwrap()),
            total: (self.total != Total::None).then(|| self.place("total")),
            at_total: self.total == Total::Ends,
            last: condition.into_iter().collect(),
            max_empty: 3,
            size: self.knows_size.then_some(self.size),
            records_missing: RecordsMissing::Suspicious,
            ..Ends::default()
        }
    }

    pub(super) fn rules(&self) -> Rules {
        let rule = |when, then| Rule { when, then, after: None, message: None, hint: None };
        let at = |place: &str, value| Condition {
            at: Some((place.parse().unwrap(), vec![Comparison::Is(vec![value])])),
            ..Condition::default()
        };
        let busy = rule(at("$..error", json!("busy")), self.busy);
        let denied = rule(at("/ok", json!(false)), Then::Fail);
        let mut rules = vec![
            Rule { after: Some(After::At("/wait".parse().unwrap())), ..busy },
            Rule { message: Some(Message::At("/error".parse().unwrap())), ..denied },
            by_status(410, Then::Restart),
            by_status(451, Then::Skip),
        ];
        rules.extend((self.end_by == EndBy::Answer).then(|| by_status(404, Then::End)));
        Rules::of_pages(rules).with_records("/data".parse().unwrap())
    }

    /// Whether all records must arrive in spite of the fault.
    pub(super) fn is_harmless(&self) -> bool {
        match self.fault {
            Fault::None | Fault::Busy | Fault::NotReady | Fault::Expired | Fault::Gone => true,
            Fault::TotalTooHigh => self.total != Total::Ends,
            _ => false,
        }
    }

    /// Whether no client could notice that these are not all records, except by the total.
    pub(super) fn hides_others_than(&self, delivered: &[u64]) -> bool {
        let of_page = self.at * self.size..((self.at + 1) * self.size).min(self.records);
        let is = |expected: &dyn Fn(u64) -> bool| {
            (0..self.records).filter(|id| expected(*id)).eq(delivered.iter().copied())
        };
        let (is_before, is_elsewhere) = (is(&|id| id < of_page.start), is(&|id| !of_page.contains(&id)));
        match self.fault {
            // The server never sends the records of this page. Where pages are numbered, it looks like the end.
            Fault::Empty => {
                let says_more = self.says_more || self.total == Total::Ends;
                let is_gap = self.is_linked() || self.style == Style::NumberAndCount || says_more;
                is_elsewhere || (!is_gap && is_before)
            }
            Fault::EmptyForever => is_before,
            // The page looks like the last one.
            Fault::NoNext => {
                let is_full_first_page = self.knows_size && self.at == 0;
                let is_noticed = is_full_first_page || (self.says_more && self.at > 0);
                let is_end = self.end_by == EndBy::NextAbsent;
                self.is_linked() && (is_end || !is_noticed) && is(&|id| id < of_page.end)
            }
            // The page could be from an API that leaves out the array if there are no records.
            Fault::NoRecords => self.at == 0 && (is_elsewhere || is_before),
            Fault::StartsOver | Fault::Stuck => {
                self.hides_repetitions() && delivered.len() as u64 == self.records
            }
            // The configuration says that a page without this place is the last one.
            Fault::Renamed => self.end_by == EndBy::NextAbsent && is(&|id| id < self.size),
            _ => false,
        }
    }

    /// Whether repeated records of the server reach the total that ends the listing.
    pub(super) fn hides_repetitions(&self) -> bool {
        let has_cursor = self.is_linked() || self.style == Style::LastId;
        // A page with a single record may follow itself.
        let has_one = self.size == 1 || self.at * self.size + 1 == self.records;
        let is_hidden = match self.fault {
            Fault::StartsOver => has_cursor,
            Fault::Stuck => has_cursor && has_one,
            _ => false,
        };
        is_hidden && self.total == Total::Ends
    }
}

const FAULTS: [Fault; 18] = [
    Fault::None,
    Fault::None,
    Fault::None,
    Fault::Stuck,
    Fault::Busy,
    Fault::NotReady,
    Fault::Expired,
    Fault::AlwaysExpired,
    Fault::Gone,
    Fault::Denied,
    Fault::ErrorInstead,
    Fault::NoRecords,
    Fault::NoNext,
    Fault::Renamed,
    Fault::Empty,
    Fault::EmptyForever,
    Fault::StartsOver,
    Fault::TotalTooHigh,
];
