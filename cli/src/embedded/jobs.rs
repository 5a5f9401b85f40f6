//! Asynchronous details jobs: submitted, polled, then paged through by cursor.

use std::{collections::HashMap, time::SystemTime};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    conversations::Conversations,
    details_query::{Order, Selection},
    errors::ApiError,
    interval::stamp,
    json,
    paging::AskedPage,
    random::Random,
    request::Request,
    response::Response,
    settings::{IntervalMatching, Settings},
};

const PAGE: usize = 1000;
const DAY: i64 = 24 * 60 * 60 * 1000;

/// The jobs that were submitted.
#[derive(Debug)]
pub(super) struct Jobs {
    ids: Random,
    /// How many polls find a job unfinished.
    polls: u32,
    known: HashMap<String, Job>,
}

#[derive(Debug)]
struct Job {
    found: Vec<usize>,
    submitted: i64,
    polls_left: u32,
    polled: bool,
    cancelled: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Submission {
    #[serde(flatten)]
    selection: Selection,
    limit: Option<usize>,
    #[serde(default)]
    start_of_day_interval_matching: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    state: &'static str,
    submission_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    completion_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_date: Option<String>,
}

/// What a job is to deliver.
#[derive(Debug)]
pub(super) struct Found(Vec<usize>);

/// Finds what a submission asks for.
pub(super) fn find(
    request: &Request,
    settings: &Settings,
    conversations: &Conversations,
) -> Result<Found, ApiError> {
    let Submission { selection, limit, start_of_day_interval_matching } = request.json()?;
    let interval = selection.interval()?;
    let mut found: Vec<usize> = match settings.matching {
        IntervalMatching::Exact => conversations.started(interval, IntervalMatching::Exact).collect(),
        IntervalMatching::UtcDays => {
            let earliest = if start_of_day_interval_matching { interval.days().start } else { i64::MIN };
            conversations.alive(interval).filter(|at| conversations.start(*at) >= earliest).collect()
        }
    };
    if selection.order == Order::Desc {
        found.reverse();
    }
    found.truncate(limit.unwrap_or(usize::MAX));
    Ok(Found(found))
}

impl Jobs {
    pub(super) fn new(settings: &Settings) -> Self {
        Self { ids: Random::new(settings.seed, "job", 0), polls: settings.job_polls, known: HashMap::new() }
    }

    /// Takes up a job.
    pub(super) fn submit(&mut self, Found(found): Found, now: SystemTime) -> Response {
        let id = self.ids.uuid();
        let submitted = Timestamp::try_from(now).unwrap_or_default().as_millisecond();
        let job = Job { found, submitted, polls_left: self.polls, polled: false, cancelled: false };
        self.known.insert(id.clone(), job);
        Response::json(202, format!("{{\"jobId\":\"{id}\"}}"))
    }

    /// How far a job has come. Each poll brings it on.
    pub(super) fn poll(&mut self, id: &str) -> Result<Response, ApiError> {
        let job = self.known.get_mut(id).ok_or_else(ApiError::not_found)?;
        let state = match job {
            Job { cancelled: true, .. } => "CANCELLED",
            Job { polls_left: 0, .. } => "FULFILLED",
            Job { polled: false, .. } => "QUEUED",
            Job { .. } => "PENDING",
        };
        let done = state == "FULFILLED";
        let status = Status {
            state,
            submission_date: stamp(job.submitted),
            completion_date: done.then(|| stamp(job.submitted)),
            expiration_date: done.then(|| stamp(job.submitted + DAY)),
        };
        job.polls_left = job.polls_left.saturating_sub(1);
        job.polled = true;
        Ok(Response::json(200, json::text(&status)))
    }

    pub(super) fn cancel(&mut self, id: &str) -> Result<Response, ApiError> {
        self.known.get_mut(id).ok_or_else(ApiError::not_found)?.cancelled = true;
        Ok(Response::no_content())
    }

    /// The page of a job's results that a request asks for: which conversations, and the cursor of the next.
    pub(super) fn page(&self, id: &str, request: &Request, max: usize) -> Result<ResultPage, ApiError> {
        let job = self.known.get(id).ok_or_else(ApiError::not_found)?;
        if job.cancelled || job.polls_left > 0 {
            return Err(ApiError::bad_request("The results of this job are not available."));
        }
        let size = AskedPage::of(request)?.or(PAGE)?.at_most(PAGE.min(max)).size;
        let start = match request.parameter("cursor") {
            Some(text) => {
                position(id, &text).ok_or_else(|| ApiError::invalid_value("The cursor is not valid."))?
            }
            None => 0,
        };
        let start = start.min(job.found.len());
        let end = start.saturating_add(size).min(job.found.len());
        Ok(ResultPage {
            conversations: job.found[start..end].to_vec(),
            cursor: (end < job.found.len()).then(|| cursor(id, end)),
        })
    }
}

/// A page of a job's results, before it is written.
#[derive(Debug)]
pub(super) struct ResultPage {
    conversations: Vec<usize>,
    cursor: Option<String>,
}

impl ResultPage {
    pub(super) fn response(self, conversations: &Conversations) -> Response {
        let records = self.conversations.into_iter().map(|at| conversations.json_with_attributes(at));
        let mut body = format!("{{\"conversations\":{}", json::array(records));
        if let Some(cursor) = self.cursor {
            body.push_str(",\"cursor\":");
            body.push_str(&json::text(&cursor));
        }
        body.push_str(",\"dataAvailabilityDate\":");
        body.push_str(&json::text(&stamp(conversations.available())));
        body.push('}');
        Response::json(200, body)
    }
}

/// The moment before which the data of jobs is complete.
pub(super) fn availability(conversations: &Conversations) -> Response {
    let available = stamp(conversations.available());
    Response::json(200, format!("{{\"dataAvailabilityDate\":\"{available}\"}}"))
}

/// Three bytes that are `++//` in Base64: a client that does not encode a cursor in its query is found out.
const MARK: [u8; 3] = [0xfb, 0xef, 0xff];

fn cursor(id: &str, position: usize) -> String {
    // Of this width, 50 bytes with the mark, it ends with a `=` as well.
    let text = format!("{position:010}:{id}");
    STANDARD.encode([&MARK, text.as_bytes()].concat())
}

fn position(id: &str, cursor: &str) -> Option<usize> {
    let bytes = STANDARD.decode(cursor).ok()?;
    let text = str::from_utf8(bytes.strip_prefix(&MARK)?).ok()?;
    let (position, job) = text.split_once(':')?;
    if job == id { position.parse().ok() } else { None }
}
