//! One request, from the credential to an answer that could be read: the innermost of the three loops.

pub mod auth;
mod error;
mod hold;
pub mod rate;
mod redirect;
pub mod refusal;
pub mod retry;

use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use http::StatusCode;
use url::Url;

pub use self::{
    error::{BodyFault, RequestError, Trouble},
    redirect::Misdirection,
};
use self::{hold::Hold, redirect::Redirects};
use crate::{
    client::{
        auth::{Auth, AuthError, Grant, Renewal},
        rate::{Pace, RateLimit, Turn},
        refusal::RefusalFormat,
        retry::{Jitter, RetryPolicy, Step, StopReason, retry_after},
    },
    clock::{Clock, Interrupt, SystemClock, Wake},
    event::{Event, Observer, Unobserved},
    http::{
        origins::Origins,
        request::Request,
        secret::Secret,
        transport::{Response, Transport},
    },
    shown_url::ShownUrl,
};

/// Sends requests until they are answered, or until it is clear that they will not be.
///
/// The credential is attached inside the retry, so each attempt carries the current one; reading the body is part of
/// the attempt too, so a page that arrived cut is asked for again. Shared by all threads of a run.
#[derive(Debug)]
pub struct Client {
    transport: Arc<dyn Transport>,
    auth: Arc<dyn Auth>,
    origins: Origins,
    clock: Arc<dyn Clock>,
    policy: RetryPolicy,
    refusals: RefusalFormat,
    redirects: Redirects,
    observer: Arc<dyn Observer>,
    jitter: Jitter,
    hold: Hold,
    pace: Pace,
    /// The highest [`Grant`] that a request has succeeded with.
    proved: AtomicU64,
}

/// An answer with a successful status, and where it came from after redirects.
#[derive(Debug)]
pub struct Answer {
    /// The answer.
    pub response: Response,
    /// The URL that gave it; relative links count from here (RFC 3986 §5.1.3).
    pub url: Url,
}

impl Client {
    /// A client on the machine's clock, with the default retry policy and unobserved.
    pub fn new(transport: Arc<dyn Transport>, auth: Arc<dyn Auth>, origins: Origins) -> Self {
        Self {
            transport,
            auth,
            origins,
            clock: Arc::new(SystemClock::new(Interrupt::default())),
            policy: RetryPolicy::default(),
            refusals: RefusalFormat::default(),
            redirects: Redirects::UpTo(5),
            observer: Arc::new(Unobserved),
            jitter: Jitter::new(),
            hold: Hold::default(),
            pace: Pace::default(),
            proved: AtomicU64::new(0),
        }
    }

    /// The same client on another clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// The same client with another retry policy.
    #[must_use]
    pub fn with_policy(self, policy: RetryPolicy) -> Self {
        Self { policy, ..self }
    }

    /// The same client, reading refusals of another shape.
    #[must_use]
    pub fn with_refusals(self, refusals: RefusalFormat) -> Self {
        Self { refusals, ..self }
    }

    /// The same client, at this rate beside what the API tells.
    #[must_use]
    pub fn with_rate(self, limit: RateLimit) -> Self {
        Self { pace: Pace::new(limit), ..self }
    }

    /// The same client, telling `observer` what happens.
    #[must_use]
    pub fn with_observer(self, observer: Arc<dyn Observer>) -> Self {
        Self { observer, ..self }
    }

    /// The same client, taking every redirect for a refusal: a token endpoint has no business sending us elsewhere.
    #[must_use]
    pub fn without_redirects(self) -> Self {
        Self { redirects: Redirects::Refused, ..self }
    }

    /// Where credentials may go.
    pub fn origins(&self) -> &Origins {
        &self.origins
    }

    /// The clock of the run.
    pub(crate) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// Whom to tell what happens.
    pub(crate) fn observer(&self) -> &dyn Observer {
        self.observer.as_ref()
    }

