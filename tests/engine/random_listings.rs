//! Listings of random shapes with random faults. Each delivers every record or fails.

use std::sync::Arc;

use longhaul_core::{
    Source,
    listing::{
        end::{Ends, RecordsMissing},
        paginate::{NextUrl, Offset, OffsetStep, PageNumber, Paginator, Renewal, Token},
    },
};
use longhaul_tests::{Lifetime, Received, Reply, Setup, Tokens};
use serde_json::{Value, json};

/// The number of listings.
const CASES: u64 = 10_000;

/// Pseudo-random numbers (splitmix64).
#[derive(Clone)]
struct SplitMix(u64);

impl SplitMix {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }

    fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }
}

#[derive(Clone, Copy, Debug)]
enum Style {
    NextUrl,
    Link,
    Cursor,
    CursorAndMore,
    Number,
    NumberAndCount,
    Offset,
}

/// What goes wrong on one page.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// Nothing goes wrong.
    None,
    /// The array of records is missing.
    NoRecords,
    /// The link or cursor to the next page is missing.
    NoNext,
    /// The page is an error with the status 200.
    ErrorInstead,
    /// On all pages, the link or cursor has another name than the configured one.
    Renamed,
    /// The page has no records, but the pages after it do.
    Empty,
    /// The server starts over at its first page.
    StartsOver,
}

#[derive(Clone, Debug)]
struct Listing {
    style: Style,
    records: u64,
    size: u64,
    fault: Fault,
    /// The page with the fault, from 0.
    at: u64,
    /// Whether the last page has `null` in place of the link or cursor.
    ends_with_null: bool,
    extra: Value,
}

impl Listing {
    fn new(random: &mut SplitMix) -> Self {
        use Fault::{Empty, ErrorInstead, NoNext, NoRecords, None, Renamed, StartsOver};
        use Style::{Cursor, CursorAndMore, Link, NextUrl, Number, NumberAndCount, Offset};
        let styles = [NextUrl, Link, Cursor, CursorAndMore, Number, NumberAndCount, Offset];
        let faults = [None, None, None, NoRecords, NoNext, ErrorInstead, Renamed, Empty, StartsOver];
        let (records, size) = (random.below(40), 1 + random.below(9));
        let pages = records.div_ceil(size).max(1);
        let extra = [json!({}), json!({"meta": {"took": 7}}), json!({"self": "/x", "previous": "/x?p=0"})];
        Self {
            style: styles[usize::try_from(random.below(7)).unwrap()],
            records,
            size,
            fault: faults[usize::try_from(random.below(9)).unwrap()],
            at: random.below(pages),
            ends_with_null: random.one_in(2),
            extra: extra[usize::try_from(random.below(3)).unwrap()].clone(),
        }
    }

    fn paginator(&self) -> Arc<dyn Paginator> {
        let place = |text: &str| text.parse().unwrap();
        let follow = |next: &str| NextUrl::at(place(next));
        let param = "page".parse().unwrap();
        match self.style {
            Style::NextUrl => Arc::new(follow("/next")),
            Style::Link => Arc::new(follow("link:next")),
            Style::Cursor | Style::CursorAndMore => {
                Arc::new(Token { param, cursor: place("/next"), renewal: Renewal::EachPage })
            }
            Style::Number => Arc::new(PageNumber { param, size: None, start: 0, page_count: None }),
            Style::NumberAndCount => {
                Arc::new(PageNumber { param, size: None, start: 0, page_count: Some(place("/pages")) })
            }
            Style::Offset => Arc::new(Offset { param, size: None, start: 0, step: OffsetStep::Received }),
        }
    }

    fn pages(&self) -> u64 {
        self.records.div_ceil(self.size).max(1)
    }

