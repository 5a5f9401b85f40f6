//! An API during a year: calls with a time, which may appear late, and users that change.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use longhaul_core::{Clock, http::transport::TransportErrorKind};
use longhaul_tests::{Lifetime, ManualClock, Random, Received, Reply, Tokens, window};
use serde_json::{Value, json};

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// How many calls a query can page through.
const DEPTH: usize = 60;

/// How many users there are.
pub(super) const USERS: u64 = 12;

/// The API and its clock.
#[derive(Debug)]
pub(super) struct World {
    pub(super) clock: Arc<ManualClock>,
    random: Mutex<Random>,
    tokens: Tokens,
    calls: Vec<Call>,
    /// The version of each user, and the time of its last change.
    users: Mutex<BTreeMap<u64, (u64, Timestamp)>>,
    /// When nothing works, in order.
    outages: Vec<Range<Duration>>,
    /// Until when users change.
    quiet_from: Duration,
    pub(super) counts: Counts,
}

/// What happened.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) in_outage: AtomicUsize,
    pub(super) too_deep: AtomicUsize,
    pub(super) late: AtomicUsize,
}

/// A call.
#[derive(Debug)]
struct Call {
    id: u64,
    at: Timestamp,
    /// When the API has it.
    visible: Timestamp,
}

impl World {
    /// An API that lives for `days`.
    pub(super) fn new(clock: Arc<ManualClock>, mut random: Random, days: u64) -> Self {
        let start = time(&clock);
        let mut calls = Vec::new();
        for day in 0..days {
            // A busy day has more calls than a query can page through.
            let count = if random.one_in(40) { 80 } else { 10 + random.below(20) };
            let mut times: Vec<_> = (0..count).map(|_| day * DAY + random.below(DAY)).collect();
            times.sort_unstable();
            calls.extend(times.into_iter().zip(calls.len() as u64..).map(|(at, id)| {
                let delay = if random.one_in(10) { random.below(16 * HOUR) } else { random.below(300) };
                let at = start + Duration::from_secs(at);
                Call { id, at, visible: at + Duration::from_secs(delay) }
            }));
        }
        let mut outages = Vec::new();
        for day in 0..days {
            if random.one_in(6) {
                let from = Duration::from_secs(day * DAY + random.below(DAY));
                outages.push(from..from + Duration::from_secs(random.below(9 * HOUR)));
            }
        }
        let users = (0..USERS).map(|user| (user, (0, start))).collect();
        Self {
            clock,
            random: Mutex::new(random),
            // They expire much earlier than they say.
            tokens: Tokens::new(Lifetime::Time(Duration::from_secs(30))).reporting(json!(600)),
            calls,
            users: Mutex::new(users),
            outages,
            quiet_from: Duration::from_secs(days * DAY),
            counts: Counts::default(),
        }
    }

    /// The time and the id of every call.
    pub(super) fn calls(&self) -> impl Iterator<Item = (Timestamp, u64)> {
        self.calls.iter().map(|call| (call.at, call.id))
    }

    /// The version of every user.
    pub(super) fn users(&self) -> BTreeMap<u64, u64> {
        self.users.lock().unwrap().iter().map(|(user, (version, _))| (*user, *version)).collect()
    }

    /// The time of day.
    pub(super) fn now(&self) -> Timestamp {
        time(&self.clock)
    }

    pub(super) fn below(&self, limit: u64) -> u64 {
        self.random.lock().unwrap().below(limit)
    }

    pub(super) fn answer(&self, request: &Received) -> Result<Reply, TransportErrorKind> {
        self.clock.advance(Duration::from_secs(1 + self.below(9)));
        let now = self.clock.elapsed();
        if self.outages.iter().any(|outage| outage.contains(&now)) {
            self.counts.in_outage.fetch_add(1, Ordering::Relaxed);
            return match self.below(4) {
                0 => Err(TransportErrorKind::NotConnected),
                1 => Err(TransportErrorKind::TimedOut),
                2 => Ok(Reply::status(503)),
                _ => Ok(Reply::status(429).header("retry-after", "7")),
            };
        }
        if request.is_for_token() {
            return Ok(self.tokens.issue(now));
        }
        if let Err(refusal) = self.tokens.check(request, now) {
            return Ok(refusal);
        }
        Ok(if request.url.path() == "/users" { self.users_page(request) } else { self.calls_page(request) })
    }

    /// How many tokens were issued and refused.
    pub(super) fn tokens(&self) -> (usize, usize) {
        (self.tokens.issued(), self.tokens.refused())
    }

    /// A page of the calls in an interval. Its total is that of the moment.
    fn calls_page(&self, request: &Received) -> Reply {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let interval = window(body["interval"].as_str().unwrap());
        let [size, page] = ["pageSize", "pageNumber"].map(|name| body["paging"][name].as_u64().unwrap());
        let (size, page) = (usize::try_from(size).unwrap(), usize::try_from(page).unwrap());
        if page * size > DEPTH {
            self.counts.too_deep.fetch_add(1, Ordering::Relaxed);
            return Reply::refusal(400, &json!({"code": "too.deep", "message": "Too many results."}));
        }
        let now = self.now();
        let from = self.calls.partition_point(|call| call.at < interval.start);
        let within: Vec<_> = self.calls[from..].iter().take_while(|call| call.at < interval.end).collect();
        let visible: Vec<_> = within.iter().filter(|call| call.visible <= now).collect();
        self.counts.late.fetch_add(within.len() - visible.len(), Ordering::Relaxed);
        let total = visible.len();
        let records = visible.chunks(size).nth(page - 1).unwrap_or_default();
        let records: Vec<_> = records.iter().map(|call| json!({ "id": call.id, "at": call.at })).collect();
        Reply::json(json!({ "calls": records, "total": total }).to_string())
    }

    /// A page of the users that have changed since a time. Some change with each request.
    fn users_page(&self, request: &Received) -> Reply {
        let mut users = self.users.lock().unwrap();
        if self.clock.elapsed() < self.quiet_from {
            for _ in 0..self.below(3) {
                let (version, at) = users.get_mut(&self.below(USERS)).unwrap();
                (*version, *at) = (*version + 1, self.now());
            }
        }
        let since = request.query("since").map_or(Timestamp::MIN, |since| since.parse().unwrap());
        let after = request.query("after").map(|after| after.parse::<u64>().unwrap());
        let page: Vec<_> = (users.iter())
            .filter(|(user, (_, at))| *at >= since && after.is_none_or(|after| **user > after))
            .take(3)
            .map(|(user, (version, at))| json!({ "id": user, "version": version, "at": at }))
            .collect();
        Reply::json(Value::from(page).to_string())
    }
}

fn time(clock: &ManualClock) -> Timestamp {
    let whole = clock.now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    Timestamp::from_second(whole.cast_signed()).unwrap()
}
