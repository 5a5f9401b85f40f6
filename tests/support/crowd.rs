//! Counts the requests that a server handles at once.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Counts the requests that a server handles at once. Each one is held for a moment, so that they overlap.
#[derive(Debug)]
pub struct Crowd {
    expected: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    inside: usize,
    most: usize,
}

/// How long a request waits for others to overlap with. The first ones of a listing have none.
const FOR_OTHERS: Duration = Duration::from_millis(50);

/// How long it then waits for one too many.
const FOR_ONE_MORE: Duration = Duration::from_millis(1);

impl Crowd {
    /// Nothing was counted yet. This many requests at once are expected.
    pub fn new(expected: usize) -> Self {
        Self { expected, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Counts a request.
    pub fn pass(&self) {
        let mut state = self.lock();
        state.inside += 1;
        state.most = state.most.max(state.inside);
        self.changed.notify_all();
        let expected = self.expected;
        for (wait, wanted) in [(FOR_OTHERS, expected), (FOR_ONE_MORE, expected + 1)] {
            let are_too_few = |state: &mut State| state.inside < wanted;
            let waited = self.changed.wait_timeout_while(state, wait, are_too_few);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.inside -= 1;
    }

    /// The most requests at once.
    pub fn most(&self) -> usize {
        self.lock().most
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
