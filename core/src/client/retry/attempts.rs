//! Decides what to do after a failed attempt.

use std::time::Duration;

use super::RetryPolicy;
use crate::http::{request::Replay, transport::TransportErrorKind};

/// The number of attempts at one request, and the policy for it.
#[derive(Debug)]
pub struct Attempts<'p> {
    policy: &'p RetryPolicy,
    replay: Replay,
    made: u32,
}

/// How an attempt failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// A successful status with a body that cannot be read: cut off, empty, or not JSON.
    Unreadable,
    /// Any other status.
    Refused {
        /// The status code.
        status: u16,
        /// The wait that `Retry-After` asks for.
        retry_after: Option<Duration>,
    },
    /// A 401 for a token that was accepted before, or that was not renewed yet.
    CredentialDied,
    /// A 401 for a token that was just renewed and never accepted.
    FreshCredentialRefused,
    /// A redirect that must not be followed.
    Misdirected,
    /// There was no answer.
    Failed(TransportErrorKind),
}

/// What to do next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// Renew the token and send again at once.
    Renew,
    /// Send again after this time.
    Wait(Duration),
    /// Give up.
    Stop(StopReason),
}

/// Why a request was given up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum StopReason {
    /// The fault is transient, but all attempts are used up.
    Exhausted,
    /// The server asks for a longer wait than the policy allows.
    WaitTooLong(Duration),
    /// The fault is final: sending the request again would not help, or could repeat a change.
    Refused,
    /// The API refuses the token, and renewing it does not help.
    Unauthorized,
    /// There is no token.
    NoCredential,
    /// The run was asked to stop.
    Interrupted,
}

impl<'p> Attempts<'p> {
    pub(super) fn new(policy: &'p RetryPolicy, replay: Replay) -> Self {
        Self { policy, replay, made: 0 }
    }

    /// The number of failed attempts.
    pub fn made(&self) -> u32 {
        self.made
    }

    /// Counts a failed attempt and decides what to do next. `unit`, in `[0, 1)`, is the jitter.
    pub fn judge(&mut self, outcome: Outcome, unit: f64) -> Step {
        self.made += 1;
        match outcome {
            Outcome::CredentialDied if self.made < self.policy.max_attempts => Step::Renew,
            Outcome::CredentialDied | Outcome::FreshCredentialRefused => Step::Stop(StopReason::Unauthorized),
            Outcome::Misdirected => Step::Stop(StopReason::Refused),
            Outcome::Unreadable => self.retry_if(self.may_replay(), None, unit),
            Outcome::Refused { status, retry_after } => {
                let unseen = status == 429 || (status == 503 && retry_after.is_some());
                let transient = self.policy.statuses.contains(&status);
                self.retry_if(transient && (unseen || self.may_replay()), retry_after, unit)
            }
            Outcome::Failed(kind) => match kind {
                TransportErrorKind::NotConnected => self.retry_if(true, None, unit),
                TransportErrorKind::BrokenOff
                | TransportErrorKind::TimedOut
                | TransportErrorKind::Garbled => self.retry_if(self.may_replay(), None, unit),
                TransportErrorKind::Untrusted
                | TransportErrorKind::TooLarge
                | TransportErrorKind::Unsendable => Step::Stop(StopReason::Refused),
            },
        }
    }

    fn may_replay(&self) -> bool {
        self.replay == Replay::Harmless
    }

