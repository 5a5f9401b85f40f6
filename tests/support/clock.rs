//! A clock that is set by hand.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
    time::{Duration, SystemTime},
};

use longhaul_core::{Clock, clock::Wake};

/// The time of day at which every [`ManualClock`] starts: Fri, 31 Dec 1999 12:00:00 GMT.
pub const EPOCH: Duration = Duration::from_secs(946_641_600);

/// A clock on which time goes on when somebody sleeps or when a test says so, and never by itself.
///
/// A sleep begins when the thread has last looked at the clock. So threads that look, and then sleep, do so side by side,
/// however the machine happens to schedule them.
#[derive(Debug, Default)]
pub struct ManualClock(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    elapsed: Duration,
    /// What each thread saw last.
    seen: HashMap<ThreadId, Duration>,
    sleeps: Vec<Duration>,
    interrupted_at: Option<Duration>,
}

impl ManualClock {
    /// A clock at zero.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Lets time go on.
    pub fn advance(&self, by: Duration) {
        let mut state = self.lock();
        state.elapsed += by;
        state.look();
    }

    /// Asks the run to stop when the clock comes to `time`, be it in the middle of a sleep.
    pub fn interrupt_at(&self, time: Duration) {
        self.lock().interrupted_at = Some(time);
    }

    /// How long each sleep was meant to be, in order.
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
        let begun = state.seen.get(&thread::current().id()).copied().unwrap_or(state.elapsed);
        let end = begun.saturating_add(wait);
        let (end, wake) = match state.interrupted_at {
            Some(time) if time <= end.max(state.elapsed) => (time, Wake::Interrupted),
            _ => (end, Wake::Rested),
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
    /// The time, as this thread sees it now.
    fn look(&mut self) -> Duration {
        self.seen.insert(thread::current().id(), self.elapsed);
        self.elapsed
    }
}
