//! A token and its lifetime.

use std::time::Duration;

use serde_json::Value;

use super::{AuthError, Grant};
use crate::{client::refusal::presentable, http::secret::Secret};

/// The answer to a token request (RFC 6749 §5.1).
#[derive(Debug)]
pub(super) struct Issued {
    pub(super) access_token: Secret,
    pub(super) lifetime: Option<Duration>,
    pub(super) refresh_token: Option<Secret>,
}

impl Issued {
    /// Reads the JSON of the answer.
    pub(super) fn read(answer: &Value) -> Result<Self, AuthError> {
        let text = |name: &str| answer.get(name)?.as_str().filter(|text| !text.is_empty());
        let Some(access_token) = text("access_token") else {
            // Some endpoints report errors with status 200.
            let problem = match text("error") {
                Some(error) => format!("is the error `{}`", presentable(error)),
                None => "has no `access_token`".to_owned(),
            };
            return Err(AuthError::Malformed { problem });
        };
        if let Some(kind) = text("token_type").filter(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            return Err(AuthError::Malformed {
                problem: format!("is a token of type `{}`, not `bearer`", presentable(kind)),
            });
        }
        Ok(Self {
            access_token: Secret::new(access_token),
            lifetime: answer.get("expires_in").and_then(lifetime),
            refresh_token: text("refresh_token").map(Secret::new),
        })
    }
}

/// Ten thousand years, in seconds. Longer lifetimes are shortened to this, so that adding one to a time does not overflow.
const LONGEST: f64 = 3.2e11;

/// Reads `expires_in`, in seconds. Some servers send it as text or with a fraction. Zero, less, and anything else mean
/// that the lifetime is unknown.
fn lifetime(value: &Value) -> Option<Duration> {
    let seconds = match value {
        Value::String(text) => text.trim().parse::<f64>().ok()?,
        other => other.as_f64()?,
    };
    (seconds > 0.0).then(|| Duration::from_secs_f64(seconds.min(LONGEST)))
}

/// A token in use.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) access_token: Secret,
    pub(super) grant: Grant,
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
        Self { access_token: issued.access_token.clone(), grant, term }
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
    use serde_json::json;

    use super::*;

    const AHEAD: Duration = Duration::from_secs(300);

    fn held(lifetime: Option<u64>, request_ms: u64) -> Held {
        let issued = Issued {
            access_token: Secret::new("t"),
            lifetime: lifetime.map(Duration::from_secs),
            refresh_token: None,
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

    #[test]
    fn a_lifetime_is_read_from_whatever_servers_send() {
        let lifetime = |value| lifetime(&value).map(|life| life.as_secs());
        assert_eq!(lifetime(json!(86_400)), Some(86_400));
        assert_eq!(lifetime(json!("3600")), Some(3600));
        assert_eq!(lifetime(json!(1.5)), Some(1));
        assert_eq!(lifetime(json!(1_000_000_000_000_u64)), Some(320_000_000_000));
        assert_eq!(lifetime(json!(1e300)), Some(320_000_000_000));
        for nothing in [json!(0), json!(-5), json!(null), json!("soon"), json!("NaN"), json!([])] {
            assert_eq!(lifetime(nothing.clone()), None, "{nothing}");
        }
    }

    #[test]
    fn an_answer_without_a_token_says_what_is_wrong() {
        let problem = |answer| Issued::read(&answer).unwrap_err().to_string();
        assert_eq!(problem(json!({"error": "x"})), "the token endpoint's answer is the error `x`");
        assert_eq!(problem(json!([])), "the token endpoint's answer has no `access_token`");
        assert_eq!(
            problem(json!({"access_token": "t", "token_type": "mac"})),
            "the token endpoint's answer is a token of type `mac`, not `bearer`"
        );
        assert!(Issued::read(&json!({"access_token": "t", "token_type": "Bearer"})).is_ok());
    }
}
