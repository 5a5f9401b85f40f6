//! Checks of `[rate.headers]`.

use super::Check;
use crate::{error::ConfigError, sections::rate::RateHeaders};

impl Check<'_> {
    /// The API says how much is left, and when there is more.
    pub(super) fn rate_headers(&self) -> Result<(), ConfigError> {
        let Some(headers) = self.config.rate.as_ref().and_then(|rate| rate.headers.as_ref()) else {
            return Ok(());
        };
        let RateHeaders { limit, remaining, reset, restore, used, .. } = headers;
        let missing = |key: &str, hint: &str| {
            let path = ["rate", "headers", key].map(str::to_owned);
            Err(self.stack.missing(&path, self.stack.origin(&path[..2])).with_hint(hint))
        };
        let of_remaining = (remaining.is_none() && (limit.is_none() || used.is_none()))
            .then(|| missing("remaining", "set `remaining`, or `limit` and `used`"));
        let of_reset = (reset.is_none() && restore.is_none()).then(|| {
            missing("reset", "set `reset`, or `restore` if a part of the limit comes back each second")
        });
        ConfigError::all(of_remaining.into_iter().chain(of_reset))
    }
}
