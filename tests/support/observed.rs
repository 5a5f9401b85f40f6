//! The events of a run.

use std::sync::{Mutex, PoisonError};

use longhaul_core::event::{Event, Fault, Observer};

/// Records the faults that were retried, and the number of rejected tokens.
#[derive(Debug, Default)]
pub struct Observed(Mutex<(Vec<Fault>, usize)>);

impl Observed {
    /// The faults so far, in order.
    pub fn survived(&self) -> Vec<Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// The number of tokens that were rejected and renewed.
    pub fn tokens_died(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

impl Observer for Observed {
    fn on(&self, event: &Event<'_>) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Retrying { fault, .. } => seen.0.push(*fault),
            Event::TokenRejected { .. } => seen.1 += 1,
            _ => {}
        }
    }
}
