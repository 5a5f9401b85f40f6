//! Access tokens: how they are issued, used and invalidated.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{
    random::Random,
    rate::{Budget, Window, whole_seconds},
    settings::Settings,
    stats::Stats,
};

/// All valid tokens, and counts of the others.
#[derive(Debug)]
pub(crate) struct Tokens {
    random: Random,
    life: Duration,
    requests: Option<u32>,
    allowed: u32,
    live: HashMap<String, Token>,
    refresh: HashSet<String>,
    issued: u64,
    expired: u64,
    spent: u64,
    revoked: u64,
}

#[derive(Debug)]
struct Token {
    issued: Duration,
    served: u32,
    window: Window,
    shut_until: Duration,
}

/// A request that is admitted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Admission {
    pub(crate) budget: Budget,
    /// Whether a request with this token has succeeded before.
    pub(crate) proven: bool,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Denial {
    /// The token is no longer valid, or never was.
    Invalid,
    /// The token got a 429 with `Retry-After`, and `seconds` of it remain.
    Paused { seconds: u64 },
    /// The token has used up its requests for this minute.
    Spent(Budget),
}

impl Tokens {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            random: Random::new(settings.seed, "token", 0),
            life: settings.token_lifetime,
            requests: settings.token_requests,
            allowed: settings.rate_allowed,
            live: HashMap::new(),
            refresh: HashSet::new(),
            issued: 0,
            expired: 0,
            spent: 0,
            revoked: 0,
        }
    }

    /// Issues an access token.
    pub(crate) fn issue(&mut self, now: Duration) -> String {
        self.bury(now);
        let text = self.text();
        let token = Token { issued: now, served: 0, window: Window::default(), shut_until: Duration::ZERO };
        self.live.insert(text.clone(), token);
        self.issued += 1;
        text
    }

    /// Issues a refresh token.
    pub(crate) fn issue_refresh(&mut self) -> String {
        let text = self.text();
        self.refresh.insert(text.clone());
        text
    }

    /// Whether `refresh` is valid. It can be used only once: RFC 6749 §6 lets a server rotate refresh tokens, and
    /// this one does.
    pub(crate) fn redeem(&mut self, refresh: &str) -> bool {
        self.refresh.remove(refresh)
    }

    /// Admits a request and counts it.
    pub(crate) fn admit(&mut self, token: &str, now: Duration) -> Result<Admission, Denial> {
        self.bury(now);
        let token = self.live.get_mut(token).ok_or(Denial::Invalid)?;
        let shut_for = token.shut_until.saturating_sub(now);
        if !shut_for.is_zero() {
            return Err(Denial::Paused { seconds: whole_seconds(shut_for) });
        }
        let budget = token.window.count(self.allowed, now).map_err(Denial::Spent)?;
        Ok(Admission { budget, proven: token.served > 0 })
    }

    /// Records that a request with `token` succeeded.
    pub(crate) fn succeed(&mut self, token: &str) {
        let Some(live) = self.live.get_mut(token) else { return };
        live.served = live.served.saturating_add(1);
        if self.requests.is_some_and(|requests| live.served >= requests) {
            self.live.remove(token);
            self.spent += 1;
        }
    }

    /// Refuses all requests with `token` until `until`.
    pub(crate) fn shut(&mut self, token: &str, until: Duration) {
        if let Some(token) = self.live.get_mut(token) {
            token.shut_until = until;
        }
    }

    pub(crate) fn revoke(&mut self, token: &str) {
        self.revoked += u64::from(self.live.remove(token).is_some());
    }

    /// Sets the token counts in `stats`.
    pub(crate) fn report(&mut self, stats: &mut Stats, now: Duration) {
        self.bury(now);
        stats.tokens_issued = self.issued;
        stats.tokens_expired = self.expired;
        stats.tokens_spent = self.spent;
        stats.tokens_revoked = self.revoked;
    }

    /// Removes expired tokens.
    fn bury(&mut self, now: Duration) {
        let before = self.live.len();
        self.live.retain(|_, token| now < token.issued.saturating_add(self.life));
        self.expired += (before - self.live.len()) as u64;
    }

    fn text(&mut self) -> String {
        let bytes: Vec<u8> = (0..8).flat_map(|_| self.random.next().to_be_bytes()).collect();
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Budget, Denial, Settings, Stats, Tokens};

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_token_dies_at_the_end_of_its_life() {
        let mut tokens = Tokens::new(&Settings::default());
        let token = tokens.issue(at(10));
        assert!(!tokens.admit(&token, at(10)).unwrap().proven);
        tokens.succeed(&token);
        assert!(tokens.admit(&token, at(12)).unwrap().proven);
        assert_eq!(tokens.admit(&token, at(13)), Err(Denial::Invalid));
        let mut stats = Stats::default();
        tokens.report(&mut stats, at(13));
        assert_eq!((stats.tokens_issued, stats.tokens_expired, stats.tokens_invalidated()), (1, 1, 1));
    }

    #[test]
    fn a_life_may_be_endless() {
        let mut tokens = Tokens::new(&Settings { token_lifetime: Duration::MAX, ..Settings::default() });
        let token = tokens.issue(at(10));
        assert!(tokens.admit(&token, at(u64::MAX / 2)).is_ok());
    }

    #[test]
    fn a_token_dies_of_its_requests_and_failed_ones_do_not_count() {
        let mut tokens = Tokens::new(&Settings { token_requests: Some(2), ..Settings::default() });
        let token = tokens.issue(at(0));
        assert!(tokens.admit(&token, at(0)).is_ok());
        tokens.succeed(&token);
        assert!(tokens.admit(&token, at(0)).is_ok());
        assert!(tokens.admit(&token, at(0)).is_ok());
        tokens.succeed(&token);
        assert_eq!(tokens.admit(&token, at(0)), Err(Denial::Invalid));
    }

    #[test]
    fn a_token_that_was_told_to_wait_passes_after_the_wait() {
        let mut tokens = Tokens::new(&Settings::default());
        let token = tokens.issue(at(0));
        tokens.shut(&token, at(2));
        assert_eq!(tokens.admit(&token, Duration::from_millis(500)), Err(Denial::Paused { seconds: 2 }));
        assert!(tokens.admit(&token, at(2)).is_ok());
    }

    #[test]
    fn each_token_has_a_minute_of_its_own() {
        let mut tokens = Tokens::new(&Settings { rate_allowed: 1, ..Settings::default() });
        let (one, other) = (tokens.issue(at(0)), tokens.issue(at(0)));
        assert!(tokens.admit(&one, at(0)).is_ok());
        let spent = Budget { count: 1, allowed: 1, reset: 59 };
        assert_eq!(tokens.admit(&one, at(1)), Err(Denial::Spent(spent)));
        assert!(tokens.admit(&other, at(1)).is_ok());
    }

    #[test]
    fn a_refresh_token_is_good_once() {
        let mut tokens = Tokens::new(&Settings::default());
        let refresh = tokens.issue_refresh();
        assert!(tokens.redeem(&refresh));
        assert!(!tokens.redeem(&refresh));
    }
}
