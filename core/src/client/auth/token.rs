//! A token in use, and its lifetime.

use std::time::Duration;

use url::Url;

use super::{Grant, issued::Issued};
use crate::http::secret::Secret;

/// A token in use.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) access_token: Secret,
    pub(super) grant: Grant,
    /// The address of the API, if the token endpoint names it.
    pub(super) base_url: Option<Url>,
    term: Option<Term>,
}

/// When a token should be renewed and when it expires, on the run's clock.
#[derive(Clone, Copy, Debug)]
struct Term {
    renew_at: Duration,
    expires_at: Duration,
}

/// Whether a token can be used at a given time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Validity {
    /// Use it.
    Good,
    /// Use it, and renew it meanwhile.
    Expiring,
    /// Do not use it.
    Expired,
}

impl Held {
    /// A token from a request that was sent at `asked_at` and answered at `got_at`. Its lifetime counts from `asked_at`,
    /// because the server cannot have issued it before.
    pub(super) fn new(
        issued: &Issued,
        grant: Grant,
        asked_at: Duration,
        got_at: Duration,
        ahead: Duration,
    ) -> Self {
        let term = issued.lifetime.map(|lifetime| {
            let request_time = got_at.saturating_sub(asked_at);
            let margin = ahead.min((lifetime / 10).max(request_time * 2)).min(lifetime / 2);
            let expires_at = asked_at + lifetime;
            Term { renew_at: expires_at.saturating_sub(margin), expires_at }
        });
        let Issued { access_token, base_url, .. } = issued;
        Self { access_token: access_token.clone(), grant, base_url: base_url.clone(), term }
    }

    /// Whether it can be used at `now`.
    pub(super) fn validity(&self, now: Duration) -> Validity {
        match self.term {
            Some(term) if now >= term.expires_at => Validity::Expired,
            Some(term) if now >= term.renew_at => Validity::Expiring,
            _ => Validity::Good,
        }
    }

    /// The token after a renewal that failed at `now`. The next renewal is after half of the time that is left.
    pub(super) fn postponed(mut self, now: Duration) -> Self {
        if let Some(term) = &mut self.term {
            term.renew_at = now + term.expires_at.saturating_sub(now) / 2;
        }
        self
    }

    /// The token after the API refused it.
    pub(super) fn dead(self) -> Self {
        Self { term: Some(Term { renew_at: Duration::ZERO, expires_at: Duration::ZERO }), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AHEAD: Duration = Duration::from_secs(300);

    fn held(lifetime: Option<u64>, request_ms: u64) -> Held {
        let issued = Issued {
            access_token: Secret::new("t"),
            lifetime: lifetime.map(Duration::from_secs),
            refresh_token: None,
            base_url: None,
        };
        Held::new(&issued, Grant::FIRST, Duration::ZERO, Duration::from_millis(request_ms), AHEAD)
    }

    fn renewal(lifetime: u64, request_ms: u64) -> u128 {
        held(Some(lifetime), request_ms).term.unwrap().renew_at.as_millis()
    }

    #[test]
    fn the_margin_follows_the_lifetime_and_the_time_a_request_takes() {
        assert_eq!(renewal(86_400, 100), (86_400 - 300) * 1000, "`refresh_ahead` is the most");
        assert_eq!(renewal(600, 100), 540_000, "a tenth of the lifetime");
        assert_eq!(renewal(1, 100), 800, "twice the last request's time");
        assert_eq!(renewal(1, 900), 500, "half of the lifetime is always used");
    }

    #[test]
    fn a_token_expires_after_its_lifetime() {
        let at = Duration::from_millis;
        let token = held(Some(1), 10);
        assert_eq!(token.validity(at(899)), Validity::Good);
        assert_eq!(token.validity(at(900)), Validity::Expiring);
        assert_eq!(token.validity(at(1000)), Validity::Expired);
        assert_eq!(held(None, 10).validity(Duration::MAX), Validity::Good);
        assert_eq!(token.clone().postponed(at(900)).validity(at(949)), Validity::Good);
        assert_eq!(token.clone().postponed(at(900)).validity(at(950)), Validity::Expiring);
        assert_eq!(token.dead().validity(at(1)), Validity::Expired);
    }
}
