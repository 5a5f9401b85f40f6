//! The rate of requests, limited by what the API reports and by what the user configured.
//!
//! Requests are sent until a limit is reached; the next one waits for the new period. So a limit costs time, but never
//! an error.

mod budget;
mod configured;
mod reported;
mod share;
mod turn;

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use http::HeaderMap;

use self::{budget::Budget, configured::Limiter};
pub use self::{
    configured::{ConfiguredLimit, ConfiguredRate},
    reported::{LeftPlaces, RatePlaces, RenewalPlaces},
    share::Share,
};
pub(crate) use self::{reported::exhausted, turn::Turn};
use crate::{client::auth::Grant, http::place::Places};

/// What limits the requests to an API.
#[derive(Clone, Debug, Default)]
pub struct RateLimit {
    /// The limit that the user configured. It applies in addition to the reported one.
    pub configured: ConfiguredLimit,
    /// Where the API reports its limit. `None` reads the header fields of every known family.
    pub reported: Option<RatePlaces>,
    /// The share of both that this worker has, if others have the same limits.
    pub share: Share,
}

/// Decides when a request may be sent. Clones share what they count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pace {
    reported: Arc<Reporting>,
    /// Every configured limit that applies. They are locked in this order.
    configured: Vec<Arc<Limiter>>,
}

/// The limit that the API reports, and the requests of all clients.
#[derive(Debug, Default)]
struct Reporting {
    places: Option<RatePlaces>,
    share: Share,
    state: Mutex<State>,
    answered: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The token that the budget belongs to. Each token has its own.
    grant: Option<Grant>,
    budget: Budget,
    /// How many requests are done.
    done: u64,
}

/// How many requests were done when a thread began to wait for the next one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Done(u64);

/// How often a thread that waits for another's answer checks whether the run is stopped.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

impl Pace {
    pub(crate) fn new(RateLimit { configured, reported, share }: RateLimit) -> Self {
        let reporting = Reporting { places: reported, share, ..Reporting::default() };
        Self { reported: Arc::new(reporting), configured: Vec::new() }.limited_to(share.of(configured))
    }

    /// The same pace with one more limit.
    pub(crate) fn limited_to(mut self, limit: ConfiguredLimit) -> Self {
        if limit != ConfiguredLimit::default() {
            self.configured.push(Arc::new(Limiter::new(limit)));
        }
        self
    }

    /// How many requests are done.
    pub(crate) fn done(&self) -> Done {
        Done(self.lock().done)
    }

    /// Asks whether a request with this token may be sent at `now`, on the run's clock.
    pub(crate) fn enter(&self, grant: Grant, now: Duration) -> Turn {
        let mut limits: Vec<_> = self.configured.iter().map(|limiter| (limiter, limiter.lock())).collect();
        let turns = limits.iter().map(|(limiter, usage)| limiter.turn(usage, now));
        if let Some(turn) = turns.into_iter().find(|turn| *turn != Turn::Now) {
            return turn;
        }
        let mut state = self.lock();
        if state.grant != Some(grant) {
            (state.grant, state.budget) = (Some(grant), Budget::default());
        }
        let turn = state.budget.enter(now);
        if turn == Turn::Now {
            for (limiter, usage) in &mut limits {
                limiter.enter(usage, now);
            }
        }
        turn
    }

    /// Records the limit that a response reports, and returns how much is left. `text` finds the text at a place of the
    /// response.
    pub(crate) fn note(
        &self,
        grant: Grant,
        headers: &HeaderMap,
        text: impl Fn(&Places) -> Option<String>,
        time: SystemTime,
        now: Duration,
    ) -> Option<u64> {
        let reported = match &self.reported.places {
            Some(places) => reported::read_at(places, text, time),
            None => reported::read(headers, time),
        };
        let reported = reported.map(|reported| self.reported.share.of_reported(reported));
        let mut state = self.lock();
        if state.grant == Some(grant) {
            state.budget.note(reported, now);
        }
        reported.map(|reported| reported.left)
    }

    /// Records that a request with this token is done.
    pub(crate) fn leave(&self, grant: Grant) {
        self.configured.iter().for_each(|limiter| limiter.leave());
        let mut state = self.lock();
        if state.grant == Some(grant) {
            state.budget.leave();
        }
        state.done += 1;
        drop(state);
        self.reported.answered.notify_all();
    }

    /// Waits until another request is done after `done`, or for a short time.
    pub(crate) fn wait_for_another(&self, done: Done) {
        // The caller checks everything again, so it does not matter what ended the wait.
        let is_none_done = |state: &mut State| state.done == done.0;
        drop(self.reported.answered.wait_timeout_while(self.lock(), POLL_INTERVAL, is_none_done));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.reported.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
