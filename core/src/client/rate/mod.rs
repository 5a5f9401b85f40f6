//! Limits on the rate of requests: those that an API tells, and one of the user's own.
//!
//! A budget is spent to the last request and then waited for. What a limit costs is time, never a refusal.

mod budget;
mod configured;
mod reported;

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use http::HeaderMap;

pub(crate) use self::budget::Turn;
use self::{budget::Budget, configured::Log};
pub use self::{configured::Ceiling, reported::RateHeaders};
use crate::client::auth::Grant;

/// What limits the rate of requests.
#[derive(Clone, Debug, Default)]
pub struct RateLimit {
    /// A limit beside what the API tells.
    pub ceiling: Option<Ceiling>,
    /// The fields by which the API tells; where none are given, those of any known family.
    pub headers: Option<RateHeaders>,
}

/// Lets requests go at the rate that is allowed. Shared by all threads of a run.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    limit: RateLimit,
    state: Mutex<State>,
    answered: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Of which credential; each has a budget of its own.
    grant: Option<Grant>,
    budget: Budget,
    log: Log,
}

/// How long a thread waits at a time for another's answer, so that it sees when the run is to stop.
const GLANCE: Duration = Duration::from_millis(100);

impl Pace {
    pub(crate) fn new(limit: RateLimit) -> Self {
        Self { limit, ..Self::default() }
    }

    /// Asks for a request with this credential to go, at `now` on the run's clock.
    pub(crate) fn enter(&self, grant: Grant, now: Duration) -> Turn {
        let mut state = self.lock();
        if state.grant != Some(grant) {
            (state.grant, state.budget) = (Some(grant), Budget::default());
        }
        if let Some(wait) = self.limit.ceiling.and_then(|ceiling| state.log.wait(ceiling, now)) {
            return Turn::Later(wait);
        }
        let turn = state.budget.enter(now);
        if turn == Turn::Now
            && let Some(ceiling) = self.limit.ceiling
        {
            state.log.note(ceiling, now);
        }
        turn
    }

    /// Takes note of what an answer tells.
    pub(crate) fn note(&self, grant: Grant, headers: &HeaderMap, time: SystemTime, now: Duration) {
        let told = reported::read(headers, self.limit.headers.as_ref(), time);
        let mut state = self.lock();
        if state.grant == Some(grant) {
            state.budget.note(told, now);
        }
    }

    /// A request with this credential is over.
    pub(crate) fn leave(&self, grant: Grant) {
        let mut state = self.lock();
        if state.grant == Some(grant) {
            state.budget.leave();
        }
        drop(state);
        self.answered.notify_all();
    }

    /// Waits until another request is over, though not for long.
    pub(crate) fn wait_for_another(&self) {
        // Whatever ends the wait, the state is looked at again.
        drop(self.answered.wait_timeout(self.lock(), GLANCE));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
