//! Everything that a pull needs, with defaults.

use std::{error::Error, sync::Arc};

use http::Method;
use longhaul_core::{
    Body, Client, Clock, Origins, Request, Secret, Source, Template,
    client::{
        RequestError,
        answer::{Condition, Rule, Rules, StatusMatch, Then},
        auth::{Anonymous, GrantType, OAuth2, TokenEndpoint},
        retry::RetryPolicy,
    },
    http::transport::{Proxy, Settings, Transport, TransportErrorKind, UreqTransport},
    listing::{
        Listing, PageError,
        end::Ends,
        page::Format,
        paginate::{NextUrl, Paginator},
    },
    pull::{self, Pull, PullError},
    sink::{OpenSink, Variables},
    state::Summary,
    window::Window,
};
use serde_json::json;
use url::{Position, Url};

use crate::{
    exchange::{Received, Reply},
    fake_api::{API_PATH, TOKEN_PATH},
    manual_clock::ManualClock,
    recorded_events::RecordedEvents,
    recording_sink::{CallLog, RecordingSink},
    scripted_transport::ScriptedTransport,
    tokens::Tokens,
};

/// Everything that a pull from [`FakeApi`](crate::FakeApi) needs. A test changes the parts that it is about.
#[derive(Debug)]
pub struct Setup {
    /// Sends the requests.
    pub transport: Arc<dyn Transport>,
    /// The clock of the run.
    pub clock: Arc<dyn Clock>,
    /// When to retry.
    pub policy: RetryPolicy,
    /// The token endpoint.
    pub endpoint: TokenEndpoint,
    /// The first request.
    pub request: Request,
    /// The events of the run.
    pub events: Arc<RecordedEvents>,
}

impl Setup {
    /// A pull from the API at `base` by this transport.
    pub fn new(base: &Url, transport: Arc<dyn Transport>, clock: Arc<dyn Clock>) -> Self {
        let at = |path| base.join(path).expect("a path makes a URL");
        let endpoint = TokenEndpoint {
            client_id: "the-client".to_owned(),
            client_secret: Secret::new("the-s3cret"),
            ..TokenEndpoint::new(at(TOKEN_PATH), GrantType::ClientCredentials)
        };
        let body = Body::Json(json!({"order": "asc"}).into());
        let request = Request { body, ..Request::new(Method::POST, at(API_PATH)) };
        let (policy, events) = (RetryPolicy::default(), Arc::default());
        Self { transport, clock, policy, endpoint, request, events }
    }

    /// A pull from a scripted API.
    pub fn scripted(
        clock: &Arc<ManualClock>,
        script: impl Fn(&Received) -> Result<Reply, TransportErrorKind> + Send + Sync + 'static,
    ) -> (Self, Arc<ScriptedTransport>) {
        let transport = ScriptedTransport::new(clock, script);
        let base = "https://api.example".parse().expect("a URL");
        (Self::new(&base, Arc::clone(&transport) as _, Arc::clone(clock) as _), transport)
    }

    /// A pull from a scripted API that accepts only these tokens.
    pub fn scripted_api(
        tokens: &Arc<Tokens>,
        answer: impl Fn(&Received) -> Reply + Send + Sync + 'static,
    ) -> (Self, Arc<ScriptedTransport>) {
        let tokens = Arc::clone(tokens);
        Self::scripted(&ManualClock::new(), move |request| {
            if request.is_for_token() {
                return Ok(tokens.issue(request.at));
            }
            Ok(tokens.check(request, request.at).err().unwrap_or_else(|| answer(request)))
        })
    }

    /// A pull over real sockets, with a clock whose waits take no time.
    pub fn over_sockets(base: &Url, clock: &Arc<ManualClock>) -> Self {
        Self::over_sockets_with(base, clock, Settings::default())
    }

    /// A pull over real sockets with these settings, without a proxy.
    pub fn over_sockets_with(base: &Url, clock: &Arc<ManualClock>, settings: Settings) -> Self {
        let settings = Settings { proxy: Proxy::Direct, ..settings };
        let transport = UreqTransport::new(&settings).expect("settings without files");
        Self::new(base, Arc::new(transport), Arc::clone(clock) as _)
    }

    /// The credentials of the pull.
    pub fn oauth2(&self) -> OAuth2 {
        let origins = Origins::of([&self.endpoint.url]);
        let client = Client::new(Arc::clone(&self.transport), Arc::new(Anonymous), origins)
            .with_clock(Arc::clone(&self.clock))
            .with_policy(self.policy.clone())
            .with_observer(Arc::clone(&self.events) as _);
        OAuth2::new(self.endpoint.clone(), client)
    }

    /// The client of the pull, with its own credentials.
    pub fn client(&self) -> Client {
        let origins = Origins::of([&self.request.url]);
        Client::new(Arc::clone(&self.transport), Arc::new(self.oauth2()), origins)
            .with_clock(Arc::clone(&self.clock))
            .with_policy(self.policy.clone())
            .with_observer(Arc::clone(&self.events) as _)
    }

    /// The listing of the pull.
    pub fn listing(&self) -> Listing {
        let next = "/nextPageUri".parse().expect("a pointer");
        Listing {
            request: self.request.clone(),
            records: "/results".parse().expect("a pointer"),
            paginator: Arc::new(NextUrl::at(next)),
            ends: Ends::default(),
            rules: Arc::new(Rules::of_pages(Vec::new())),
            format: Format::Json,
            start: None,
        }
    }

