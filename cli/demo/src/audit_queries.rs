//! Audit queries, `/api/v2/audits/query`.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::{
    audit_log::{AuditLog, Entry},
    errors::ApiError,
    interval::{Interval, stamp},
    jobs::{Jobs, PageSize, Progress, Stage},
    json,
    request::Request,
    response::Response,
    router::Step,
};

const DEFAULT_PAGE: usize = 25;
const MAX_PAGE: usize = 500;

/// What an audit query asks for. Its status repeats it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Query {
    interval: String,
    service_name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    filters: Vec<Filter>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sort: Vec<Sort>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Filter {
    property: Property,
    value: String,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
enum Property {
    Action,
    ClientId,
    EntityId,
    EntityType,
    TrusteeOrganizationId,
    UserId,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Sort {
    name: SortName,
    sort_order: SortOrder,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
enum SortName {
    Timestamp,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
enum SortOrder {
    Ascending,
    Descending,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status<'s> {
    id: &'s str,
    state: &'static str,
    start_date: String,
    #[serde(flatten)]
    query: Query,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Results<'r> {
    id: &'r str,
    page_size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    entities: Vec<Entry>,
}

/// Everything needed to answer requests about audit queries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Desk<'a> {
    pub(crate) jobs: &'a Jobs<Query>,
    pub(crate) log: &'a AuditLog,
    pub(crate) max_page: usize,
    pub(crate) now: SystemTime,
}

impl Desk<'_> {
    /// Answers a request for one step of the query `id`.
    pub(crate) fn answer(&self, step: Step, id: &str, request: &Request) -> Result<Response, ApiError> {
        match step {
            Step::Poll => self.jobs.poll(id).map(|progress| Response::json(200, status(id, progress))),
            Step::Results => self.results(id, request),
            Step::Submit => self.submit(request),
            Step::Availability | Step::Cancel => Err(ApiError::not_found()),
        }
    }

    fn submit(&self, request: &Request) -> Result<Response, ApiError> {
        let query: Query = request.json()?;
        let interval = Interval::parse(&query.interval)?;
        let mut found: Vec<_> =
            self.log.logged(interval).filter(|at| query.matches(&self.log.entry(*at))).collect();
        if query.sort.iter().any(|sort| sort.sort_order == SortOrder::Descending) {
            found.reverse();
        }
        let id = self.jobs.submit(query.clone(), found, self.now);
        let submitted = jiff::Timestamp::try_from(self.now).unwrap_or_default().as_millisecond();
        let progress = Progress { asked: query, stage: Stage::Queued, submitted };
        Ok(Response::json(202, status(&id, progress)))
    }

    fn results(&self, id: &str, request: &Request) -> Result<Response, ApiError> {
        let size = PageSize { default: DEFAULT_PAGE, max: MAX_PAGE.min(self.max_page) };
        let page = self.jobs.page(id, request, size)?;
        let results = Results {
            id,
            page_size: page.size,
            cursor: page.cursor,
            entities: page.found.into_iter().map(|at| self.log.entry(at)).collect(),
        };
        Ok(Response::json(200, json::text(&results)))
    }
}

impl Query {
    fn matches(&self, entry: &Entry) -> bool {
        let holds = |filter: &Filter| {
            let value = match filter.property {
                Property::Action => entry.action,
                Property::ClientId => &entry.client.id,
                Property::EntityId => &entry.entity.id,
                Property::EntityType => entry.entity_type,
                Property::TrusteeOrganizationId => &entry.user_home_org_id,
                Property::UserId => &entry.user.id,
            };
            value == filter.value
        };
        entry.service_name == self.service_name && self.filters.iter().all(holds)
    }
}

/// The state of a query. Audit queries cannot expire, so one that should expire fails instead.
fn status(id: &str, progress: Progress<Query>) -> String {
    let state = match progress.stage {
        Stage::Cancelled => "Cancelled",
        Stage::Expired | Stage::Failed => "Failed",
        Stage::Finished => "Succeeded",
        Stage::Queued => "Queued",
        Stage::Running => "Running",
    };
    json::text(&Status { id, state, start_date: stamp(progress.submitted), query: progress.asked })
}
