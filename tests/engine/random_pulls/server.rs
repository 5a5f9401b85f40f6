//! The server of a random pull.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use longhaul_core::http::transport::TransportErrorKind;
use longhaul_tests::{Received, Reply};
use serde_json::json;
use url::Url;

use super::shape::{Divided, Shape, Style, index};

pub(super) struct Server {
    shape: Shape,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The number of the pull, from 1.
    pull: u64,
    /// The number of requests in this run.
    requests: u64,
    /// From this request on, the server does not answer.
    stops_at: Option<u64>,
    /// The partitions and pages where a cursor has expired in this run.
    expired: HashSet<(usize, usize)>,
    /// The query and the number of polls of each job, by its id.
    jobs: BTreeMap<u64, (String, u64)>,
    submitted: u64,
}

/// The records that a listing has.
struct Listed {
    /// The partition, if it is not the second half of one.
    partition: Option<usize>,
    texts: Vec<String>,
}

impl Server {
    pub(super) fn new(shape: Shape) -> Self {
        Self { shape, state: Mutex::default() }
    }

    /// Begins a run of this pull, in which the server stops answering at some request.
    pub(super) fn begin(&self, pull: u64, stops_at: Option<u64>, deletes_jobs: bool) {
        let mut state = self.lock();
        (state.pull, state.requests, state.stops_at) = (pull, 0, stops_at);
        state.expired.clear();
        if deletes_jobs {
            state.jobs.clear();
        }
    }

    /// The number of requests in this run.
    pub(super) fn requests(&self) -> u64 {
        self.lock().requests
    }

    pub(super) fn answer(&self, request: &Received) -> Result<Reply, TransportErrorKind> {
        let mut state = self.lock();
        state.requests += 1;
        if state.stops_at.is_some_and(|stop| state.requests > stop) {
            return Err(TransportErrorKind::NotConnected);
        }
        let path: Vec<_> = request.url.path().split('/').skip(1).collect();
        Ok(match path[..] {
            ["jobs"] => state.submit(request),
            ["jobs", id] => state.poll(id),
            ["jobs", id, _] => match state.jobs.get(&id.parse::<u64>().unwrap()) {
                Some((query, 2..)) => {
                    let mut url = request.url.clone();
                    url.set_query(Some(query));
                    self.page(&mut state, &url, request)
                }
                _ => Reply::status(404),
            },
            _ => self.page(&mut state, &request.url, request),
        })
    }

    /// The page that was asked for. The query of `scope` says of which records.
    fn page(&self, state: &mut State, scope: &Url, request: &Received) -> Reply {
        let shape = &self.shape;
        let Listed { partition, texts } = self.listed(state.pull, scope);
        let offset = self.offset(request);
        let place = partition.map(|partition| (partition, offset / shape.page_size));
        if place.is_some_and(|place| shape.gone.contains(&place)) {
            return Reply::status(451);
        }
        if let Some(place) = place.filter(|place| shape.expires.contains(place))
            && state.expired.insert(place)
        {
            return Reply::status(410);
        }
        if texts.len() > shape.depth && (shape.counts_first || offset >= shape.depth) {
            return Reply::status(400);
        }
        let end = texts.len().min(offset + shape.page_size);
        let page = texts.get(offset..end).unwrap_or_default().join(",");
        let mut fields = String::new();
        let next = offset / shape.page_size + 1;
        match shape.style {
            Style::NextUrl if end < texts.len() => {
                fields = format!(r#","next":{}"#, json!(with_page(&request.url, next)));
            }
            Style::Cursor if end < texts.len() => fields = format!(r#","next":"{next}""#),
            Style::NumberAndCount => {
                fields = format!(r#","pages":{}"#, texts.len().div_ceil(shape.page_size).max(1));
            }
            _ => {}
        }
        Reply::json(format!(r#"{{"data":[{page}]{fields}}}"#))
    }

    /// The number of records before the page that was asked for.
    fn offset(&self, request: &Received) -> usize {
        let asked = index(request.query("page").map_or(0, |page| page.parse().unwrap()));
        if self.shape.style == Style::Offset { asked } else { asked * self.shape.page_size }
    }

    fn listed(&self, pull: u64, scope: &Url) -> Listed {
        let shape = &self.shape;
        let number = |name: &str| -> i64 {
            let (_, value) = scope.query_pairs().find(|(key, _)| key == name).unwrap();
            value.parse().unwrap()
        };
        let (partition, within) = match shape.divided {
            Divided::Not => (Some(0), None),
            Divided::Children => (usize::try_from(number("child")).ok(), None),
            Divided::Windows => (Shape::begins_at(number("from")), Some(number("from")..number("to"))),
        };
        let all = match (&within, partition) {
            (None, Some(partition)) => shape.listed(pull, partition),
            _ => (0..shape.partitions.len()).flat_map(|partition| shape.listed(pull, partition)).collect(),
        };
        let is_listed = |time: &i64| within.as_ref().is_none_or(|within| within.contains(time));
        let texts = all.into_iter().filter(|(time, _)| is_listed(time)).map(|(_, record)| record.text);
        Listed { partition, texts: texts.collect() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn submit(&mut self, request: &Received) -> Reply {
        self.submitted += 1;
        let query = request.url.query().unwrap_or_default().to_owned();
        self.jobs.insert(self.submitted, (query, 0));
        Reply { status: 202, ..Reply::json(json!({ "id": self.submitted.to_string() }).to_string()) }
    }

    fn poll(&mut self, id: &str) -> Reply {
        let Some((_, polls)) = self.jobs.get_mut(&id.parse::<u64>().unwrap()) else {
            return Reply::status(404);
        };
        *polls += 1;
        let name = if *polls < 2 { "BUSY" } else { "DONE" };
        Reply::json(json!({ "state": name }).to_string())
    }
}

/// The path and query for another page.
fn with_page(url: &Url, page: usize) -> String {
    let mut next = url.clone();
    let others = url.query_pairs().filter(|(name, _)| name != "page");
    let pairs: Vec<_> = others.map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    next.query_pairs_mut().clear().extend_pairs(pairs).append_pair("page", &page.to_string());
    next[url::Position::BeforePath..].to_owned()
}
