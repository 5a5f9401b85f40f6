//! `auth.response`: where the answer to a token request has its values.

use std::time::Duration;

use longhaul_core::{client::auth::Lifetime, http::place::Places};
use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer,
    de::{self, IntoDeserializer, value::Error},
};
use serde_json::Value;

use crate::values::{described::described, duration, place};

/// Where the answer to a token request has its values.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenResponse {
    /// Place of the URL of the API, which replaces `api.base_url`. It must be at an origin of `api.base_url` or
    /// `api.allowed_origins`.
    #[schemars(with = "Option<place::Places>")]
    pub base_url: Option<Places>,
    /// Place of the time at which the token expires: a Unix time in seconds or milliseconds, or a date. It counts if there is
    /// no `expires_in`.
    #[schemars(with = "place::Places", extend("default" = "/expires_at"))]
    pub expires_at: Places,
    /// How long the token is valid: place of the number of seconds, or a duration if the response does not say it.
    #[serde(deserialize_with = "Life::deserialize")]
    #[schemars(with = "Life", extend("default" = "/expires_in"))]
    pub expires_in: Lifetime,
    /// Place of the refresh token.
    #[schemars(with = "place::Places", extend("default" = "/refresh_token"))]
    pub refresh_token: Places,
    /// Place of the token.
    #[schemars(with = "place::Places", extend("default" = "/access_token"))]
    pub token: Places,
}

/// A place or a duration.
enum Life {}

described!(Life, {
    "type": ["string", "array"],
    "items": { "type": "string" },
    "x-value": "place or duration",
    "examples": ["/expires_in", "30m"],
});

impl Life {
    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Lifetime, D::Error> {
        let value = Value::deserialize(deserializer)?;
        match value.as_str().filter(|text| text.starts_with(|first: char| first.is_ascii_digit())) {
            Some(text) => {
                let read: Result<Duration, Error> = duration::Positive::deserialize(text.into_deserializer());
                read.map(Lifetime::Fixed).map_err(de::Error::custom)
            }
            None => Places::deserialize(value).map(Lifetime::At).map_err(de::Error::custom),
        }
    }
}
