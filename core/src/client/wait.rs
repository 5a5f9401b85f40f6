//! Everything that a request waits for: the server's `Retry-After`, the rate limit, and the delay after a fault.

use std::time::Duration;

use super::{Client, Timing, error::AttemptError, given_up::GivenUp, rate::Turn, retry::StopReason};
use crate::{
    client::auth::Grant,
    clock::Wake,
    event::{Event, Pause},
};

impl Client {
    /// Waits until no `Retry-After` holds requests back.
    pub(super) fn wait_for_hold(&self, is_wanted: impl Fn() -> bool) -> Result<(), StopReason> {
        loop {
            if self.clock.is_interrupted() {
                return Err(StopReason::Interrupted);
            }
            let wait = self.hold.left(self.clock.elapsed());
            if wait.is_zero() || self.timing == Timing::Unlimited {
                return if is_wanted() { Ok(()) } else { Err(StopReason::Interrupted) };
            }
            if wait > self.policy.max_wait {
                return Err(StopReason::WaitTooLong(wait));
            }
            self.observer.on(&Event::Holding { pause: Pause::Requested, wait });
            self.clock.sleep(wait);
        }
    }

    /// Asks the rate limit for permission to send. If it is not given, this waits and returns false: the caller starts
    /// over, because the token may be another one by then.
    pub(super) fn take_turn(&self, grant: Grant) -> Result<bool, StopReason> {
        if self.timing == Timing::Unlimited {
            return Ok(true);
        }
        let done = self.pace.done();
        match self.pace.enter(grant, self.clock.elapsed()) {
            Turn::Now => return Ok(true),
            Turn::AfterAnother => self.pace.wait_for_another(done),
            Turn::Later(wait) if wait > self.policy.max_wait => return Err(StopReason::WaitTooLong(wait)),
            Turn::Later(wait) => {
                self.observer.on(&Event::Holding { pause: Pause::RateLimit, wait });
                self.clock.sleep(wait);
            }
        }
        Ok(false)
    }

    /// Reports `fault` and waits until the next attempt.
    pub(super) fn wait_after(&self, fault: AttemptError, wait: Duration) -> Result<(), GivenUp> {
        self.observer.on(&Event::Retrying { fault: fault.kind(), cause: &fault, wait });
        match self.clock.sleep(wait) {
            Wake::Elapsed => Ok(()),
            Wake::Interrupted => Err(GivenUp::during_wait(fault)),
        }
    }
}
