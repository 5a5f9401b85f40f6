//! Decides whether a request is served, and which fault it meets.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use longhaul_core::Clock;

use crate::{
    errors::ApiError,
    faults::{Candidate, Draw, Fault},
    oauth,
    random::Random,
    rate::Budget,
    request::Request,
    resources::Resources,
    response::Response,
    router::{Route, Target},
    settings::Settings,
    stats::Stats,
    tokens::{Admission, Denial, Tokens},
    tutorial,
};

/// The API, without its connections.
#[derive(Debug)]
pub(crate) struct Api {
    settings: Settings,
    clock: Arc<dyn Clock>,
    resources: Resources,
    state: Mutex<State>,
}

/// The part that changes with each request.
#[derive(Debug)]
struct State {
    correlations: Random,
    faults: Draw,
    stats: Stats,
    tokens: Tokens,
}

/// How a request is answered.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The response is cut short in the middle of its body.
    Cut(Response),
    /// The connection is closed without a response.
    Nothing,
    /// The connection is reset without a response.
    Reset,
    /// The complete response is sent.
    Whole(Response),
}

impl Api {
    pub(crate) fn new(settings: Settings, clock: Arc<dyn Clock>, base_url: String) -> Self {
        let state = State {
            correlations: Random::new(settings.seed, "correlation", 0),
            faults: Draw::new(settings.faults.clone(), settings.seed),
            stats: Stats::default(),
            tokens: Tokens::new(&settings),
        };
        let resources = Resources::new(&settings, base_url);
        Self { settings, clock, resources, state: Mutex::new(state) }
    }

    pub(crate) fn stats(&self) -> Stats {
        let mut state = self.state();
        let mut counts = state.stats.clone();
        state.tokens.report(&mut counts, self.clock.elapsed());
        self.resources.report(&mut counts);
        counts
    }

    pub(crate) fn make_available(&self, until: Timestamp) {
        self.resources.make_available(until.as_millisecond());
    }

    /// Answers a request. Every change and every count is made before this returns.
    pub(crate) fn answer(&self, request: &Request) -> Answer {
        if !self.settings.latency.is_zero() {
            self.clock.sleep(self.settings.latency);
        }
        let correlation = self.state().correlations.uuid();
        let route = Route::find(&request.method, &request.path);
        let name = route.as_ref().map_or("other", |route| route.name);
        *self.state().stats.requests.entry(name).or_default() += 1;
        let answer = match route {
            Ok(Route { target: Target::Token, .. }) => Answer::Whole(self.token(request)),
            Ok(route) => self.guard(&route, request, &correlation),
            Err(error) => Answer::Whole(error.response(&correlation)),
        };
        self.finish(answer, &correlation, name)
    }

    /// The response to something that could not be read as a request.
    pub(crate) fn refuse(&self, status: u16, problem: &str) -> Response {
        let correlation = self.state().correlations.uuid();
        let code = if status == 413 { "request.entity.too.large" } else { "bad.request" };
        let response = ApiError::new(status, code, format!("The request is malformed: {problem}."))
            .response(&correlation);
        self.dress(response, &correlation)
    }

    fn token(&self, request: &Request) -> Response {
        let mut state = self.state();
        if state.stats.token_refusals < u64::from(self.settings.token_refusals) {
            state.stats.token_refusals += 1;
            return oauth::too_fast();
        }
        oauth::token(request, &self.settings, &mut state.tokens, self.clock.elapsed())
    }

