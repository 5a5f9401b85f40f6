//! The number of requests in flight.

use std::num::NonZeroUsize;

use serde::{Deserialize, Deserializer, de};

use crate::values::described::described;

/// Each request takes a thread and a connection, and no known API allows more.
const MOST: usize = 256;

/// A number from 1 to [`MOST`].
pub(crate) enum Concurrency {}

described!(Concurrency, { "type": "integer", "minimum": 1, "maximum": MOST });

impl Concurrency {
    /// Reads the number.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NonZeroUsize, D::Error> {
        let number = NonZeroUsize::deserialize(deserializer)?;
        if number.get() > MOST {
            return Err(de::Error::custom(format!("`{number}` is above the maximum of {MOST}")));
        }
        Ok(number)
    }
}
