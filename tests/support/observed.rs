//! What a run told while it went on.

use std::sync::{Mutex, PoisonError};

use longhaul_core::event::{Event, Fault, Observer};

/// Keeps the faults that were survived, and how many tokens died.
#[derive(Debug, Default)]
pub struct Observed(Mutex<(Vec<Fault>, usize)>);

impl Observed {
    /// The faults survived so far, in order.
    pub fn survived(&self) -> Vec<Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// How many tokens died and were replaced.
    pub fn tokens_died(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

impl Observer for Observed {
    fn on(&self, event: &Event<'_>) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Survived { fault, .. } => seen.0.push(*fault),
            Event::TokenDied { .. } => seen.1 += 1,
            _ => {}
        }
    }
}
