//! The server of a random listing.

use std::sync::atomic::{AtomicBool, Ordering};

use longhaul_tests::{Received, Reply};
use serde_json::json;

use super::listing::{EndBy, Fault, Listing, Style, Total};

pub(super) struct Server {
    listing: Listing,
    /// Whether a fault that passes has passed.
    has_passed: AtomicBool,
}

/// A page: its body, and what is in its headers.
struct Page {
    body: serde_json::Value,
    headers: Vec<(&'static str, String)>,
    in_headers: bool,
}

impl Page {
    /// Adds a value for the pull, where the listing has them.
    fn put(&mut self, name: &'static str, value: serde_json::Value) {
        if self.in_headers {
            let header = ["x-next", "x-next-page", "x-pages", "x-total"]
                .into_iter()
                .find(|header| header[2..] == *name);
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            self.headers.push((header.unwrap(), if value.is_null() { String::new() } else { text }));
        } else {
            self.body[name] = value;
        }
    }
}

impl Server {
    pub(super) fn new(listing: Listing) -> Self {
        Self { listing, has_passed: AtomicBool::new(false) }
    }

    pub(super) fn answer(&self, request: &Received) -> Reply {
        let listing = &self.listing;
        let page = self.requested(request);
        if page == listing.at
            && let Some(reply) = self.fault()
        {
            return reply;
        }
        if page >= listing.pages() && listing.end_by == EndBy::Answer {
            return Reply::status(404);
        }
        let restarted = listing.fault == Fault::StartsOver && page > listing.at;
        self.page(if restarted { 0 } else { page })
    }

    /// The number of the requested page, from 0.
    fn requested(&self, request: &Received) -> u64 {
        let Some(asked) = request.query("page") else { return 0 };
        let asked: u64 = asked.parse().unwrap();
        match self.listing.style {
            Style::Offset => asked.div_ceil(self.listing.size),
            Style::LastId => (asked + 1).div_ceil(self.listing.size),
            _ => asked,
        }
    }

    /// The response instead of the page with the fault, if it is another one.
    fn fault(&self) -> Option<Reply> {
        let is_first = || !self.has_passed.swap(true, Ordering::SeqCst);
        let error = |body: &str| Some(Reply::json(body));
        match self.listing.fault {
            Fault::Busy if is_first() => {
                error(r#"{"error":"busy","wait":2,"data":[{"error":"other"},{"error":"x"}]}"#)
            }
            Fault::NotReady if is_first() => Some(Reply { status: 202, ..Reply::json("{}") }),
            Fault::Expired if is_first() => Some(Reply::status(410)),
            Fault::AlwaysExpired => Some(Reply::status(410)),
            Fault::Gone => Some(Reply::status(451)),
            Fault::Denied => error(r#"{"ok":false,"error":"denied","data":[]}"#),
            Fault::ErrorInstead => error(r#"{"data":null,"errors":[{"message":"x"}]}"#),
            _ => None,
        }
    }

    fn page(&self, page: u64) -> Reply {
        let listing = &self.listing;
        let (is_faulty, mut has_next) = (page == listing.at, page + 1 < listing.pages());
        let is_stuck = listing.fault == Fault::Stuck && page >= listing.at;
        has_next |= is_stuck;
        let shown = if is_stuck { listing.at } else { page };
        let first = shown * listing.size;
        let range = first.min(listing.records)..(first + listing.size).min(listing.records);
        let mut records: Vec<_> = range.map(|id| json!({ "id": id, "error": "of the record" })).collect();
        if listing.fault == Fault::EmptyForever && page >= listing.at {
            (has_next, records) = (true, Vec::new());
        }
        if listing.fault == Fault::Empty && is_faulty {
            records.clear();
        }
        let mut reply =
            Page { body: listing.extra.clone(), headers: Vec::new(), in_headers: listing.in_headers };
        reply.body["data"] = json!(records);
        let is_cut = listing.fault == Fault::NoNext && is_faulty;
        if !is_cut {
            self.put_next(&mut reply, page, has_next);
        }
        if listing.total != Total::None {
            let more = u64::from(listing.fault == Fault::TotalTooHigh);
            reply.put("total", json!(listing.records + more));
        }
        if listing.end_by == EndBy::Flag {
            reply.body["done"] = json!(!has_next);
        }
        if listing.fault == Fault::NoRecords && is_faulty {
            reply.body.as_object_mut().unwrap().remove("data");
        }
        let status = if listing.end_by == EndBy::Status && !has_next { 203 } else { 200 };
        let whole = Reply { status, ..Reply::json(reply.body.to_string()) };
        reply.headers.into_iter().fold(whole, |whole, (name, value)| whole.header(name, value))
    }

    /// Adds what leads to the next page.
    fn put_next(&self, reply: &mut Page, page: u64, has_next: bool) {
        let listing = &self.listing;
        let is_renamed = listing.fault == Fault::Renamed;
        let name = if is_renamed { "next-page" } else { "next" };
        match listing.style {
            Style::NextUrl if has_next => reply.put(name, json!(format!("/x?page={}", page + 1))),
            Style::Cursor if has_next => reply.put(name, json!((page + 1).to_string())),
            Style::NextUrl | Style::Cursor if listing.ends_with_null => reply.put(name, json!(null)),
            Style::Link if has_next => {
                let rel = if is_renamed { "next_page" } else { "next" };
                reply.headers.push(("link", format!("</x?page={}>; rel={rel}", page + 1)));
            }
            Style::NumberAndCount => reply.put("pages", json!(listing.pages())),
            _ => {}
        }
        if listing.says_more {
            reply.body["more"] = json!(has_next);
        }
    }
}
