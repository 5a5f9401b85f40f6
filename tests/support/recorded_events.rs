//! Records the events of a run.

use std::sync::{Mutex, MutexGuard, PoisonError};

use longhaul_core::event::{Event, Fault, Observer, Pause};

/// Records the faults that were retried, the pauses, and the number of rejected tokens.
#[derive(Debug, Default)]
pub struct RecordedEvents(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    retried: Vec<Fault>,
    pauses: Vec<Pause>,
    rejected_tokens: usize,
}

impl RecordedEvents {
    /// The faults that were retried so far, in order.
    pub fn retried(&self) -> Vec<Fault> {
        self.lock().retried.clone()
    }

    /// Why nothing was sent for some time, in order.
    pub fn pauses(&self) -> Vec<Pause> {
        self.lock().pauses.clone()
    }

    /// The number of tokens that were rejected and renewed so far.
    pub fn rejected_tokens(&self) -> usize {
        self.lock().rejected_tokens
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for RecordedEvents {
    fn on(&self, event: &Event<'_>) {
        match event {
            Event::Retrying { fault, .. } => self.lock().retried.push(*fault),
            Event::Holding { pause, .. } => self.lock().pauses.push(*pause),
            Event::TokenRejected { .. } => self.lock().rejected_tokens += 1,
            _ => {}
        }
    }
}