    fn retry_if(&self, allowed: bool, asked: Option<Duration>, unit: f64) -> Step {
        let asked = asked.unwrap_or(Duration::ZERO);
        if !allowed {
            Step::Stop(StopReason::Refused)
        } else if asked > self.policy.max_wait {
            Step::Stop(StopReason::WaitTooLong(asked))
        } else if self.made >= self.policy.max_attempts {
            Step::Stop(StopReason::Exhausted)
        } else {
            Step::Wait(self.policy.delay(self.made, unit).max(asked))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: f64 = 0.5;

    fn first(replay: Replay, outcome: Outcome) -> Step {
        RetryPolicy::default().begin(replay).judge(outcome, HALF)
    }

    fn status(status: u16, retry_after: Option<u64>) -> Outcome {
        Outcome::Refused { status, retry_after: retry_after.map(Duration::from_secs) }
    }

    #[test]
    fn a_read_is_sent_again_after_every_transient_fault() {
        use TransportErrorKind::{
            BrokenOff, Garbled, NotConnected, TimedOut, TooLarge, Unsendable, Untrusted,
        };
        let backoff = Step::Wait(Duration::from_millis(500));
        let refused = Step::Stop(StopReason::Refused);
        for (outcome, step) in [
            (Outcome::Unreadable, backoff),
            (Outcome::CredentialDied, Step::Renew),
            (Outcome::FreshCredentialRefused, Step::Stop(StopReason::Unauthorized)),
            (Outcome::Misdirected, refused),
            (status(429, Some(7)), Step::Wait(Duration::from_secs(7))),
            (status(429, Some(0)), backoff),
            (status(429, Some(180)), Step::Wait(Duration::from_secs(180))),
            (status(429, Some(181)), Step::Stop(StopReason::WaitTooLong(Duration::from_secs(181)))),
            (status(408, None), backoff),
            (status(500, None), backoff),
            (status(502, None), backoff),
            (status(503, Some(2)), Step::Wait(Duration::from_secs(2))),
            (status(504, None), backoff),
            (status(501, None), refused),
            (status(400, None), refused),
            (status(403, None), refused),
            (status(404, Some(1)), refused),
            (Outcome::Failed(NotConnected), backoff),
            (Outcome::Failed(BrokenOff), backoff),
            (Outcome::Failed(TimedOut), backoff),
            (Outcome::Failed(Garbled), backoff),
            (Outcome::Failed(Untrusted), refused),
            (Outcome::Failed(TooLarge), refused),
            (Outcome::Failed(Unsendable), refused),
        ] {
            assert_eq!(first(Replay::Harmless, outcome), step, "{outcome:?}");
        }
    }

    #[test]
    fn a_change_is_sent_again_only_if_the_server_has_not_acted() {
        use TransportErrorKind::{BrokenOff, NotConnected, TimedOut};
        let again = |outcome| matches!(first(Replay::OnlyUnseen, outcome), Step::Wait(_));
        assert!(again(Outcome::Failed(NotConnected)));
        assert!(again(status(429, None)));
        assert!(again(status(503, Some(1))));
        for outcome in [
            status(503, None),
            status(500, None),
            status(502, Some(1)),
            Outcome::Unreadable,
            Outcome::Failed(BrokenOff),
            Outcome::Failed(TimedOut),
        ] {
            assert!(!again(outcome), "{outcome:?}");
        }
        assert_eq!(first(Replay::OnlyUnseen, Outcome::CredentialDied), Step::Renew);
    }

    #[test]
    fn attempts_are_used_up() {
        let policy = RetryPolicy { max_attempts: 3, ..RetryPolicy::default() };
        let mut attempts = policy.begin(Replay::Harmless);
        assert_eq!(attempts.judge(status(503, None), HALF), Step::Wait(Duration::from_millis(500)));
        assert_eq!(attempts.judge(status(503, None), HALF), Step::Wait(Duration::from_secs(1)));
        assert_eq!(attempts.judge(status(503, None), HALF), Step::Stop(StopReason::Exhausted));
        assert_eq!(attempts.made(), 3);
    }

    #[test]
    fn a_token_that_is_refused_again_and_again_is_not_renewed_forever() {
        let policy = RetryPolicy { max_attempts: 3, ..RetryPolicy::default() };
        let mut attempts = policy.begin(Replay::Harmless);
        assert_eq!(attempts.judge(Outcome::CredentialDied, HALF), Step::Renew);
        assert_eq!(attempts.judge(Outcome::CredentialDied, HALF), Step::Renew);
        assert_eq!(attempts.judge(Outcome::CredentialDied, HALF), Step::Stop(StopReason::Unauthorized));
    }
}
