//! The value from which a first run starts: `2026-01-01`, `now-30d`, `1000`.

use jiff::{Timestamp, tz::TimeZone};
use longhaul_core::bookmark::Bookmark;
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use crate::values::{
    described::described,
    moment::{Moment, MomentError},
};

/// The value from which a first run starts.
#[derive(Clone, Debug)]
pub enum FirstValue {
    /// Text or a number, sent as it is.
    Exact(Bookmark),
    /// A time that depends on the run, sent in UTC with whole seconds.
    Relative(Moment),
}

described!(FirstValue, {
    "type": ["string", "integer"],
    "x-value": "text or whole number",
    "examples": ["2026-01-01", "now-30d"],
});

impl FirstValue {
    /// The value, if the run starts at `now`.
    pub fn resolve(&self, now: Timestamp) -> Result<Bookmark, MomentError> {
        match self {
            Self::Exact(value) => Ok(value.clone()),
            Self::Relative(moment) => {
                let time = moment.resolve(now, &TimeZone::UTC)?;
                Ok(Bookmark::Text(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()))
            }
        }
    }
}

impl<'de> Deserialize<'de> for FirstValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) if text.is_empty() => Err(de::Error::custom("must not be empty")),
            Value::String(text) if text.starts_with("now") => {
                text.parse().map(Self::Relative).map_err(de::Error::custom)
            }
            Value::String(text) => Ok(match text.parse::<Moment>() {
                Ok(moment) if moment.is_relative() => Self::Relative(moment),
                _ => Self::Exact(Bookmark::Text(text)),
            }),
            Value::Number(number) if !number.is_f64() => {
                Ok(Self::Exact(Bookmark::Number(number.to_string())))
            }
            _ => Err(de::Error::custom("must be text or a whole number")),
        }
    }
}
