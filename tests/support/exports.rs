//! A model of an API with asynchronous exports.

use std::{
    collections::BTreeMap,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    exchange::{Received, Reply},
    timeline::Timeline,
};

/// Where jobs are submitted; theirs are the paths below.
pub const JOBS_PATH: &str = "/api/v2/details/jobs";

/// An API with jobs over a [`Timeline`]: each needs three polls, and gives 25 results a page.
#[derive(Debug)]
pub struct Exports {
    timeline: Timeline,
    /// How many results of a job there are to be had.
    depth: usize,
    state: Mutex<State>,
    submitted: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// By id as it stands in a path, the interval and how often the job was polled.
    jobs: BTreeMap<String, (String, usize)>,
    /// How many are not read to the end.
    under_way: usize,
    most_under_way: usize,
}

impl Exports {
    /// Jobs that find records of `timeline`, and give the first `depth` of them.
    pub fn new(timeline: Timeline, depth: usize) -> Self {
        Self { timeline, depth, state: Mutex::default(), submitted: Condvar::new() }
    }

    /// The paths of the jobs submitted so far.
    pub fn paths(&self) -> Vec<String> {
        self.lock().jobs.keys().map(|id| format!("{JOBS_PATH}/{id}")).collect()
    }

    /// How often each job was polled.
    pub fn polls(&self) -> Vec<usize> {
        self.lock().jobs.values().map(|(_, polls)| *polls).collect()
    }

    /// How many jobs had been submitted and not been read to the end, at most.
    pub fn most_under_way(&self) -> usize {
        self.lock().most_under_way
    }

    /// Waits until this many jobs were submitted; it fails where they are not.
    pub fn wait_for_submissions(&self, count: usize) {
        let state = self.lock();
        let limit = Duration::from_secs(30);
        let (_state, waited) = self
            .submitted
            .wait_timeout_while(state, limit, |state| state.jobs.len() < count)
            .unwrap_or_else(PoisonError::into_inner);
        assert!(!waited.timed_out(), "{count} jobs were not submitted");
    }

    /// Answers a request to any of its paths.
    pub fn answer(&self, request: &Received) -> Reply {
        let path = request.url.path().to_owned();
        let rest = path.strip_prefix(JOBS_PATH).unwrap_or_default();
        match (request.method.as_str(), rest.trim_start_matches('/').split_once('/')) {
            ("POST", None) => self.submit(request),
            ("GET", None) => self.poll(&rest[1..]),
            ("GET", Some((id, "results"))) => self.results(id, request),
            _ => Reply::status(405),
        }
    }

    fn submit(&self, request: &Received) -> Reply {
        let body: Value = serde_json::from_slice(&request.body).expect("a body of JSON");
        let mut state = self.lock();
        let id = format!("job {}/é", state.jobs.len() + 1);
        state
            .jobs
            .insert(percent_encoded(&id), (body["interval"].as_str().expect("an interval").to_owned(), 0));
        state.under_way += 1;
        state.most_under_way = state.most_under_way.max(state.under_way);
        self.submitted.notify_all();
        Reply { status: 202, ..Reply::json(json!({ "jobId": id }).to_string()) }
    }

    fn poll(&self, id: &str) -> Reply {
        let mut state = self.lock();
        let Some((_, polls)) = state.jobs.get_mut(id) else { return Reply::status(404) };
        *polls += 1;
        let name = ["QUEUED", "PENDING", "FULFILLED"][(*polls - 1).min(2)];
        Reply::json(json!({ "state": name }).to_string())
    }

    fn results(&self, id: &str, request: &Received) -> Reply {
        let mut state = self.lock();
        let Some((interval, 3..)) = state.jobs.get(id) else { return Reply::status(404) };
        let results = self.timeline.within(interval);
        let offset = request.query("cursor").map_or(0, |cursor| cursor.parse().expect("a cursor of ours"));
        if offset >= self.depth {
            state.under_way = state.under_way.saturating_sub(1);
            return Reply::refusal(400, &json!({"code": "pagination.limit"}));
        }
        let page = results[offset..results.len().min(offset + 25)].join(",");
        if offset + 25 >= results.len() {
            state.under_way = state.under_way.saturating_sub(1);
            return Reply::json(format!(r#"{{"conversations":[{page}]}}"#));
        }
        Reply::json(format!(r#"{{"conversations":[{page}],"cursor":"{}"}}"#, offset + 25))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ids hold what has a meaning in a URL.
fn percent_encoded(id: &str) -> String {
    id.replace(' ', "%20").replace('/', "%2F").replace('é', "%C3%A9")
}
