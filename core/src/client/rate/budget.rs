//! How many requests are left, by what an API has told.

use std::time::Duration;

use super::reported::Told;

/// Times that lie less than this apart are of one span: they are told in whole seconds.
const ROUGHLY: Duration = Duration::from_secs(2);

/// Whether a request may go.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Turn {
    /// It may, and [`Pace::leave`](super::Pace::leave) is to be called once it is over.
    Now,
    /// Not before this time is over.
    Later(Duration),
    /// Not before another one has been answered, which will tell.
    AfterAnother,
}

/// How many requests of a credential are left. Pure: time is told to it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Budget {
    known: Known,
    in_flight: u64,
    /// How many of those went in an earlier span: none of them keeps a new one from being asked about.
    earlier: u64,
}

/// What is known of a budget.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Known {
    /// Nothing, until the first answer.
    #[default]
    Nothing,
    /// The API tells nothing.
    Untold,
    /// So many are left until then.
    Left { left: u64, until: Duration },
}

impl Budget {
    pub(super) fn enter(&mut self, now: Duration) -> Turn {
        if let Known::Left { until, .. } = self.known
            && now >= until
        {
            // A new span begins with the next request, whose answer tells what it allows.
            (self.known, self.earlier) = (Known::Nothing, self.in_flight);
        }
        let turn = match self.known {
            Known::Nothing if self.in_flight > self.earlier => Turn::AfterAnother,
            Known::Left { left, until } if self.in_flight >= left => {
                // The answers to those may tell that there is more, for they may be counted already.
                if self.in_flight > 0 && left > 0 {
                    Turn::AfterAnother
                } else {
                    Turn::Later(until.saturating_sub(now))
                }
            }
            Known::Nothing | Known::Untold | Known::Left { .. } => Turn::Now,
        };
        self.in_flight += u64::from(turn == Turn::Now);
        turn
    }

    pub(super) fn note(&mut self, told: Option<Told>, now: Duration) {
        self.known = match (self.known, told) {
            (Known::Nothing, None) => Known::Untold,
            (known, None) => known,
            (Known::Left { left, until }, Some(told)) if now + told.reset <= until + ROUGHLY => {
                // Answers overtake one another: the least that was told counts.
                Known::Left { left: left.min(told.left), until }
            }
            (_, Some(told)) => Known::Left { left: told.left, until: now + told.reset },
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

    fn told(left: u64, seconds: u64) -> Told {
        Told { left, reset: at(seconds) }
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
            "nothing is told, so nothing limits"
        );
    }

    #[test]
    fn a_budget_is_spent_to_the_last_request_and_then_waited_for() {
        let mut budget = Budget::default();
        budget.enter(at(0));
        budget.note(Some(told(2, 60)), at(1));
        budget.leave();
        assert_eq!(budget.enter(at(2)), Turn::Now);
        assert_eq!(budget.enter(at(2)), Turn::Now);
        assert_eq!(budget.enter(at(2)), Turn::AfterAnother, "those in flight may be counted already");
        for left in [1, 0] {
            budget.note(Some(told(left, 58)), at(3));
            budget.leave();
        }
        assert_eq!(budget.enter(at(3)), Turn::Later(at(58)));
        assert_eq!(budget.enter(at(61)), Turn::Now);
        assert_eq!(budget.enter(at(61)), Turn::AfterAnother, "what the new span allows is not told yet");
    }

    #[test]
    fn a_new_span_waits_for_no_answer_to_what_went_before_it() {
        let mut budget = Budget::default();
        budget.enter(at(0));
        budget.note(Some(told(2, 60)), at(1));
        budget.leave();
        assert_eq!([budget.enter(at(2)), budget.enter(at(2))], [Turn::Now; 2]);
        budget.note(Some(told(0, 58)), at(3));
        budget.leave();
        assert_eq!(budget.enter(at(3)), Turn::Later(at(58)));
        assert_eq!(budget.enter(at(61)), Turn::Now, "though one is still in flight");
        assert_eq!(budget.enter(at(61)), Turn::AfterAnother);
        budget.note(Some(told(9, 60)), at(62));
        budget.leave();
        assert_eq!(budget.enter(at(62)), Turn::Now);
    }

    #[test]
    fn an_answer_that_was_overtaken_tells_nothing_new() {
        let mut budget = Budget::default();
        budget.enter(at(0));
        budget.note(Some(told(5, 60)), at(1));
        budget.note(Some(told(7, 61)), at(2));
        assert_eq!(budget.known, Known::Left { left: 5, until: at(61) });
        budget.note(Some(told(9, 60)), at(62));
        assert_eq!(budget.known, Known::Left { left: 9, until: at(122) }, "a new span");
    }
}
