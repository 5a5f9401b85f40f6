//! A model of an API with asynchronous jobs.

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

/// The path to submit jobs to. The jobs have paths below it.
pub const JOBS_PATH: &str = "/api/v2/details/jobs";

/// An API with jobs over a [`Timeline`]. Each job is done at the third poll, and its pages have 25 results.
#[derive(Debug)]
pub struct JobApi {
    timeline: Timeline,
    /// The maximum number of results of a job.
    depth: usize,
    state: Mutex<State>,
    submitted: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The interval and the number of polls of each job, by its id as in a path.
    jobs: BTreeMap<String, (String, usize)>,
    /// How many jobs were deleted.
    deleted: usize,
    /// How many jobs are not read to the end.
    unread: usize,
    max_unread: usize,
}

impl JobApi {
    /// Jobs over `timeline`, each with at most `depth` results.
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

    /// The maximum number of jobs that were submitted but not yet read to the end.
    pub fn max_unread(&self) -> usize {
        self.lock().max_unread
    }

    /// Deletes all jobs. No later one gets their ids.
    pub fn delete_all(&self) {
        let mut state = self.lock();
        state.deleted += state.jobs.len();
        state.jobs.clear();
    }

    /// Waits until this many jobs were submitted, and panics after 30 seconds.
    pub fn wait_for_submissions(&self, count: usize) {
        let state = self.lock();
        let timeout = Duration::from_secs(30);
        let (_state, waited) = self
            .submitted
            .wait_timeout_while(state, timeout, |state| state.jobs.len() < count)
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
        let id = format!("job {}/é", state.deleted + state.jobs.len() + 1);
        state
            .jobs
            .insert(percent_encoded(&id), (body["interval"].as_str().expect("an interval").to_owned(), 0));
        state.unread += 1;
        state.max_unread = state.max_unread.max(state.unread);
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
        let offset =
            request.query("cursor").map_or(0, |cursor| cursor.parse().expect("a cursor from this API"));
        if offset >= self.depth {
            state.unread = state.unread.saturating_sub(1);
            return Reply::refusal(400, &json!({"code": "pagination.limit"}));
        }
        let page = results[offset..results.len().min(offset + 25)].join(",");
        if offset + 25 >= results.len() {
            state.unread = state.unread.saturating_sub(1);
            return Reply::json(format!(r#"{{"conversations":[{page}]}}"#));
        }
        Reply::json(format!(r#"{{"conversations":[{page}],"cursor":"{}"}}"#, offset + 25))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `id`, whose characters must be encoded in a URL.
fn percent_encoded(id: &str) -> String {
    id.replace(' ', "%20").replace('/', "%2F").replace('é', "%C3%A9")
}