    fn answer(&self, request: &Received) -> Reply {
        let asked: u64 = request.query("page").map_or(0, |page| page.parse().unwrap());
        let mut page = if matches!(self.style, Style::Offset) { asked.div_ceil(self.size) } else { asked };
        let is_faulty = page == self.at;
        if matches!(self.fault, Fault::StartsOver) && page > self.at {
            page = 0;
        }
        let first = page * self.size;
        let records: Vec<_> = (first.min(self.records)..(first + self.size).min(self.records)).collect();
        let has_next = page + 1 < self.pages();
        let mut body = self.extra.clone();
        body["data"] = json!(records);
        let mut link = None;
        let name = if matches!(self.fault, Fault::Renamed) { "next_page" } else { "next" };
        match self.style {
            Style::NextUrl if has_next => body[name] = json!(format!("/x?page={}", page + 1)),
            Style::Cursor | Style::CursorAndMore if has_next => body[name] = json!((page + 1).to_string()),
            Style::NextUrl | Style::Cursor | Style::CursorAndMore if self.ends_with_null => {
                body[name] = json!(null);
            }
            Style::Link if has_next => link = Some(format!("</x?page={}>; rel={name}", page + 1)),
            Style::NumberAndCount => body["pages"] = json!(self.pages()),
            _ => {}
        }
        if matches!(self.style, Style::CursorAndMore) {
            body["more"] = json!(has_next);
        }
        let members = body.as_object_mut().unwrap();
        match self.fault {
            Fault::NoRecords if is_faulty => drop(members.remove("data")),
            Fault::NoNext if is_faulty => {
                members.remove("next");
                members.remove("more");
                link = None;
            }
            Fault::ErrorInstead if is_faulty => {
                return Reply::json(r#"{"data":null,"errors":[{"message":"x"}]}"#);
            }
            Fault::Empty if is_faulty => drop(members.insert("data".to_owned(), json!([]))),
            _ => {}
        }
        let reply = Reply::json(body.to_string());
        link.into_iter().fold(reply, |reply, link| reply.header("link", link))
    }

    /// Whether these are all records, in order.
    fn delivered(&self, records: &[String]) -> bool {
        let all: Vec<_> = (0..self.records).map(|record| record.to_string()).collect();
        records == all
    }

    /// Whether no client could notice that records are missing.
    fn hides_records(&self) -> bool {
        match self.fault {
            // The server never sends the records of this page.
            Fault::Empty => true,
            // The page looks like the last one.
            Fault::NoNext => match self.style {
                Style::NextUrl | Style::Cursor | Style::Link => true,
                Style::CursorAndMore => self.at == 0,
                Style::Number | Style::NumberAndCount | Style::Offset => false,
            },
            // The page could be from an API that leaves out the array if there are no records.
            Fault::NoRecords => self.at == 0,
            _ => false,
        }
    }
}

#[test]
fn a_listing_delivers_everything_or_fails() {
    let mut random = SplitMix(0x10A6_4A01);
    let (mut complete, mut failed) = (0, 0);
    for case in 0..CASES {
        let listing = Listing::new(&mut random);
        let server = listing.clone();
        let (setup, _) = Setup::scripted_api(&Arc::new(Tokens::new(Lifetime::Unlimited)), move |request| {
            server.answer(request)
        });
        let more = matches!(listing.style, Style::CursorAndMore).then(|| "/more".parse().unwrap());
        let ends = Ends { more, records_missing: RecordsMissing::Suspicious, ..Ends::default() };
        let source = setup.source_at(
            "/x",
            "/data",
            Token {
                param: "page".parse().unwrap(),
                cursor: "/next".parse().unwrap(),
                renewal: Renewal::EachPage,
            },
        );
        let pulled = setup.pull(&Source { ends, paginator: listing.paginator(), ..source }, None);
        match &pulled.outcome {
            Ok(_) if listing.hides_records() => complete += 1,
            Ok(_) => {
                complete += 1;
                assert!(listing.delivered(&pulled.calls.records("out")), "case {case}: {listing:?}");
            }
            Err(error) => {
                failed += 1;
                let is_clean = matches!(listing.fault, Fault::None);
                assert!(!is_clean, "case {case}: {listing:?}: {}", longhaul_tests::chain(error));
            }
        }
    }
    assert!(complete > 3000 && failed > 1000, "{complete} complete, {failed} failed");
}