    /// The source of the pull.
    pub fn source(&self) -> Source {
        let Request { method, url, headers, body, replay, .. } = self.request.clone();
        let path = url[Position::BeforePath..].to_owned();
        let base_url = url.join("/").expect("an API has a root");
        let first = Template { method, base_url, path, query: Vec::new(), headers, body, replay };
        let Listing { records, paginator, ends, rules, format, .. } = self.listing();
        Source {
            first,
            format,
            records,
            paginator,
            ends,
            rules,
            unique: None,
            incremental: None,
            filter: None,
            job: None,
            windows: None,
            each: Vec::new(),
            concurrency: 1,
        }
    }

    /// Another listing of the same API, requested by GET without a body.
    pub fn source_at(&self, path: &str, records: &str, paginator: impl Paginator + 'static) -> Source {
        let source = self.source();
        let first =
            Template { method: Method::GET, path: path.to_owned(), body: Body::Empty, ..source.first };
        Source::new(first, records.parse().expect("a pointer"), paginator)
    }

    /// Pulls everything into a sink named `out`.
    pub fn run(&self) -> Pulled {
        let calls = CallLog::default();
        self.run_into(&calls, &[("out", calls.sink("out"))])
    }

    /// Pulls everything into these sinks, which record their calls in `calls`.
    pub fn run_into(&self, calls: &CallLog, sinks: &[(&str, RecordingSink)]) -> Pulled {
        let sinks = sinks.iter().map(|(name, sink)| (*name, sink as &dyn OpenSink)).collect();
        Pulled { outcome: self.pull_into(&self.source(), None, sinks), calls: calls.clone() }
    }

    /// Pulls another source than [`Setup::source`] into a sink named `out`.
    pub fn pull(&self, source: &Source, windows: Option<Vec<Window>>) -> Pulled {
        let calls = CallLog::default();
        let outcome = self.pull_into(source, windows, vec![("out", &calls.sink("out"))]);
        Pulled { outcome, calls }
    }

    /// Pulls another source than [`Setup::source`] into any sinks.
    pub fn pull_into(
        &self,
        source: &Source,
        windows: Option<Vec<Window>>,
        sinks: Vec<(&str, &dyn OpenSink)>,
    ) -> Result<Summary, PullError> {
        self.pull_as(self.client(), source, windows, sinks)
    }

    /// Does the same with another client than [`Setup::client`].
    pub fn pull_as(
        &self,
        client: Client,
        source: &Source,
        windows: Option<Vec<Window>>,
        sinks: Vec<(&str, &dyn OpenSink)>,
    ) -> Result<Summary, PullError> {
        Self::pull_at_most(None, client, source, windows, sinks)
    }

    /// Pulls at most `limit` records of another source into a sink named `out`.
    pub fn sample(&self, source: &Source, windows: Option<Vec<Window>>, limit: u64) -> Pulled {
        let calls = CallLog::default();
        let sink = calls.sink("out");
        let outcome = Self::pull_at_most(Some(limit), self.client(), source, windows, vec![("out", &sink)]);
        Pulled { outcome, calls }
    }

    fn pull_at_most(
        limit: Option<u64>,
        client: Client,
        source: &Source,
        windows: Option<Vec<Window>>,
        sinks: Vec<(&str, &dyn OpenSink)>,
    ) -> Result<Summary, PullError> {
        let pull = Pull {
            source,
            windows,
            parents: None,
            sinks,
            variables: Variables::new("conversations", "/"),
            spool: None,
            columns: Vec::new(),
            strict: false,
            limit,
            checkpointing: None,
        };
        pull::run(&pull, &Arc::new(client))
    }
}

/// The outcome of a pull.
#[derive(Debug)]
pub struct Pulled {
    /// How it ended.
    pub outcome: Result<Summary, PullError>,
    /// The calls of the sinks.
    pub calls: CallLog,
}

impl Pulled {
    /// The records of a pull that must have succeeded.
    pub fn records(&self) -> Vec<String> {
        self.summary();
        self.calls.records("out")
    }

    /// The summary of a pull that must have succeeded.
    pub fn summary(&self) -> Summary {
        let summary = self.outcome.as_ref().cloned();
        summary.unwrap_or_else(|error| panic!("the pull failed: {}", chain(error)))
    }

    /// The error of a pull that must have failed.
    pub fn error(&self) -> &PullError {
        self.outcome.as_ref().expect_err("the pull should have failed")
    }

    /// The error of a pull that must have failed at a page.
    pub fn page_error(&self) -> &PageError {
        match self.error() {
            PullError::Page(error) => error,
            other => panic!("not an error of a page: {}", chain(other)),
        }
    }

    /// The error of a pull that must have failed at a request.
    pub fn request_error(&self) -> &RequestError {
        match self.page_error() {
            PageError::Request(error) => error,
            other => panic!("not an error of a request: {}", chain(other)),
        }
    }
}

/// An error and its causes, one per line, as in a report.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The rules for an API that reports too many results with this status, and with this code if there is one.
pub fn split_on(status: u16, code: Option<&str>) -> Arc<Rules> {
    let rule = by_status(status, Then::Split);
    let when = Condition { code: code.map(str::to_owned), ..rule.when };
    Arc::new(Rules::of_pages(vec![Rule { when, ..rule }]))
}

/// The rule for all answers with this status.
pub fn by_status(status: u16, then: Then) -> Rule {
    let when = Condition { status: vec![StatusMatch::Code(status)], ..Condition::default() };
    Rule { when, then, after: None, message: None, hint: None }
}

/// The ends of a listing that reports its total at `place`.
pub fn with_total(place: &str) -> Ends {
    Ends { total: Some(place.parse().expect("a place")), ..Ends::default() }
}

/// The ends of a listing that says at `place` whether there are more pages.
pub fn with_more(place: &str) -> Ends {
    Ends { more: Some(place.parse().expect("a place")), ..Ends::default() }
}
