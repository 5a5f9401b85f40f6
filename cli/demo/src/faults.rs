//! Deliberate faults.

use std::collections::HashMap;

use crate::random::Random;

/// Which deliberate faults happen, and how often.
///
/// At any rate, a client that tries a request three times gets its response: no request meets more than two faults in a
/// row, and none meets a fault right after a 429 whose `Retry-After` was obeyed. The first request with a new token meets
/// no fault, because a token that fails at first use looks like bad credentials. Token requests meet no faults.
#[derive(Clone, Debug, PartialEq)]
pub struct Faults {
    /// The share of requests that meet a fault, from 0.0 to 1.0.
    pub rate: f64,
    /// The faults to choose from, all equally likely; one that is listed twice is twice as likely.
    pub kinds: Vec<Fault>,
    /// The seconds in `Retry-After`; until they have passed, every request with the token gets 429.
    pub retry_after: u64,
}

impl Default for Faults {
    fn default() -> Self {
        Self { rate: 0.0, kinds: Fault::ALL.to_vec(), retry_after: 1 }
    }
}

/// A deliberate fault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fault {
    /// The connection is closed without a response.
    CutBeforeAnswer,
    /// The connection is closed in the middle of the response body.
    CutInsideBody,
    /// The connection is reset without a response.
    Reset,
    /// The token is revoked: it gets 401 from now on.
    RevokeToken,
    /// 429, with `Retry-After`.
    TooManyRequests,
    /// 503, without `Retry-After`.
    Unavailable,
    /// 200, with an error object instead of a page. Only the tutorial's listing does this.
    ErrorObject,
}

impl Fault {
    /// All faults of the platform. A client that knows it handles them without a rule.
    pub const ALL: [Self; 6] = [
        Self::CutBeforeAnswer,
        Self::CutInsideBody,
        Self::Reset,
        Self::RevokeToken,
        Self::TooManyRequests,
        Self::Unavailable,
    ];

    /// All faults of the tutorial's listing. A client needs a rule for the last one.
    pub const OF_TUTORIAL: [Self; 7] = {
        let [one, two, three, four, five, six] = Self::ALL;
        [one, two, three, four, five, six, Self::ErrorObject]
    };

    /// Whether it tells the client that the request was not processed.
    fn is_refusal(self) -> bool {
        matches!(self, Self::RevokeToken | Self::TooManyRequests)
    }
}

/// A request that may meet a fault.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    /// A hash that is the same for equal requests.
    pub(crate) request: u64,
    /// Whether a request with its token has succeeded before.
    pub(crate) proven: bool,
    /// Whether it is safe to retry when its outcome is unknown.
    pub(crate) is_read: bool,
    /// Whether it is for a page of the tutorial's listing.
    pub(crate) is_tutorial: bool,
}

/// Draws faults within the limits that [`Faults`] describes.
#[derive(Debug)]
pub(crate) struct Draw {
    faults: Faults,
    random: Random,
    /// How many faults each request has met since its last success.
    streaks: HashMap<u64, u8>,
}

const LONGEST_STREAK: u8 = 2;

impl Draw {
    pub(crate) fn new(faults: Faults, seed: u64) -> Self {
        Self { faults, random: Random::new(seed, "fault", 0), streaks: HashMap::new() }
    }

    /// The fault that a request meets, if any.
    pub(crate) fn next(&mut self, candidate: Candidate) -> Option<Fault> {
        // A submission whose outcome is unknown must not be retried, so the client would be right to give up.
        let fits = |fault: &Fault| {
            candidate.proven
                && (candidate.is_read || fault.is_refusal())
                && (candidate.is_tutorial || *fault != Fault::ErrorObject)
        };
        let fault = self.draw().filter(fits);
        let streak = self.streaks.entry(candidate.request).or_default();
        if fault.is_none() || *streak == LONGEST_STREAK {
            self.streaks.remove(&candidate.request);
            return None;
        }
        *streak = if fault == Some(Fault::TooManyRequests) { LONGEST_STREAK } else { *streak + 1 };
        fault
    }

    /// Always takes the same number of values from the generator, so that one request does not change what the next one meets.
    fn draw(&mut self) -> Option<Fault> {
        let happens = self.random.chance(self.faults.rate);
        let kind = self.random.index(self.faults.kinds.len());
        self.faults.kinds.get(kind).copied().filter(|_| happens)
    }
}

#[cfg(test)]
mod tests {
    use super::{Candidate, Draw, Fault, Faults};

    const READ: Candidate = Candidate { request: 1, proven: true, is_read: true, is_tutorial: false };

    fn always(kinds: &[Fault]) -> Draw {
        Draw::new(Faults { rate: 1.0, kinds: kinds.to_vec(), retry_after: 1 }, 7)
    }

    fn drawn(draw: &mut Draw, candidate: Candidate) -> Vec<bool> {
        (0..7).map(|_| draw.next(candidate).is_some()).collect()
    }

    #[test]
    fn no_request_meets_more_than_two_faults_in_a_row() {
        let mut draw = always(&[Fault::Unavailable, Fault::Reset]);
        assert_eq!(drawn(&mut draw, READ), [true, true, false, true, true, false, true]);
        // A different request in between has its own streak.
        assert!(draw.next(Candidate { request: 2, ..READ }).is_some());
        assert!(draw.next(READ).is_some());
        assert!(draw.next(READ).is_none());
    }

    #[test]
    fn only_the_listing_of_the_tutorial_has_errors_with_the_status_200() {
        let mut draw = always(&[Fault::ErrorObject]);
        assert_eq!(drawn(&mut draw, READ), [false; 7]);
        let tutorial = Candidate { is_tutorial: true, ..READ };
        assert_eq!(drawn(&mut draw, tutorial), [true, true, false, true, true, false, true]);
    }

    #[test]
    fn a_request_that_kept_its_retry_after_goes_well() {
        let mut draw = always(&[Fault::TooManyRequests]);
        assert_eq!(drawn(&mut draw, READ), [true, false, true, false, true, false, true]);
    }

    #[test]
    fn nothing_happens_to_a_token_before_it_has_served() {
        for kind in Fault::ALL {
            let mut draw = always(&[kind]);
            assert_eq!(draw.next(Candidate { proven: false, ..READ }), None);
            assert_eq!(draw.next(READ), Some(kind));
        }
    }

    #[test]
    fn a_submission_is_never_left_in_doubt() {
        let submission = Candidate { is_read: false, ..READ };
        let mut draw = always(&Fault::ALL);
        let faults: Vec<_> = (0..200).filter_map(|_| draw.next(submission)).collect();
        assert!(faults.contains(&Fault::TooManyRequests) && faults.contains(&Fault::RevokeToken));
        assert!(faults.iter().all(|fault| fault.is_refusal()), "{faults:?}");
    }

    #[test]
    fn the_rate_is_kept_and_the_same_seed_draws_the_same() {
        let faults = Faults { rate: 0.1, ..Faults::default() };
        let run = |seed| {
            let mut draw = Draw::new(faults.clone(), seed);
            (0..10_000).map(|request| draw.next(Candidate { request, ..READ })).collect::<Vec<_>>()
        };
        let hits = run(7).iter().flatten().count();
        assert!((900..1100).contains(&hits), "{hits}");
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
        for kind in Fault::ALL {
            assert!(run(7).contains(&Some(kind)), "{kind:?}");
        }
    }

    #[test]
    fn without_kinds_or_rate_nothing_happens() {
        assert_eq!(always(&[]).next(READ), None);
        assert_eq!(Draw::new(Faults::default(), 7).next(READ), None);
    }
}
