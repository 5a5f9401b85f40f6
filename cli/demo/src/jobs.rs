//! Asynchronous exports: submitted, polled, then paged through by cursor.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;

use crate::{
    errors::ApiError, paging::AskedPage, random::Random, request::Request, settings::Settings, stats::Stats,
};

/// The submitted jobs of one kind. `A` is what a job was asked for.
#[derive(Debug)]
pub(crate) struct Jobs<A> {
    /// How many polls find a job still unfinished.
    polls: u32,
    /// How many jobs fail; the next `expirations` jobs expire.
    failures: u64,
    expirations: u64,
    state: Mutex<State<A>>,
}

#[derive(Debug)]
struct State<A> {
    ids: Random,
    submitted: u64,
    cancelled: u64,
    known: HashMap<String, Job<A>>,
}

#[derive(Debug)]
struct Job<A> {
    asked: A,
    found: Vec<usize>,
    submitted: i64,
    polls_left: u32,
    polled: bool,
    end: Stage,
}

/// The state of a job.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Stage {
    Cancelled,
    Expired,
    Failed,
    Finished,
    Queued,
    Running,
}

/// What a poll reports.
#[derive(Debug)]
pub(crate) struct Progress<A> {
    pub(crate) asked: A,
    pub(crate) stage: Stage,
    pub(crate) submitted: i64,
}

/// The sizes of result pages.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageSize {
    pub(crate) default: usize,
    pub(crate) max: usize,
}

/// A page of results, before it is written as JSON.
#[derive(Debug)]
pub(crate) struct ResultPage<A> {
    pub(crate) asked: A,
    pub(crate) found: Vec<usize>,
    pub(crate) size: usize,
    pub(crate) cursor: Option<String>,
}

impl<A: Clone> Jobs<A> {
    /// Starts without jobs; jobs of another `kind` get different ids.
    pub(crate) fn new(settings: &Settings, kind: &str) -> Self {
        let ids = Random::new(settings.seed, kind, 0);
        Self {
            polls: settings.job_polls,
            failures: settings.job_failures.into(),
            expirations: settings.job_expirations.into(),
            state: Mutex::new(State { ids, submitted: 0, cancelled: 0, known: HashMap::new() }),
        }
    }

    /// Accepts a job that will return the records at the indexes `found`, and returns its id.
    pub(crate) fn submit(&self, asked: A, found: Vec<usize>, now: SystemTime) -> String {
        let mut state = self.state();
        let id = state.ids.uuid();
        let job = Job {
            asked,
            found,
            submitted: Timestamp::try_from(now).unwrap_or_default().as_millisecond(),
            polls_left: self.polls,
            polled: false,
            end: match state.submitted {
                number if number < self.failures => Stage::Failed,
                number if number < self.failures + self.expirations => Stage::Expired,
                _ => Stage::Finished,
            },
        };
        state.submitted += 1;
        state.known.insert(id.clone(), job);
        id
    }

    /// The progress of a job. Each poll advances it.
    pub(crate) fn poll(&self, id: &str) -> Result<Progress<A>, ApiError> {
        let mut state = self.state();
        let job = state.known.get_mut(id).ok_or_else(ApiError::not_found)?;
        let stage = match job {
            Job { end: Stage::Cancelled, .. } => Stage::Cancelled,
            Job { polls_left: 0, end, .. } => *end,
            Job { polled: false, .. } => Stage::Queued,
            Job { .. } => Stage::Running,
        };
        job.polls_left = job.polls_left.saturating_sub(1);
        job.polled = true;
        Ok(Progress { asked: job.asked.clone(), stage, submitted: job.submitted })
    }

    /// Cancels a job in any state.
    pub(crate) fn cancel(&self, id: &str) -> Result<(), ApiError> {
        let mut state = self.state();
        let job = state.known.get_mut(id).ok_or_else(ApiError::not_found)?;
        let before = std::mem::replace(&mut job.end, Stage::Cancelled);
        state.cancelled += u64::from(before != Stage::Cancelled);
        Ok(())
    }

    /// The page of a job's results that a request asks for.
    pub(crate) fn page(
        &self,
        id: &str,
        request: &Request,
        size: PageSize,
    ) -> Result<ResultPage<A>, ApiError> {
        let state = self.state();
        let job = state.known.get(id).ok_or_else(ApiError::not_found)?;
        if job.end != Stage::Finished || job.polls_left > 0 {
            return Err(ApiError::bad_request("The results of this job are not available."));
        }
        let size = AskedPage::of(request)?.or(size.default)?.at_most(size.max).size;
        let start = match request.parameter("cursor") {
            Some(text) => {
                position(id, &text).ok_or_else(|| ApiError::invalid_value("The cursor is not valid."))?
            }
            None => 0,
        };
        let start = start.min(job.found.len());
        let end = start.saturating_add(size).min(job.found.len());
        Ok(ResultPage {
            asked: job.asked.clone(),
            found: job.found[start..end].to_vec(),
            size,
            cursor: (end < job.found.len()).then(|| cursor(id, end)),
        })
    }

    /// Adds the counts of these jobs to `stats`.
    pub(crate) fn report(&self, stats: &mut Stats) {
        let state = self.state();
        stats.jobs_submitted += state.submitted;
        stats.jobs_cancelled += state.cancelled;
    }

    fn state(&self) -> MutexGuard<'_, State<A>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Three bytes that are `++//` in Base64. A client that does not percent-encode the cursor in its query fails.
const MARK: [u8; 3] = [0xfb, 0xef, 0xff];

fn cursor(id: &str, position: usize) -> String {
    // At this width the cursor has 50 bytes including the mark, so its Base64 also ends with `=`.
    let text = format!("{position:010}:{id}");
    STANDARD.encode([&MARK, text.as_bytes()].concat())
}

fn position(id: &str, cursor: &str) -> Option<usize> {
    let bytes = STANDARD.decode(cursor).ok()?;
    let text = str::from_utf8(bytes.strip_prefix(&MARK)?).ok()?;
    let (position, job) = text.split_once(':')?;
    if job == id { position.parse().ok() } else { None }
}
