//! The rate of requests, limited by what the API reports and by what the user configured.
//!
//! Requests are sent until a limit is reached; the next one waits for the new period. So a limit costs time, but never
//! an error.

mod budget;
mod configured;
mod reported;

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use http::HeaderMap;

use self::{budget::Budget, configured::Log};
pub(crate) use self::{budget::Turn, reported::exhausted};
pub use self::{configured::ConfiguredLimit, reported::RatePlaces};
use crate::{client::auth::Grant, http::place::Places};

/// What limits the rate of requests.
#[derive(Clone, Debug, Default)]
pub struct RateLimit {
    /// The limit that the user configured. It applies in addition to the reported one.
    pub configured: Option<ConfiguredLimit>,
    /// Where the API reports its limit. `None` reads the header fields of every known family.
    pub reported: Option<RatePlaces>,
}

/// Decides when a request may be sent. Shared by all threads of a run.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    limit: RateLimit,
    state: Mutex<State>,
    answered: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The token that the budget belongs to. Each token has its own.
    grant: Option<Grant>,
    budget: Budget,
    log: Log,
}

/// How often a thread that waits for another's answer checks whether the run is stopped.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

impl Pace {
    pub(crate) fn new(limit: RateLimit) -> Self {
        Self { limit, ..Self::default() }
    }

    /// Asks whether a request with this token may be sent at `now`, on the run's clock.
    pub(crate) fn enter(&self, grant: Grant, now: Duration) -> Turn {
        let mut state = self.lock();
        if state.grant != Some(grant) {
            (state.grant, state.budget) = (Some(grant), Budget::default());
        }
        if let Some(wait) = self.limit.configured.and_then(|configured| state.log.wait(configured, now)) {
            return Turn::Later(wait);
        }
        let turn = state.budget.enter(now);
        if turn == Turn::Now
            && let Some(configured) = self.limit.configured
        {
            state.log.note(configured, now);
        }
        turn
    }

    /// Records the limit that a response reports. `text` finds the text at a place of it.
    pub(crate) fn note(
        &self,
        grant: Grant,
        headers: &HeaderMap,
        text: impl Fn(&Places) -> Option<String>,
        time: SystemTime,
        now: Duration,
    ) {
        let reported = match &self.limit.reported {
            Some(places) => reported::read_at(places, text, time),
            None => reported::read(headers, time),
        };
        let mut state = self.lock();
        if state.grant == Some(grant) {
            state.budget.note(reported, now);
        }
    }

    /// Records that a request with this token is done.
    pub(crate) fn leave(&self, grant: Grant) {
        let mut state = self.lock();
        if state.grant == Some(grant) {
            state.budget.leave();
        }
        drop(state);
        self.answered.notify_all();
    }

    /// Waits until another request is done, or for a short time.
    pub(crate) fn wait_for_another(&self) {
        // The caller checks the state again, so it does not matter what ended the wait.
        drop(self.answered.wait_timeout(self.lock(), POLL_INTERVAL));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
