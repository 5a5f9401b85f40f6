//! Decides what to do after a failed attempt.

use std::time::Duration;

use super::RetryPolicy;
use crate::{
    client::then::Then,
    http::{request::Replay, transport::TransportErrorKind},
};

/// The number of attempts at one request, and the policy for it.
#[derive(Debug)]
pub struct Attempts<'p> {
    policy: &'p RetryPolicy,
    replay: Replay,
    made: u32,
    /// How often the request was put off, and for how long together.
    pauses: u32,
    paused: Duration,
}

/// How an attempt failed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// A successful status with a body that cannot be read: cut off, empty, or HTML.
    Unreadable,
    /// A successful status with a complete body that is not JSON.
    Undecodable,
    /// A response that is not read.
    Judged {
        /// What the rules say about it.
        then: Then,
        /// How long it asks to wait.
        after: Option<Duration>,
        /// Whether the server cannot have acted on the request.
        unseen: bool,
    },
    /// A 401 for a token that was accepted before, or that was not renewed yet.
    CredentialRejected,
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
    /// A rule of the user decides what happens to the listing or its partition.
    Ruled(Then),
    /// The API refuses the token, and renewing it does not help.
    Unauthorized,
    /// There is no token.
    NoCredential,
    /// The run was asked to stop.
    Interrupted,
}

impl<'p> Attempts<'p> {
    pub(super) fn new(policy: &'p RetryPolicy, replay: Replay) -> Self {
        Self { policy, replay, made: 0, pauses: 0, paused: Duration::ZERO }
    }

    /// The number of attempts that were used up.
    pub fn made(&self) -> u32 {
        self.made
    }

    /// Counts a failed attempt and decides what to do next. `unit`, in `[0, 1)`, is the jitter.
    pub fn judge(&mut self, outcome: Outcome, unit: f64) -> Step {
        self.made += 1;
        match outcome {
            Outcome::CredentialRejected if self.made < self.policy.max_attempts => Step::Renew,
            Outcome::CredentialRejected | Outcome::FreshCredentialRefused => {
                Step::Stop(StopReason::Unauthorized)
            }
            Outcome::Misdirected | Outcome::Undecodable => Step::Stop(StopReason::Refused),
            Outcome::Unreadable => self.retry_if(self.may_replay(), None, unit),
            Outcome::Judged { then: Then::Retry, after, unseen } => {
                self.retry_if(unseen || self.may_replay(), after, unit)
            }
            Outcome::Judged { then: Then::Throttle | Then::Wait, after, .. } => self.pause(after, unit),
            Outcome::Judged { then: Then::Fail | Then::Page | Then::Renew, .. } => {
                Step::Stop(StopReason::Refused)
            }
            Outcome::Judged { then, .. } => Step::Stop(StopReason::Ruled(then)),
            Outcome::Failed(kind) => match kind {
                TransportErrorKind::NotConnected | TransportErrorKind::UnknownHost
                    if !self.policy.reconnect =>
                {
                    Step::Stop(StopReason::Exhausted)
                }
                TransportErrorKind::NotConnected | TransportErrorKind::UnknownHost => {
                    self.retry_if(true, None, unit)
                }
                TransportErrorKind::BrokenOff
                | TransportErrorKind::TimedOut
                | TransportErrorKind::Garbled => self.retry_if(self.may_replay(), None, unit),
                TransportErrorKind::Overlong
                | TransportErrorKind::ProxyRefused
                | TransportErrorKind::Unidentified
                | TransportErrorKind::Untrusted
                | TransportErrorKind::SelfSigned
                | TransportErrorKind::NotTls
                | TransportErrorKind::OldTls
                | TransportErrorKind::TooLarge
                | TransportErrorKind::Archive
                | TransportErrorKind::Undecodable
                | TransportErrorKind::Endless
                | TransportErrorKind::Disk
                | TransportErrorKind::Unsendable
                | TransportErrorKind::NotStored
                | TransportErrorKind::NotRecorded
                | TransportErrorKind::Unreplayable => Step::Stop(StopReason::Refused),
            },
        }
    }