    /// Checks the token, draws a fault, and serves the request if there is none.
    fn guard(&self, route: &Route<'_>, request: &Request, correlation: &str) -> Answer {
        let Some(token) = bearer(request) else {
            return Answer::Whole(ApiError::authentication_required().response(correlation));
        };
        let now = self.clock.elapsed();
        let admission = match self.state().tokens.admit(token, now) {
            Ok(admission) => admission,
            Err(denial) => return Answer::Whole(denied(denial).response(correlation)),
        };
        let fault = self.draw(route, request, admission);
        let failed = |error: ApiError| Answer::Whole(error.response(correlation));
        match fault {
            Some(Fault::CutBeforeAnswer) => Answer::Nothing,
            Some(Fault::Reset) => Answer::Reset,
            Some(Fault::RevokeToken) => {
                self.state().tokens.revoke(token);
                failed(ApiError::bad_credentials())
            }
            Some(Fault::TooManyRequests) => {
                let seconds = self.settings.faults.retry_after;
                self.state().tokens.shut(token, now.saturating_add(Duration::from_secs(seconds)));
                failed(ApiError::too_many_requests(seconds))
            }
            Some(Fault::ErrorObject) => Answer::Whole(tutorial::overloaded()),
            Some(Fault::Unavailable) => failed(ApiError::unavailable()),
            Some(Fault::CutInsideBody) => Answer::Cut(self.serve(route, request, token, correlation)),
            None => {
                let mut response = self.serve(route, request, token, correlation);
                response.headers.extend(admission.budget.headers());
                self.note(&response, route, token);
                Answer::Whole(response)
            }
        }
    }

    fn draw(&self, route: &Route<'_>, request: &Request, admission: Admission) -> Option<Fault> {
        let mut hasher = DefaultHasher::new();
        (&request.method, &request.path, &request.query, &request.body).hash(&mut hasher);
        self.state().faults.next(Candidate {
            request: hasher.finish(),
            proven: admission.proven,
            is_read: route.target.is_read(),
            is_tutorial: matches!(route.target, Target::StartTutorial | Target::ContinueTutorial),
        })
    }

    fn serve(&self, route: &Route<'_>, request: &Request, token: &str, correlation: &str) -> Response {
        let served = match route.target {
            Target::RevokeToken => {
                self.state().tokens.revoke(token);
                Ok(Response::no_content())
            }
            _ => self.resources.answer(route, request, self.clock.now()),
        };
        served.unwrap_or_else(|error| error.response(correlation))
    }

    /// Records a success.
    fn note(&self, response: &Response, route: &Route<'_>, token: &str) {
        if response.is_success() {
            let mut state = self.state();
            state.tokens.succeed(token);
            state.stats.pages += u64::from(route.target.is_page());
        }
    }

    /// Counts the outcome of a request, and adds the common headers to the response, if there is one.
    fn finish(&self, answer: Answer, correlation: &str, name: &str) -> Answer {
        let counts = &mut self.state().stats;
        match answer {
            Answer::Cut(response) => {
                counts.cut_inside_body += 1;
                log::debug!("{name}: cut inside the body");
                Answer::Cut(self.dress(response, correlation))
            }
            Answer::Nothing => {
                counts.cut_before_answer += 1;
                log::debug!("{name}: cut before the answer");
                Answer::Nothing
            }
            Answer::Reset => {
                counts.resets += 1;
                log::debug!("{name}: reset");
                Answer::Reset
            }
            Answer::Whole(response) => {
                counts.count_status(response.status);
                log::debug!("{name}: {}", response.status);
                Answer::Whole(self.dress(response, correlation))
            }
        }
    }

    /// Adds the headers that every response has.
    fn dress(&self, mut response: Response, correlation: &str) -> Response {
        let now = Timestamp::try_from(self.clock.now()).unwrap_or_default();
        // RFC 9110 §6.6.1, in the format of §5.6.7.
        let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        response.headers.extend([("Date", date), ("ININ-Correlation-Id", correlation.to_owned())]);
        response
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bearer token of a request (RFC 6750 §2.1).
fn bearer(request: &Request) -> Option<&str> {
    let (scheme, token) = request.headers.find("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}

fn denied(denial: Denial) -> ApiError {
    match denial {
        Denial::Invalid => ApiError::bad_credentials(),
        Denial::Paused { seconds } => ApiError::too_many_requests(seconds),
        Denial::Spent(budget @ Budget { reset, .. }) => {
            let error = ApiError::too_many_requests(reset);
            budget.headers().into_iter().fold(error, |error, (name, value)| error.with(name, value))
        }
    }
}
