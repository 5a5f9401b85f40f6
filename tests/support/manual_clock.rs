//! A manual clock.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
    time::{Duration, SystemTime},
};

use longhaul_core::{Clock, clock::Wake};

/// The time of day at which every [`ManualClock`] starts: Fri, 31 Dec 1999 12:00:00 GMT.
pub const EPOCH: Duration = Duration::from_secs(946_641_600);

/// A clock that advances only when a thread sleeps, or when the test advances it.
///
/// A sleep starts at the time that its thread last saw. So threads that read the clock and then sleep do so in parallel,
/// however they are scheduled.
#[derive(Debug, Default)]
pub struct ManualClock(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    elapsed: Duration,
    /// The time that each thread saw last.
    seen: HashMap<ThreadId, Duration>,
    sleeps: Vec<Duration>,
    interrupted_at: Option<Duration>,
}

impl ManualClock {
    /// A clock at zero.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Advances the clock.
    pub fn advance(&self, by: Duration) {
        let mut state = self.lock();
        state.elapsed += by;
        state.look();
    }

    /// Stops the run when the clock reaches `time`, also during a sleep.
    pub fn interrupt_at(&self, time: Duration) {
        self.lock().interrupted_at = Some(time);
    }

    /// The requested duration of each sleep, in order.
    pub fn sleeps(&self) -> Vec<Duration> {
        self.lock().sleeps.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + EPOCH + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        self.lock().look()
    }

    fn sleep(&self, wait: Duration) -> Wake {
        let mut state = self.lock();
        state.sleeps.push(wait);
        let start = state.seen.get(&thread::current().id()).copied().unwrap_or(state.elapsed);
        let end = start.saturating_add(wait);
        let (end, wake) = match state.interrupted_at {
            Some(time) if time <= end.max(state.elapsed) => (time, Wake::Interrupted),
            _ => (end, Wake::Elapsed),
        };
        state.elapsed = state.elapsed.max(end);
        state.look();
        wake
    }

    fn is_interrupted(&self) -> bool {
        let state = self.lock();
        state.interrupted_at.is_some_and(|time| time <= state.elapsed)
    }
}

impl State {
    /// The current time, noted for this thread.
    fn look(&mut self) -> Duration {
        self.seen.insert(thread::current().id(), self.elapsed);
        self.elapsed
    }
}
