//! A model of an API whose records have a time, and are requested by interval.

use jiff::{SignedDuration, Timestamp};
use longhaul_core::window::Window;
use serde_json::{Value, json};

use crate::exchange::{Received, Reply};

/// Records at equal intervals, with a query that limits how many records it can page through.
#[derive(Debug)]
pub struct Timeline {
    records: Vec<(Timestamp, String)>,
    depth: usize,
}

impl Timeline {
    /// `count` records from `start` on. A query can page through at most `depth` of them.
    pub fn new(start: Timestamp, every: SignedDuration, count: usize, depth: usize) -> Self {
        let record = |at: Timestamp, id| format!(r#"{{"id":{id},"conversationStart":"{at}","n":1.50}}"#);
        let times = std::iter::successors(Some(start), |at| Some(*at + every)).take(count);
        let records = times.enumerate().map(|(id, at)| (at, record(at, id))).collect();
        Self { records, depth }
    }

    /// All records, in order of time.
    pub fn records(&self) -> Vec<String> {
        self.records.iter().map(|(_, record)| record.clone()).collect()
    }

    /// The records in an interval such as `2026-01-01T00:00:00Z/2026-01-02T00:00:00Z`, without its end.
    pub fn within(&self, interval: &str) -> Vec<String> {
        let window = window(interval);
        let within = |at: &Timestamp| *at >= window.start && *at < window.end;
        self.records.iter().filter(|(at, _)| within(at)).map(|(_, record)| record.clone()).collect()
    }

    /// The page for `interval` and `paging` in the body of `request`. Past the end there are no records, and past the depth
    /// there is a 400.
    pub fn page(&self, request: &Received) -> Reply {
        let body: Value = serde_json::from_slice(&request.body).expect("a body of JSON");
        let number = |name: &str| usize::try_from(body["paging"][name].as_u64()?).ok();
        let (Some(interval), Some(size), Some(page)) =
            (body["interval"].as_str(), number("pageSize"), number("pageNumber"))
        else {
            return Reply::status(400);
        };
        if page * size > self.depth {
            let refusal = json!({"code": "pagination.limit", "message": "Too many results.", "status": 400});
            return Reply::refusal(400, &refusal);
        }
        let within = self.within(interval);
        let total = within.len();
        match within.chunks(size).nth(page - 1) {
            Some(records) => {
                Reply::json(format!(r#"{{"conversations":[{}],"totalHits":{total}}}"#, records.join(",")))
            }
            None => Reply::json(format!(r#"{{"totalHits":{total}}}"#)),
        }
    }
}

/// The window of an interval such as `2026-01-01T00:00:00Z/2026-01-02T00:00:00Z`.
pub fn window(interval: &str) -> Window {
    let (start, end) = interval.split_once('/').expect("two times");
    let time = |text: &str| text.parse().expect("a time");
    Window { start: time(start), end: time(end) }
}
