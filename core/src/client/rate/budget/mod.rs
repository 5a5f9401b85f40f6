//! How many requests are left, or how many points for them, according to the API.

#[cfg(test)]
mod tests;

use std::{num::NonZeroU64, time::Duration};

use super::{
    reported::{Renewal, Reported},
    turn::Turn,
};

/// Two resets that differ by less than this belong to the same period, because APIs report whole seconds.
const TOLERANCE: Duration = Duration::from_secs(2);

/// A second in nanoseconds.
const SECOND: u64 = 1_000_000_000;

/// The requests that a token has left, or the points for them. It does not read a clock: the caller passes the time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Budget {
    known: Known,
    in_flight: u64,
    /// Whether there was more than one at once since there was none. Then their answers may arrive in any order.
    overlap: bool,
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
    /// So much is left, and a request costs so much of it.
    Left { left: u64, cost: u64, more: More },
}

/// When more is left.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum More {
    /// From then on, which begins a new period.
    At(Duration),
    /// All the time, since this one: so much each second, until there is the most that there can be.
    Since { time: Duration, per_second: NonZeroU64, most: u64 },
}

impl Budget {
    pub(super) fn enter(&mut self, now: Duration) -> Turn {
        if let Known::Left { more: More::At(until), .. } = self.known
            && now >= until
        {
            // The next request begins a new period. Its answer reports how much is left.
            (self.known, self.earlier) = (Known::Nothing, self.in_flight);
        }
        let turn = match self.known {
            Known::Nothing if self.in_flight > self.earlier => Turn::AfterAnother,
            Known::Left { left, cost, more } => self.turn(left, cost, more, now),
            Known::Nothing | Known::Unlimited => Turn::Now,
        };
        self.in_flight += u64::from(turn == Turn::Now);
        self.overlap |= self.in_flight > 1;
        turn
    }

    /// Whether one more request can be paid for.
    fn turn(&self, left: u64, cost: u64, more: More, now: Duration) -> Turn {
        let needed = (self.in_flight + 1).saturating_mul(cost);
        let (available, wait) = match more {
            More::At(until) => (left, until.saturating_sub(now)),
            More::Since { time, per_second, most } => {
                // A request that costs more than there can be is the API's to refuse.
                let missing = needed.min(most).saturating_sub(left);
                let restored =
                    Duration::from_nanos(missing.saturating_mul(SECOND).div_ceil(per_second.get()));
                (left_at(left, more, now), time.saturating_add(restored).saturating_sub(now))
            }
        };
        let is_alone = self.in_flight == 0;
        match more {
            _ if available >= needed => Turn::Now,
            More::Since { most, .. } if is_alone && available >= most => Turn::Now,
            // The API may have counted the requests in flight already. Then their answers report more.
            More::At(_) if !is_alone && left >= cost => Turn::AfterAnother,
            More::Since { .. } if !is_alone => Turn::AfterAnother,
            _ => Turn::Later(wait),
        }
    }

    pub(super) fn note(&mut self, reported: Option<Reported>, now: Duration) {
        let Some(Reported { left, cost, renewal }) = reported else {
            if self.known == Known::Nothing {
                self.known = Known::Unlimited;
            }
            return;
        };
        let known = match self.known {
            Known::Left { left, more, .. } => Some((left_at(left, more, now), more)),
            Known::Nothing | Known::Unlimited => None,
        };
        let (left, more) = match (renewal, known) {
            // Answers can arrive out of order, so the lowest number of a period counts.
            (Renewal::After(reset), Some((before, More::At(until))))
                if is_same_period(now.saturating_add(reset), until) =>
            {
                (left.min(before), More::At(until))
            }
            (Renewal::Within(_), Some((before, More::At(until)))) if now < until => {
                (left.min(before), More::At(until))
            }
            (Renewal::After(reset) | Renewal::Within(reset), _) => {
                (left, More::At(now.saturating_add(reset)))
            }
            (Renewal::Restored { per_second, most }, known) => {
                let before = known.filter(|_| self.overlap).map_or(left, |(before, _)| before);
                (left.min(before), More::Since { time: now, per_second, most })
            }
        };
        self.known = Known::Left { left, cost, more };
    }

    pub(super) fn leave(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.earlier = self.earlier.saturating_sub(1);
        self.overlap &= self.in_flight > 0;
    }
}

/// Whether a reset at `reset` ends the period that ends at `until`.
fn is_same_period(reset: Duration, until: Duration) -> bool {
    reset <= until.saturating_add(TOLERANCE)
}

/// How much is left at `now`, if so much was left at the last report.
fn left_at(left: u64, more: More, now: Duration) -> u64 {
    match more {
        More::At(_) => left,
        More::Since { time, per_second, most } => {
            let restored = now.saturating_sub(time).as_nanos() * u128::from(per_second.get());
            let restored = restored / u128::from(SECOND);
            left.saturating_add(u64::try_from(restored).unwrap_or(u64::MAX)).min(most.max(left))
        }
    }
}
