//! Statuses of responses.

use http::StatusCode;
use serde::{Deserialize, Deserializer, de};

use crate::config::values::described::described;

/// The status of a response (RFC 9110 §15).
pub(in crate::config) enum Status {}

/// A list of statuses.
pub(in crate::config) enum Statuses {}

described!(Status, { "type": "integer", "minimum": 100, "maximum": 599, "x-value": "status" });
described!(Statuses, {
    "type": "array",
    "items": { "type": "integer", "minimum": 100, "maximum": 599, "x-value": "status" },
});

impl Status {
    /// Reads the status.
    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<StatusCode, D::Error> {
        known(u16::deserialize(deserializer)?)
    }
}

impl Statuses {
    /// Reads the statuses.
    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<StatusCode>, D::Error> {
        Vec::<u16>::deserialize(deserializer)?.into_iter().map(known).collect()
    }
}

fn known<E: de::Error>(number: u16) -> Result<StatusCode, E> {
    let status = StatusCode::from_u16(number).ok().filter(|status| status.as_u16() < 600);
    status.ok_or_else(|| E::custom(format!("`{number}` is not a status from 100 to 599")))
}
