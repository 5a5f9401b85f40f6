//! The answer to a token request.

use std::time::{Duration, SystemTime};

use http::header::DATE;
use serde_json::Value;
use url::Url;

use super::{AuthError, base_url::BaseUrl};
use crate::{
    client::{
        Document,
        refusal::{RefusalFormat, presentable},
        retry::after,
    },
    http::{
        place::{Place, PlaceError, Places},
        secret::Secret,
    },
};

/// Where the answer to a token request has its values.
#[derive(Clone, Debug)]
pub struct TokenPlaces {
    /// The token.
    pub token: Places,
    /// How long the token is valid.
    pub expires_in: Lifetime,
    /// Until when it is valid, if the answer does not say how long.
    pub expires_at: Places,
    /// A refresh token.
    pub refresh_token: Places,
    /// The address of the API, for APIs that have several.
    pub base_url: Option<BaseUrl>,
}

/// How long a token is valid.
#[derive(Clone, Debug)]
pub enum Lifetime {
    /// As long as the answer says, in seconds.
    At(Places),
    /// As long as this.
    Fixed(Duration),
}

/// The answer of RFC 6749 §5.1.
impl Default for TokenPlaces {
    fn default() -> Self {
        let at = |name: &str| name.parse::<Place>().into_iter().collect();
        Self {
            token: at("/access_token"),
            expires_in: Lifetime::At(at("/expires_in")),
            expires_at: at("/expires_at"),
            refresh_token: at("/refresh_token"),
            base_url: None,
        }
    }
}

/// The answer to a token request.
#[derive(Debug)]
pub(super) struct Issued {
    pub(super) access_token: Secret,
    pub(super) lifetime: Option<Duration>,
    pub(super) refresh_token: Option<Secret>,
    pub(super) base_url: Option<Url>,
}

impl TokenPlaces {
    /// Whether anything that is needed is in the body.
    pub(super) fn need_body(&self) -> bool {
        let is_in_body = |place: &Place| matches!(place, Place::Body(_) | Place::Path { .. });
        self.token.iter().any(is_in_body)
    }

    /// Reads the answer. `is_bearer` is whether the token is used as a bearer token.
    pub(super) fn read(
        &self,
        answer: &Document,
        refusals: &RefusalFormat,
        is_bearer: bool,
        now: SystemTime,
    ) -> Result<Issued, AuthError> {
        let Some(access_token) = answer.text(&self.token)? else {
            return Err(match error_in(answer, refusals) {
                Some(said) => AuthError::Denied { said },
                None => AuthError::Malformed { problem: format!("has no token at {}", self.token) },
            });
        };
        if access_token.len() > LONGEST_TOKEN {
            let problem =
                format!("has a token of {} bytes, more than a request can carry", access_token.len());
            return Err(AuthError::Malformed { problem });
        }
        let kind =
            answer.body.value().get("token_type").and_then(Value::as_str).filter(|kind| !kind.is_empty());
        if let Some(kind) = kind.filter(|kind| is_bearer && !kind.eq_ignore_ascii_case("bearer")) {
            return Err(AuthError::Malformed {
                problem: format!("is a token of type `{}`, not `bearer`", presentable(kind)),
            });
        }
        Ok(Issued {
            access_token: Secret::new(access_token),
            lifetime: self.lifetime(answer, now)?,
            refresh_token: answer.text(&self.refresh_token)?.map(Secret::new),
            base_url: self.base_url.as_ref().map(|base_url| base_url.read(answer)).transpose()?.flatten(),
        })
    }

    fn lifetime(&self, answer: &Document, now: SystemTime) -> Result<Option<Duration>, PlaceError> {
        let stated = match &self.expires_in {
            Lifetime::At(places) => answer.find(places)?.and_then(|found| seconds(found.value())),
            Lifetime::Fixed(lifetime) => Some(*lifetime),
        };
        if stated.is_some() {
            return Ok(stated);
        }
        let Some(until) = answer.text(&self.expires_at)? else { return Ok(None) };
        let date = answer.headers.get(DATE).and_then(|date| date.to_str().ok());
        let left = after(&until, date, now);
        Ok(left.filter(|left| !left.is_zero()).map(|left| left.min(LONGEST)))
    }
}

/// The error in the body of an answer without a token. Some endpoints report errors with status 200.
fn error_in(answer: &Document, refusals: &RefusalFormat) -> Option<String> {
    let body = answer.body.value().as_object()?;
    let is_error = |(name, value): (&String, &Value)| match name.as_str() {
        "error" | "errors" | "fault" => !matches!(value, Value::Null | Value::Bool(false)) && *value != "",
        "ok" | "success" => *value == false || *value == "false",
        _ => false,
    };
    if !body.iter().any(is_error) {
        return None;
    }
    let said = |places| answer.text(places).ok().flatten().map(|text| presentable(&text));
    Some(match (said(&refusals.code), said(&refusals.message)) {
        (Some(code), Some(message)) if code != message => format!("`{code}`: {message}"),
        (Some(text), _) | (None, Some(text)) => format!("`{text}`"),
        (None, None) => format!("`{}`", presentable(&answer.body.to_string())),
    })
}

