//! How many requests are left, according to the API.

use std::time::Duration;

use super::{Turn, reported::Reported};

/// Two resets that differ by less than this belong to the same period, because APIs report whole seconds.
const TOLERANCE: Duration = Duration::from_secs(2);

/// The requests that a token has left. It does not read a clock: the caller passes the time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Budget {
    known: Known,
    in_flight: u64,
    /// How many of those were sent in an earlier period. The first request of a new period does not wait for them.
    earlier: u64,
}

/// What is known about a budget.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Known {
    /// Nothing, because there is no answer yet.
    #[default]
    Nothing,
    /// The API does not report a limit.
    Unlimited,
    /// This many requests are left until then.
    Left { left: u64, until: Duration },
}

impl Budget {
    pub(super) fn enter(&mut self, now: Duration) -> Turn {
        if let Known::Left { until, .. } = self.known
            && now >= until
        {
            // The next request begins a new period. Its answer reports how many requests are allowed.
            (self.known, self.earlier) = (Known::Nothing, self.in_flight);
        }
        let turn = match self.known {
            Known::Nothing if self.in_flight > self.earlier => Turn::AfterAnother,
            Known::Left { left, until } if self.in_flight >= left => {
                // The API may have counted the requests in flight already. Then their answers report more.
                if self.in_flight > 0 && left > 0 {
                    Turn::AfterAnother
                } else {
                    Turn::Later(until.saturating_sub(now))
                }
            }
            Known::Nothing | Known::Unlimited | Known::Left { .. } => Turn::Now,
        };
        self.in_flight += u64::from(turn == Turn::Now);
        turn
    }

    pub(super) fn note(&mut self, reported: Option<Reported>, now: Duration) {
        self.known = match (self.known, reported) {
            (Known::Nothing, None) => Known::Unlimited,
            (known, None) => known,
            (Known::Left { left, until }, Some(reported)) if now + reported.reset <= until + TOLERANCE => {
                // Answers can arrive out of order, so the lowest number counts.
                Known::Left { left: left.min(reported.left), until }
            }
            (_, Some(reported)) => Known::Left { left: reported.left, until: now + reported.reset },
        };
    }

    pub(super) fn leave(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.earlier = self.earlier.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn reported(left: u64, seconds: u64) -> Reported {
        Reported { left, reset: at(seconds) }
    }

    #[test]
    fn one_request_goes_until_the_first_answer() {
        let mut budget = Budget::default();
        assert_eq!([budget.enter(at(0)), budget.enter(at(0))], [Turn::Now, Turn::AfterAnother]);
        budget.note(None, at(1));
        budget.leave();
        assert_eq!(
            [budget.enter(at(1)), budget.enter(at(1))],
            [Turn::Now; 2],
            "without a reported limit there is none"
        );
    }

    #[test]
    fn a_budget_is_spent_to_the_last_request_and_then_waited_for() {
        let mut budget = Budget::default();
        budget.enter(at(0));
        budget.note(Some(reported(2, 60)), at(1));
        budget.leave();
        assert_eq!(budget.enter(at(2)), Turn::Now);
        assert_eq!(budget.enter(at(2)), Turn::Now);
        assert_eq!(budget.enter(at(2)), Turn::AfterAnother, "those in flight may be counted already");
        for left in [1, 0] {
            budget.note(Some(reported(left, 58)), at(3));
            budget.leave();
        }
        assert_eq!(budget.enter(at(3)), Turn::Later(at(58)));
        assert_eq!(budget.enter(at(61)), Turn::Now);
        assert_eq!(budget.enter(at(61)), Turn::AfterAnother, "the limit of the new period is not known yet");
    }

    #[test]
    fn a_new_period_does_not_wait_for_requests_of_the_last_one() {
        let mut budget = Budget::default();
        budget.enter(at(0));
        budget.note(Some(reported(2, 60)), at(1));
        budget.leave();
        assert_eq!([budget.enter(at(2)), budget.enter(at(2))], [Turn::Now; 2]);
        budget.note(Some(reported(0, 58)), at(3));
        budget.leave();
        assert_eq!(budget.enter(at(3)), Turn::Later(at(58)));
        assert_eq!(budget.enter(at(61)), Turn::Now, "though one is still in flight");
        assert_eq!(budget.enter(at(61)), Turn::AfterAnother);
        budget.note(Some(reported(9, 60)), at(62));
        budget.leave();
        assert_eq!(budget.enter(at(62)), Turn::Now);
    }

    #[test]
    fn a_late_answer_changes_nothing() {
        let mut budget = Budget::default();
        budget.enter(at(0));
        budget.note(Some(reported(5, 60)), at(1));
        budget.note(Some(reported(7, 61)), at(2));
        assert_eq!(budget.known, Known::Left { left: 5, until: at(61) });
        budget.note(Some(reported(9, 60)), at(62));
        assert_eq!(budget.known, Known::Left { left: 9, until: at(122) }, "a new period");
    }
}
