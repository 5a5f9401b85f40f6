//! Statuses of answers.

use http::StatusCode;
use serde::{Deserialize, Deserializer, de};

/// The status of an answer (RFC 9110 §15).
pub(in crate::config) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<StatusCode, D::Error> {
    known(u16::deserialize(deserializer)?)
}

/// Several of them.
pub(in crate::config) fn statuses<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<StatusCode>, D::Error> {
    Vec::<u16>::deserialize(deserializer)?.into_iter().map(known).collect()
}

fn known<E: de::Error>(number: u16) -> Result<StatusCode, E> {
    let status = StatusCode::from_u16(number).ok().filter(|status| status.as_u16() < 600);
    status.ok_or_else(|| E::custom(format!("`{number}` is not a status, which is from 100 to 599")))
}
