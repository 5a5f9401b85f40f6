//! The clock of a replay.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
    time::{Duration, SystemTime},
};

use crate::clock::{Clock, Interrupt, Wake};

/// A clock that shows the time of the recorded run, and on which waits take no time.
///
/// Each thread has its own time: that of the last answer that it got, and its waits since then. With one time for all,
/// threads that wait at the same time would add up their waits, and jobs would seem to take too long.
#[derive(Debug)]
pub struct ReplayClock {
    start: SystemTime,
    interrupt: Interrupt,
    elapsed: Mutex<HashMap<ThreadId, Duration>>,
}

impl ReplayClock {
    /// A clock of a run that started at `start`. Its waits end when `interrupt` is raised.
    pub fn new(start: SystemTime, interrupt: Interrupt) -> Self {
        Self { start, interrupt, elapsed: Mutex::default() }
    }

    /// Sets the time of this thread to `elapsed`, unless it is later already.
    pub(super) fn advance_to(&self, elapsed: Duration) {
        let mut all = self.lock();
        let own = all.entry(thread::current().id()).or_default();
        *own = elapsed.max(*own);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ThreadId, Duration>> {
        self.elapsed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ReplayClock {
    fn now(&self) -> SystemTime {
        self.start + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        self.lock().get(&thread::current().id()).copied().unwrap_or_default()
    }

    fn sleep(&self, wait: Duration) -> Wake {
        if self.interrupt.is_raised() {
            return Wake::Interrupted;
        }
        self.advance_to(self.elapsed().saturating_add(wait));
        Wake::Elapsed
    }

    fn is_interrupted(&self) -> bool {
        self.interrupt.is_raised()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_do_not_add_up_their_waits() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1000);
        let clock = ReplayClock::new(start, Interrupt::default());
        let hour = Duration::from_secs(3600);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    clock.advance_to(Duration::from_secs(5));
                    clock.advance_to(Duration::from_secs(2));
                    assert_eq!(clock.sleep(hour), Wake::Elapsed);
                    assert_eq!(clock.elapsed(), hour + Duration::from_secs(5));
                });
            }
        });
        assert_eq!((clock.elapsed(), clock.now()), (Duration::ZERO, start));
    }

    #[test]
    fn a_wait_ends_when_the_run_is_stopped() {
        let interrupt = Interrupt::default();
        let clock = ReplayClock::new(SystemTime::UNIX_EPOCH, interrupt.clone());
        interrupt.raise();
        assert_eq!(clock.sleep(Duration::from_secs(1)), Wake::Interrupted);
        assert!(clock.is_interrupted());
    }
}
