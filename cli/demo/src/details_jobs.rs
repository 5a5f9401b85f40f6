//! Details jobs, `/api/v2/analytics/{conversations,users}/details/jobs`.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::{
    errors::ApiError,
    interval::{Interval, stamp},
    jobs::{Jobs, PageSize, Progress, ResultPage, Stage},
    json,
    request::Request,
    response::Response,
    router::Step,
    selection::{Order, Selection},
    settings::IntervalMatching,
};

const PAGE: usize = 1000;
const DAY: i64 = 24 * 60 * 60 * 1000;

/// A kind of record that details jobs return.
pub(crate) trait Details {
    /// The key of the records in a page.
    const RECORDS: &'static str;

    /// The indexes of the records that match `asked`, ordered by time.
    fn find(&self, asked: Asked) -> Vec<usize>;

    /// The record at an index, as JSON text.
    fn record(&self, asked: Asked, index: usize) -> String;
}

/// What a job looks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) interval: Interval,
    pub(crate) matching: IntervalMatching,
    /// Whether to return only what started on one of the UTC days of the interval.
    pub(crate) from_start_of_day: bool,
}

/// Everything needed to answer requests about details jobs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Desk<'a, D> {
    pub(crate) jobs: &'a Jobs<Asked>,
    pub(crate) details: &'a D,
    /// Nothing from this time on is found.
    pub(crate) available: i64,
    pub(crate) matching: IntervalMatching,
    pub(crate) max_page: usize,
    pub(crate) now: SystemTime,
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
struct Accepted {
    job_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<&'static str>,
    submission_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    completion_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_date: Option<String>,
}

impl<D: Details> Desk<'_, D> {
    /// Answers a request for one step of the job `id`.
    pub(crate) fn answer(&self, step: Step, id: &str, request: &Request) -> Result<Response, ApiError> {
        match step {
            Step::Availability => {
                let available = stamp(self.available);
                Ok(Response::json(200, format!("{{\"dataAvailabilityDate\":\"{available}\"}}")))
            }
            Step::Cancel => self.jobs.cancel(id).map(|()| Response::no_content()),
            Step::Poll => self.jobs.poll(id).map(|progress| status(&progress)),
            Step::Results => {
                let size = PageSize { default: PAGE, max: PAGE.min(self.max_page) };
                self.jobs.page(id, request, size).map(|page| self.results(page))
            }
            Step::Submit => self.submit(request),
        }
    }

    fn submit(&self, request: &Request) -> Result<Response, ApiError> {
        let Submission { selection, limit, start_of_day_interval_matching } = request.json()?;
        let Interval { start, end } = selection.interval()?;
        let interval = Interval { start: start.min(self.available), end: end.min(self.available) };
        let from_start_of_day = start_of_day_interval_matching;
        let asked = Asked { interval, matching: self.matching, from_start_of_day };
        let mut found = self.details.find(asked);
        if selection.order == Order::Desc {
            found.reverse();
        }
        found.truncate(limit.unwrap_or(usize::MAX));
        let job_id = self.jobs.submit(asked, found, self.now);
        Ok(Response::json(202, json::text(&Accepted { job_id })))
    }

    fn results(&self, page: ResultPage<Asked>) -> Response {
        let records = page.found.into_iter().map(|at| self.details.record(page.asked, at));
        let mut body = format!("{{\"{}\":{}", D::RECORDS, json::array(records));
        if let Some(cursor) = page.cursor {
            body.push_str(",\"cursor\":");
            body.push_str(&json::text(&cursor));
        }
        body.push_str(",\"dataAvailabilityDate\":");
        body.push_str(&json::text(&stamp(self.available)));
        body.push('}');
        Response::json(200, body)
    }
}

fn status(progress: &Progress<Asked>) -> Response {
    let Progress { stage, submitted, .. } = *progress;
    let state = match stage {
        Stage::Cancelled => "CANCELLED",
        Stage::Expired => "EXPIRED",
        Stage::Failed => "FAILED",
        Stage::Finished => "FULFILLED",
        Stage::Queued => "QUEUED",
        Stage::Running => "PENDING",
    };
    let is_over = matches!(stage, Stage::Expired | Stage::Failed | Stage::Finished);
    let expires = match stage {
        Stage::Expired => Some(submitted),
        Stage::Finished => Some(submitted + DAY),
        _ => None,
    };
    let status = Status {
        state,
        error_message: (stage == Stage::Failed).then_some("The job failed: the data could not be read."),
        submission_date: stamp(submitted),
        completion_date: is_over.then(|| stamp(submitted)),
        expiration_date: expires.map(stamp),
    };
    Response::json(200, json::text(&status))
}