    /// Waits for a rate limit or a result. It uses up an attempt only after the longest allowed wait.
    fn pause(&mut self, asked: Option<Duration>, unit: f64) -> Step {
        self.pauses += 1;
        let wait = asked.unwrap_or(Duration::ZERO).max(self.policy.delay(self.pauses, unit));
        if asked.is_some_and(|asked| asked > self.policy.max_wait) {
            return Step::Stop(StopReason::WaitTooLong(asked.unwrap_or_default()));
        }
        self.paused = self.paused.saturating_add(wait);
        if self.paused > self.policy.max_wait && self.made >= self.policy.max_attempts {
            return Step::Stop(StopReason::Exhausted);
        }
        self.made -= u32::from(self.paused <= self.policy.max_wait);
        Step::Wait(wait)
    }

    fn may_replay(&self) -> bool {
        self.replay == Replay::Harmless
    }

    fn retry_if(&self, allowed: bool, asked: Option<Duration>, unit: f64) -> Step {
        let asked = asked.unwrap_or(Duration::ZERO);
        if !allowed {
            Step::Stop(match self.replay {
                Replay::FromStart => StopReason::Ruled(Then::Restart),
                Replay::Harmless | Replay::OnlyUnseen => StopReason::Refused,
            })
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

    fn judged(then: Then, after: Option<u64>) -> Outcome {
        Outcome::Judged { then, after: after.map(Duration::from_secs), unseen: false }
    }

    #[test]
    fn a_read_is_sent_again_after_every_transient_fault() {
        use TransportErrorKind::{
            BrokenOff, Garbled, NotConnected, NotRecorded, NotStored, NotTls, OldTls, Overlong, ProxyRefused,
            SelfSigned, TimedOut, TooLarge, Unidentified, UnknownHost, Unreplayable, Unsendable, Untrusted,
        };
        let backoff = Step::Wait(Duration::from_millis(500));
        let refused = Step::Stop(StopReason::Refused);
        for (outcome, step) in [
            (Outcome::Unreadable, backoff),
            (Outcome::CredentialRejected, Step::Renew),
            (Outcome::FreshCredentialRefused, Step::Stop(StopReason::Unauthorized)),
            (Outcome::Misdirected, refused),
            (judged(Then::Throttle, Some(7)), Step::Wait(Duration::from_secs(7))),
            (judged(Then::Throttle, Some(0)), backoff),
            (judged(Then::Throttle, Some(180)), Step::Wait(Duration::from_secs(180))),
            (
                judged(Then::Throttle, Some(181)),
                Step::Stop(StopReason::WaitTooLong(Duration::from_secs(181))),
            ),
            (judged(Then::Wait, Some(3)), Step::Wait(Duration::from_secs(3))),
            (judged(Then::Retry, None), backoff),
            (judged(Then::Retry, Some(2)), Step::Wait(Duration::from_secs(2))),
            (judged(Then::Fail, Some(1)), refused),
            (judged(Then::End, None), Step::Stop(StopReason::Ruled(Then::End))),
            (judged(Then::Split, None), Step::Stop(StopReason::Ruled(Then::Split))),
            (judged(Then::Restart, None), Step::Stop(StopReason::Ruled(Then::Restart))),
            (judged(Then::Skip, None), Step::Stop(StopReason::Ruled(Then::Skip))),
            (Outcome::Failed(NotConnected), backoff),
            (Outcome::Failed(UnknownHost), backoff),
            (Outcome::Failed(BrokenOff), backoff),
            (Outcome::Failed(TimedOut), backoff),
            (Outcome::Failed(Garbled), backoff),
            (Outcome::Failed(Overlong), refused),
            (Outcome::Failed(ProxyRefused), refused),
            (Outcome::Failed(SelfSigned), refused),
            (Outcome::Failed(NotTls), refused),
            (Outcome::Failed(OldTls), refused),
            (Outcome::Failed(Untrusted), refused),
            (Outcome::Failed(TooLarge), refused),
            (Outcome::Failed(Unidentified), refused),
            (Outcome::Failed(Unsendable), refused),
            (Outcome::Failed(NotStored), refused),
            (Outcome::Failed(NotRecorded), refused),
            (Outcome::Failed(Unreplayable), refused),
        ] {
            assert_eq!(first(Replay::Harmless, outcome), step, "{outcome:?}");
        }
    }

    #[test]
    fn a_change_is_sent_again_only_if_the_server_has_not_acted() {
        use TransportErrorKind::{BrokenOff, NotConnected, TimedOut};
        let again = |outcome| matches!(first(Replay::OnlyUnseen, outcome), Step::Wait(_));
        assert!(again(Outcome::Failed(NotConnected)));
        assert!(again(judged(Then::Throttle, None)));
        let overloaded =
            Outcome::Judged { then: Then::Retry, after: Some(Duration::from_secs(1)), unseen: true };
        assert!(again(overloaded));
        for outcome in [
            judged(Then::Retry, None),
            judged(Then::Retry, Some(1)),
            Outcome::Unreadable,
            Outcome::Failed(BrokenOff),
            Outcome::Failed(TimedOut),
        ] {
            assert!(!again(outcome), "{outcome:?}");
            assert_eq!(first(Replay::FromStart, outcome), Step::Stop(StopReason::Ruled(Then::Restart)));
        }
        assert!(matches!(first(Replay::FromStart, overloaded), Step::Wait(_)));
        assert_eq!(first(Replay::OnlyUnseen, Outcome::CredentialRejected), Step::Renew);
    }

    #[test]
    fn without_a_connection_a_policy_may_give_up_at_once() {
        use TransportErrorKind::{BrokenOff, NotConnected, UnknownHost};
        let policy = RetryPolicy { reconnect: false, ..RetryPolicy::default() };
        let step = |kind| policy.begin(Replay::Harmless).judge(Outcome::Failed(kind), HALF);
        assert_eq!(step(NotConnected), Step::Stop(StopReason::Exhausted));
        assert_eq!(step(UnknownHost), Step::Stop(StopReason::Exhausted));
        assert_eq!(step(BrokenOff), Step::Wait(Duration::from_millis(500)));
    }

    #[test]
    fn attempts_are_used_up() {
        let policy = RetryPolicy { max_attempts: 3, ..RetryPolicy::default() };
        let mut attempts = policy.begin(Replay::Harmless);
        assert_eq!(attempts.judge(judged(Then::Retry, None), HALF), Step::Wait(Duration::from_millis(500)));
        assert_eq!(attempts.judge(judged(Then::Retry, None), HALF), Step::Wait(Duration::from_secs(1)));
        assert_eq!(attempts.judge(judged(Then::Retry, None), HALF), Step::Stop(StopReason::Exhausted));
        assert_eq!(attempts.made(), 3);
    }

    #[test]
    fn a_token_that_is_refused_again_and_again_is_not_renewed_forever() {
        let policy = RetryPolicy { max_attempts: 3, ..RetryPolicy::default() };
        let mut attempts = policy.begin(Replay::Harmless);
        assert_eq!(attempts.judge(Outcome::CredentialRejected, HALF), Step::Renew);
        assert_eq!(attempts.judge(Outcome::CredentialRejected, HALF), Step::Renew);
        assert_eq!(attempts.judge(Outcome::CredentialRejected, HALF), Step::Stop(StopReason::Unauthorized));
    }

    #[test]
    fn pauses_use_up_no_attempts_until_the_longest_wait() {
        let policy =
            RetryPolicy { max_attempts: 2, max_wait: Duration::from_secs(10), ..RetryPolicy::default() };
        let mut attempts = policy.begin(Replay::Harmless);
        for _ in 0..5 {
            let step = attempts.judge(judged(Then::Throttle, Some(2)), 0.0);
            assert_eq!((step, attempts.made()), (Step::Wait(Duration::from_secs(2)), 0));
        }
        let step = attempts.judge(judged(Then::Throttle, Some(2)), 0.0);
        assert_eq!((step, attempts.made()), (Step::Wait(Duration::from_secs(2)), 1));
        let step = attempts.judge(judged(Then::Throttle, Some(2)), 0.0);
        assert_eq!(step, Step::Stop(StopReason::Exhausted));
    }
}