    /// What a request like this one carries and nobody else may see.
    pub(crate) fn secrets(&self, request: &Request) -> Vec<Secret> {
        let mut attempt = request.clone();
        // Without a token there is none to keep to ourselves.
        let _ = self.auth.authorize(&mut attempt);
        let sensitive = attempt.headers.values().filter(|value| value.is_sensitive());
        let texts = sensitive.filter_map(|value| value.to_str().ok());
        texts.map(|text| Secret::new(text.strip_prefix("Bearer ").unwrap_or(text))).collect()
    }

    /// Sends `request` until `read` makes something of an answer. `buffer` lends its memory to the body.
    pub fn send<T>(
        &self,
        request: &Request,
        buffer: Vec<u8>,
        read: impl Fn(Answer) -> Result<T, BodyFault>,
    ) -> Result<T, RequestError> {
        self.send_while(|| true, request, buffer, read)
    }

    /// The same for as long as anybody wants the answer. After that nothing is sent any more, and nobody is told.
    pub(crate) fn send_while<T>(
        &self,
        is_wanted: impl Fn() -> bool,
        request: &Request,
        mut buffer: Vec<u8>,
        read: impl Fn(Answer) -> Result<T, BodyFault>,
    ) -> Result<T, RequestError> {
        let mut attempts = self.policy.begin(request.replay);
        loop {
            let gave_up = |made, reason| RequestError::new(request, made, reason);
            self.wait_until_held_off().map_err(|reason| gave_up(attempts.made(), reason))?;
            if !is_wanted() {
                return Err(gave_up(attempts.made(), StopReason::Interrupted));
            }
            let mut attempt = request.clone();
            let no_credential = |made, error| RequestError::without_credential(request, made, error);
            let authorized = self.auth.authorize(&mut attempt);
            let grant = authorized.map_err(|error| no_credential(attempts.made(), error))?;
            if !self.is_our_turn(grant).map_err(|reason| gave_up(attempts.made(), reason))? {
                continue;
            }
            let exchanged = self.exchange(attempt, mem::take(&mut buffer), grant, &read);
            self.pace.leave(grant);
            let trouble = match exchanged {
                Ok(value) => return Ok(value),
                Err(trouble) => trouble,
            };
            let mut step = attempts.judge(trouble.outcome(), self.jitter.unit());
            if self.clock.is_interrupted() || !is_wanted() {
                step = Step::Stop(StopReason::Interrupted);
            }
            if step == Step::Renew {
                let renewed = self.renew(grant, &trouble);
                step = renewed.map_err(|error| no_credential(attempts.made(), error))?;
            }
            match step {
                Step::Renew => {}
                Step::Wait(wait) => {
                    self.observer.on(&Event::Survived { fault: trouble.fault(), cause: &trouble, wait });
                    if self.clock.sleep(wait) == Wake::Interrupted {
                        return Err(gave_up(attempts.made(), StopReason::Interrupted).because(trouble));
                    }
                }
                // What breaks because the run is stopped is not why it stopped.
                Step::Stop(StopReason::Interrupted) if matches!(trouble, Trouble::Failed(_)) => {
                    return Err(gave_up(attempts.made(), StopReason::Interrupted));
                }
                Step::Stop(reason) => return Err(gave_up(attempts.made(), reason).because(trouble)),
            }
        }
    }

    /// Sends `request` until the answer is JSON.
    pub fn json(&self, request: &Request) -> Result<serde_json::Value, RequestError> {
        self.json_while(|| true, request)
    }

    /// The same for as long as anybody wants the answer.
    pub(crate) fn json_while(
        &self,
        is_wanted: impl Fn() -> bool,
        request: &Request,
    ) -> Result<serde_json::Value, RequestError> {
        self.send_while(is_wanted, request, Vec::new(), |answer| {
            let body = answer.response.body;
            BodyFault::check(&body)?;
            serde_json::from_slice(&body).map_err(BodyFault::NotJson)
        })
    }

