//! A clock shared by threads that stand for machines.

use std::{
    collections::BTreeSet,
    sync::{Condvar, Mutex, MutexGuard},
    time::{Duration, SystemTime},
};

use longhaul_core::{Clock, clock::Wake};
use longhaul_tests::EPOCH;

/// A clock that moves to the next time at which a thread wakes, once all of them sleep. One thread runs at a time, in the
/// order of their times, so nothing depends on how the system schedules them.
#[derive(Debug)]
pub(super) struct SharedClock {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    now: Duration,
    /// When the sleeping threads wake, and the order in which they fell asleep.
    sleeping: BTreeSet<(Duration, u64)>,
    slept: u64,
    /// How many threads have not fallen asleep for the first time.
    starting: usize,
    /// The thread that runs.
    turn: Option<(Duration, u64)>,
}

impl SharedClock {
    /// A clock at zero for this many threads. Each must sleep before it does anything else, and [`end`](Self::end).
    pub(super) fn new(threads: usize) -> Self {
        let state =
            State { now: Duration::ZERO, sleeping: BTreeSet::new(), slept: 0, starting: threads, turn: None };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Lets the next thread run, because the one that runs has ended.
    pub(super) fn end(&self) {
        self.next(&mut self.lock());
    }

    fn next(&self, state: &mut State) {
        state.turn = if state.starting == 0 { state.sleeping.pop_first() } else { None };
        if let Some((at, _)) = state.turn {
            state.now = state.now.max(at);
        }
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Clock for SharedClock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + EPOCH + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        self.lock().now
    }

    fn sleep(&self, wait: Duration) -> Wake {
        let mut state = self.lock();
        state.slept += 1;
        let key = (state.now + wait, state.slept);
        state.sleeping.insert(key);
        if state.turn.take().is_none() {
            state.starting -= 1;
        }
        self.next(&mut state);
        drop(self.changed.wait_while(state, |state| state.turn != Some(key)).unwrap());
        Wake::Elapsed
    }

    fn is_interrupted(&self) -> bool {
        false
    }
}