/// The most bytes that a token can have. Most servers accept a tenth of that.
const LONGEST_TOKEN: usize = 64 << 10;

/// Ten thousand years. Longer lifetimes are shortened to this, so that adding one to a time does not overflow.
const LONGEST: Duration = Duration::from_secs(320_000_000_000);

/// Reads `expires_in`, in seconds. Some servers send it as text or with a fraction. Zero, less, and anything else mean
/// that the lifetime is unknown.
fn seconds(value: &Value) -> Option<Duration> {
    let seconds = match value {
        Value::String(text) => text.trim().parse::<f64>().ok()?,
        other => other.as_f64()?,
    };
    (seconds > 0.0).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use http::{HeaderMap, StatusCode};
    use serde_json::json;

    use super::*;

    fn read_at(places: &TokenPlaces, body: Value, date: Option<&str>) -> Result<Issued, AuthError> {
        let date = date.map(|date| (DATE, date.parse().unwrap()));
        let answer =
            Document { status: StatusCode::OK, headers: HeaderMap::from_iter(date), body: body.into() };
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        places.read(&answer, &RefusalFormat::default(), true, now)
    }

    fn read(body: Value) -> Result<Issued, AuthError> {
        read_at(&TokenPlaces::default(), body, None)
    }

    #[test]
    fn a_lifetime_is_read_from_whatever_servers_send() {
        let lifetime = |value| seconds(&value).map(|life| life.as_secs());
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
    fn an_expiry_has_many_forms() {
        let lifetime = |expires_at: Value| {
            let body = json!({ "access_token": "t", "expires_at": expires_at });
            read(body).unwrap().lifetime.map(|life| life.as_millis())
        };
        for at in [
            json!(1_800_000_060),
            json!("1800000060"),
            json!(1_800_000_060_000_u64),
            json!("1800000060000"),
            json!("2027-01-15T08:01:00Z"),
            json!("2027-01-15T09:01:00.000+01:00"),
            json!("2027-01-15T08:01:00.000+0000"),
            json!("Fri, 15 Jan 2027 08:01:00 GMT"),
        ] {
            assert_eq!(lifetime(at.clone()), Some(60_000), "{at}");
        }
        for unknown in
            [json!(1_700_000_000), json!("2020-01-01T00:00:00Z"), json!("never"), json!(null), json!([])]
        {
            assert_eq!(lifetime(unknown.clone()), None, "{unknown}");
        }
        assert_eq!(lifetime(json!("99999999999999999999")), Some(320_000_000_000_000));
    }

    #[test]
    fn an_expiry_counts_from_the_servers_own_clock() {
        let body = json!({ "access_token": "t", "expires_at": "2027-01-15T08:01:00Z" });
        let issued = read_at(&TokenPlaces::default(), body, Some("Fri, 15 Jan 2027 08:00:50 GMT"));
        assert_eq!(issued.unwrap().lifetime, Some(Duration::from_secs(10)));
    }

    #[test]
    fn a_lifetime_counts_before_an_expiry_and_may_be_fixed() {
        let body = json!({ "access_token": "t", "expires_in": 7, "expires_at": 1_800_000_060 });
        assert_eq!(read(body.clone()).unwrap().lifetime, Some(Duration::from_secs(7)));
        let fixed = Lifetime::Fixed(Duration::from_secs(900));
        let places = TokenPlaces { expires_in: fixed, ..TokenPlaces::default() };
        assert_eq!(read_at(&places, body, None).unwrap().lifetime, Some(Duration::from_secs(900)));
        let neither = read(json!({ "access_token": "t", "expires_in": 0 }));
        assert_eq!(neither.unwrap().lifetime, None);
    }

    #[test]
    fn an_answer_without_a_token_says_what_is_wrong() {
        let problem = |answer| read(answer).unwrap_err().to_string();
        assert_eq!(problem(json!({"error": "x"})), "the token endpoint's answer is the error `x`");
        assert_eq!(
            problem(json!({"error": "invalid_code", "error_description": "it was\nused"})),
            "the token endpoint's answer is the error `invalid_code`: it was used"
        );
        assert_eq!(
            problem(json!({"success": false, "data": null})),
            "the token endpoint's answer is the error `{\"data\":null,\"success\":false}`"
        );
        for none in [json!([]), json!({"error": null, "type": "session"}), json!({"access_token": ""})] {
            assert_eq!(problem(none), "the token endpoint's answer has no token at `/access_token`");
        }
        assert_eq!(
            problem(json!({"access_token": "t", "token_type": "mac"})),
            "the token endpoint's answer is a token of type `mac`, not `bearer`"
        );
        assert!(read(json!({"access_token": "t", "token_type": "Bearer"})).is_ok());
    }
}
