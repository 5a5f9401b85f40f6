//! One request, sent until it is answered: the innermost of the three loops.
//!
//! Each attempt works on a copy of the request. It is authorized, waits until the rate allows it, and is sent; then its
//! outcome is judged:
//!
//! * A successful response is delivered.
//! * A transient fault (no connection, a cut body, a 503) is waited out, and the request is sent again.
//! * A refused token is renewed, and the request is sent again at once.
//! * A final fault (a 404, a redirect to another host), the last allowed attempt, a wait that is too long, or a stop of
//!   the run ends the request with a [`RequestError`]. No caller retries it.
//!
//! [`retry`] decides which of these it is. The sibling files do the steps: `exchange.rs` sends one attempt, `wait.rs`
//! waits, `builder.rs` has the settings of a client.

pub mod answer;
pub mod auth;
mod body_fault;
mod builder;
mod document;
mod error;
mod exchange;
mod given_up;
mod hold;
pub mod rate;
mod redirect;
pub mod refusal;
pub mod retry;
mod row_problem;
mod then;
mod view;
mod wait;

use std::{
    mem,
    sync::{Arc, atomic::AtomicU64},
};

use url::Url;

pub use self::{
    body_fault::BodyFault,
    document::Document,
    error::{AttemptError, RequestError},
    redirect::Misdirection,
    row_problem::RowProblem,
};
use self::{given_up::GivenUp, hold::Hold, redirect::Redirects};
use crate::{
    client::{
        answer::{Basis, Rules},
        auth::{Auth, Grant, Renewal},
        rate::Pace,
        refusal::RefusalFormat,
        retry::{Attempts, Jitter, RetryPolicy, Step, StopReason},
    },
    clock::Clock,
    event::{Event, Observer},
    http::{
        origins::Origins,
        request::Request,
        secret::Secrets,
        transport::{Response, Transport},
    },
};

/// Sends requests until they are answered or have failed for good. Shared by all threads of a run.
///
/// Every attempt is authorized anew, so it carries the current token. Reading the body is part of the attempt, so a page
/// that is cut off is fetched again.
#[derive(Clone, Debug)]
pub struct Client {
    transport: Arc<dyn Transport>,
    auth: Arc<dyn Auth>,
    origins: Origins,
    clock: Arc<dyn Clock>,
    policy: RetryPolicy,
    refusals: RefusalFormat,
    secrets: Secrets,
    rules: Arc<Rules>,
    redirects: Redirects,
    observer: Arc<dyn Observer>,
    jitter: Arc<Jitter>,
    hold: Arc<Hold>,
    pace: Pace,
    timing: Timing,
    /// The highest [`Grant`] that a request has succeeded with.
    proved: Arc<AtomicU64>,
}

/// When a client sends requests.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Timing {
    /// As the API and the user allow.
    Limited,
    /// At once, because nothing is sent: a recording is replayed.
    Unlimited,
}

/// A response with a successful status.
#[derive(Debug)]
pub struct Answer {
    /// The response.
    pub response: Response,
    /// The URL it came from, after redirects. Relative links are resolved against it (RFC 3986 §5.1.3).
    pub url: Url,
    /// Why it is read.
    pub basis: Basis,
}

impl Client {
    /// Sends `request` until `read` can read the answer, and returns what it read. The body is stored in the memory of
    /// `buffer`.
    ///
    /// # Errors
    /// The last fault, once the request is given up.
    pub fn send<T>(
        &self,
        request: &Request,
        buffer: Vec<u8>,
        read: impl Fn(Answer) -> Result<T, BodyFault>,
    ) -> Result<T, RequestError> {
        self.send_while(|| true, &self.rules, request, buffer, read)
    }

    /// Does what [`send`](Self::send) does while `is_wanted`, with other rules. After that it sends nothing and reports
    /// nothing.
    pub(crate) fn send_while<T>(
        &self,
        is_wanted: impl Fn() -> bool,
        rules: &Rules,
        request: &Request,
        buffer: Vec<u8>,
        read: impl Fn(Answer) -> Result<T, BodyFault>,
    ) -> Result<T, RequestError> {
        let mut attempts = self.policy.begin(request.replay);
        let sent = self.repeat(&mut attempts, &is_wanted, rules, request, buffer, read);
        sent.map_err(|given_up| given_up.error(request, attempts.made()))
    }

    /// The loop: one attempt after another, until one succeeds or there is no point in another.
    fn repeat<T>(
        &self,
        attempts: &mut Attempts<'_>,
        is_wanted: &impl Fn() -> bool,
        rules: &Rules,
        request: &Request,
        mut buffer: Vec<u8>,
        read: impl Fn(Answer) -> Result<T, BodyFault>,
    ) -> Result<T, GivenUp> {
        loop {
            self.wait_for_hold(is_wanted)?;
            let mut attempt = request.clone();
            let grant = self.auth.authorize(&mut attempt)?;
            attempt.grant = grant.0;
            if !self.take_turn(grant)? {
                continue;
            }
            let url = attempt.url.clone();
            let exchanged = self.exchange(attempt, mem::take(&mut buffer), grant, rules, &read);
            self.pace.leave(grant);
            let fault = match exchanged {
                Ok(value) => return Ok(value),
                Err(fault) => fault,
            };
            match self.judge(attempts, is_wanted, &fault) {
                Step::Renew => self.renew(grant, fault),
                Step::Wait(wait) => self.wait_after(fault, wait),
                Step::Stop(reason) => Err(GivenUp::after(fault, reason)),
            }
            .map_err(|given_up| given_up.at(&url))?;
        }
    }

    /// Decides what to do after `fault`. A stop of the run overrides the retry policy.
    fn judge(
        &self,
        attempts: &mut Attempts<'_>,
        is_wanted: &impl Fn() -> bool,
        fault: &AttemptError,
    ) -> Step {
        let step = attempts.judge(fault.outcome(), self.jitter.unit());
        let is_stopped = self.clock.is_interrupted() || !is_wanted();
        if is_stopped { Step::Stop(StopReason::Interrupted) } else { step }
    }

    /// Replaces the token that the API refused with `fault`.
    fn renew(&self, refused: Grant, fault: AttemptError) -> Result<(), GivenUp> {
        if self.auth.renew(refused)? == Renewal::Unsupported {
            return Err(GivenUp::after(fault, StopReason::Unauthorized));
        }
        self.observer.on(&Event::TokenRejected { cause: &fault });
        Ok(())
    }

    /// Sends `request` until the response is JSON.
    ///
    /// # Errors
    /// The last fault, once the request is given up.
    pub fn json(&self, request: &Request) -> Result<Document, RequestError> {
        self.json_while(|| true, &self.rules, request)
    }

    /// Does what [`json`](Self::json) does while `is_wanted`, with other rules.
    pub(crate) fn json_while(
        &self,
        is_wanted: impl Fn() -> bool,
        rules: &Rules,
        request: &Request,
    ) -> Result<Document, RequestError> {
        self.send_while(is_wanted, rules, request, Vec::new(), |answer| Document::read(answer.response))
    }
}
