//! The clock, and waiting.

use std::{
    fmt::Debug,
    sync::{Arc, Condvar, Mutex, PoisonError},
    time::{Duration, Instant, SystemTime},
};

/// Reads the time and waits. Nothing else in longhaul reads a clock or sleeps, so a test with its own clock controls how
/// fast time passes.
///
/// Reading and waiting are one trait, because a fake clock must advance when it is asked to wait.
pub trait Clock: Debug + Send + Sync {
    /// The time of day, to compare with dates that a server sent.
    fn now(&self) -> SystemTime;

    /// The time since this clock was created. It never goes back, even if the time of day is changed.
    fn elapsed(&self) -> Duration;

    /// Returns after `wait`, or as soon as the run is asked to stop.
    fn sleep(&self, wait: Duration) -> Wake;

    /// Whether the run was asked to stop.
    fn is_interrupted(&self) -> bool;
}

/// Why a [`Clock::sleep`] ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Wake {
    /// The time had passed.
    Elapsed,
    /// The run was asked to stop.
    Interrupted,
}

/// A request to stop the run, shared by those who can make it and the threads that wait.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<(Mutex<bool>, Condvar)>);

impl Interrupt {
    /// Ends every wait on the clocks with this interrupt, now and in the future.
    pub fn raise(&self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.1.notify_all();
    }

    /// Whether [`raise`](Self::raise) was called.
    pub fn is_raised(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, wait: Duration) -> Wake {
        let raised = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = self.0.1.wait_timeout_while(raised, wait, |raised| !*raised);
        let (raised, _) = ended.unwrap_or_else(PoisonError::into_inner);
        if *raised { Wake::Interrupted } else { Wake::Elapsed }
    }
}

/// The clock of the operating system.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
    interrupt: Interrupt,
}

impl SystemClock {
    /// A clock that starts now. Its waits end when `interrupt` is raised.
    #[expect(clippy::disallowed_methods, reason = "this is the only place that reads the system clock")]
    pub fn new(interrupt: Interrupt) -> Self {
        Self { started: Instant::now(), interrupt }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the only place that reads the system clock")]
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn sleep(&self, wait: Duration) -> Wake {
        self.interrupt.wait(wait)
    }

    fn is_interrupted(&self) -> bool {
        self.interrupt.is_raised()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raised_interrupt_ends_a_wait_of_an_hour() {
        let interrupt = Interrupt::default();
        let clock = SystemClock::new(interrupt.clone());
        std::thread::scope(|scope| {
            let sleeper = scope.spawn(|| clock.sleep(Duration::from_secs(3600)));
            interrupt.raise();
            assert_eq!(sleeper.join().unwrap(), Wake::Interrupted);
        });
        assert!(clock.is_interrupted());
    }
}
