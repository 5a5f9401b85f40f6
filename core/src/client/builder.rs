//! The settings of a client: its defaults, how to replace them, and how other modules read them.

use std::sync::Arc;

use url::Url;

use super::{Client, Timing, redirect::Redirects};
use crate::{
    client::{
        answer::Rules,
        auth::Auth,
        rate::{ConfiguredLimit, Pace, RateLimit},
        refusal::RefusalFormat,
        retry::{Jitter, RetryPolicy},
    },
    clock::{Clock, Interrupt, SystemClock},
    event::{Observer, Unobserved},
    http::{
        origins::Origins,
        query,
        request::Request,
        secret::{Secret, Secrets},
        transport::Transport,
    },
};

impl Client {
    /// A client on the system clock, with the default retry policy and no observer.
    pub fn new(transport: Arc<dyn Transport>, auth: Arc<dyn Auth>, origins: Origins) -> Self {
        Self {
            transport,
            auth,
            origins,
            clock: Arc::new(SystemClock::new(Interrupt::default())),
            policy: RetryPolicy::default(),
            refusals: RefusalFormat::default(),
            rules: Arc::default(),
            redirects: Redirects::UpTo(5),
            observer: Arc::new(Unobserved),
            jitter: Arc::new(Jitter::new()),
            hold: Arc::default(),
            pace: Pace::default(),
            timing: Timing::Limited,
            secrets: Secrets::default(),
            proved: Arc::default(),
        }
    }

    /// Replaces the clock.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Replaces the retry policy.
    #[must_use]
    pub fn with_policy(self, policy: RetryPolicy) -> Self {
        Self { policy, ..self }
    }

    /// Replaces the rules by which error responses are read.
    #[must_use]
    pub fn with_refusals(self, refusals: RefusalFormat) -> Self {
        Self { refusals, ..self }
    }

    /// Replaces the rules that decide what a response means.
    #[must_use]
    pub fn with_rules(self, rules: Rules) -> Self {
        Self { rules: Arc::new(rules), ..self }
    }

    /// Shares the secrets of a run. They are replaced by `***` in everything that the server says.
    #[must_use]
    pub fn with_secrets(self, secrets: Secrets) -> Self {
        Self { secrets, ..self }
    }

    /// Limits the rate of requests. The limits that the API reports apply as well.
    #[must_use]
    pub fn with_rate(self, limit: RateLimit) -> Self {
        Self { pace: Pace::new(limit), ..self }
    }

    /// A client that shares everything with this one, and that has a limit of its own in addition: that of a stream.
    #[must_use]
    pub fn limited_to(&self, limit: ConfiguredLimit) -> Self {
        Self { pace: self.pace.clone().limited_to(limit), ..self.clone() }
    }

    /// Ignores every limit of the rate and every hold, for the replay of a recording.
    #[must_use]
    pub fn without_limits(self) -> Self {
        Self { timing: Timing::Unlimited, ..self }
    }

    /// Sends the events of the client to `observer`.
    #[must_use]
    pub fn with_observer(self, observer: Arc<dyn Observer>) -> Self {
        Self { observer, ..self }
    }

    /// Treats every redirect as an error, as a token endpoint has no reason to send credentials elsewhere.
    #[must_use]
    pub fn without_redirects(self) -> Self {
        Self { redirects: Redirects::Refused, ..self }
    }

    /// A client that shares everything with this one, except that it sends other credentials.
    pub(crate) fn acting_as(&self, auth: Arc<dyn Auth>) -> Self {
        Self { auth, proved: Arc::default(), ..self.clone() }
    }

    /// `url` without the parameter that carries the credential. Servers repeat it in their links, but it is added to each
    /// request anyway, and must not be stored.
    pub(crate) fn without_credential(&self, mut url: Url) -> Url {
        if let Some(name) = self.auth.query() {
            query::remove(&mut url, name);
        }
        url
    }

    /// The origins that credentials may be sent to.
    pub fn origins(&self) -> &Origins {
        &self.origins
    }

    /// The clock of the run.
    pub(crate) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// The same, to keep.
    pub(crate) fn shared_clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// How error responses are read.
    pub(crate) fn refusals(&self) -> &RefusalFormat {
        &self.refusals
    }

    /// The receiver of events.
    pub(crate) fn observer(&self) -> &dyn Observer {
        self.observer.as_ref()
    }

    /// `text` of a server with the secrets of the run replaced by `***`.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.secrets.redact(text)
    }

    /// The secrets of the run.
    pub(crate) fn run_secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// The credentials that are sent with `request`. None if there is no token.
    pub(crate) fn secrets(&self, request: &Request) -> Vec<Secret> {
        let mut attempt = request.clone();
        // Without a token there is nothing to keep secret, so the error does not matter here.
        let _ = self.auth.authorize(&mut attempt);
        attempt.credentials()
    }
}