    /// One attempt: sends, follows redirects, and reads.
    fn exchange<T>(
        &self,
        mut request: Request,
        mut buffer: Vec<u8>,
        grant: Grant,
        read: impl Fn(Answer) -> Result<T, BodyFault>,
    ) -> Result<T, Trouble> {
        let mut followed = 0;
        loop {
            self.observer.on(&Event::Sending { method: &request.method, url: &ShownUrl::from(&request.url) });
            let response = self.transport.send(&request, mem::take(&mut buffer))?;
            self.take_note(&response, grant);
            if response.status.is_success() {
                return Ok(read(Answer { response, url: request.url })?);
            }
            match self.redirects.next(&request, &response, followed)? {
                Some(url) => {
                    request = redirect::at(request, response.status, self.origins.admit(url)?);
                    followed += 1;
                }
                None => return Err(self.refusal(&response, &request, grant)),
            }
        }
    }

    /// A `Retry-After` is a floor for every request to this API, not only for the one that drew it.
    fn take_note(&self, response: &Response, grant: Grant) {
        if let Some(wait) = self.asked_wait(response) {
            self.hold.until(self.clock.elapsed().saturating_add(wait));
        }
        if response.status.is_success() {
            self.proved.fetch_max(grant.0, Ordering::Relaxed);
        }
        // Others go from now on, and what they are answered is judged by what this one has proved.
        self.pace.note(grant, &response.headers, self.clock.now(), self.clock.elapsed());
    }

    fn asked_wait(&self, response: &Response) -> Option<Duration> {
        if response.status.is_success() {
            return None;
        }
        retry_after(response.header("retry-after")?, response.header("date"), self.clock.now())
    }

    fn refusal(&self, response: &Response, request: &Request, grant: Grant) -> Trouble {
        let refusal = self.refusals.read(response, request);
        if response.status == StatusCode::UNAUTHORIZED {
            // A renewed credential that was never taken says that renewing does not help.
            let renewed = grant > Grant::FIRST && self.proved.load(Ordering::Relaxed) < grant.0;
            return if renewed {
                Trouble::FreshCredential(refusal)
            } else {
                Trouble::DeadCredential(refusal)
            };
        }
        let throttled = self.refusals.is_throttled(response);
        Trouble::Refused { refusal, throttled, retry_after: self.asked_wait(response) }
    }

    fn renew(&self, refused: Grant, trouble: &Trouble) -> Result<Step, AuthError> {
        let renewal = self.auth.renew(refused)?;
        if renewal == Renewal::Unsupported {
            return Ok(Step::Stop(StopReason::Unauthorized));
        }
        self.observer.on(&Event::TokenDied { cause: trouble });
        Ok(Step::Renew)
    }

    /// Whether the rate allows a request now. Where it does not, this waits; much may be otherwise afterwards.
    fn is_our_turn(&self, grant: Grant) -> Result<bool, StopReason> {
        match self.pace.enter(grant, self.clock.elapsed()) {
            Turn::Now => return Ok(true),
            Turn::AfterAnother => self.pace.wait_for_another(),
            Turn::Later(wait) if wait > self.policy.max_wait => return Err(StopReason::WaitTooLong(wait)),
            Turn::Later(wait) => {
                self.observer.on(&Event::Holding { wait });
                self.clock.sleep(wait);
            }
        }
        Ok(false)
    }

    fn wait_until_held_off(&self) -> Result<(), StopReason> {
        loop {
            if self.clock.is_interrupted() {
                return Err(StopReason::Interrupted);
            }
            let wait = self.hold.left(self.clock.elapsed());
            if wait.is_zero() {
                return Ok(());
            }
            if wait > self.policy.max_wait {
                return Err(StopReason::WaitTooLong(wait));
            }
            self.observer.on(&Event::Holding { wait });
            self.clock.sleep(wait);
        }
    }
}
