//! Checks of `[rate.headers]`.

use super::Check;
use crate::config::{error::ConfigError, sections::rate::RateHeaders};

impl Check<'_> {
    /// The API says in one way how much is left, and in one way when there is more.
    pub(super) fn rate_headers(&self) -> Result<(), ConfigError> {
        let Some(headers) = self.config.rate.as_ref().and_then(|rate| rate.headers.as_ref()) else {
            return Ok(());
        };
        let RateHeaders { limit, remaining, reset, restore, used, .. } = headers;
        let twice = |key: &str, other: &str| {
            let message = |key: &str| format!("`{key}`: `{other}` says the same");
            Err(self.error(&["rate", "headers", key], message).with_hint("set only one of them"))
        };
        let missing = |key: &str, hint: &str| {
            let path = ["rate", "headers", key].map(str::to_owned);
            Err(self.stack.missing(&path, self.stack.origin(&path[..2])).with_hint(hint))
        };
        match (remaining, limit, used) {
            (Some(_), _, Some(_)) => return twice("used", "remaining"),
            (None, None, _) | (None, _, None) => {
                return missing("remaining", "set `remaining`, or `limit` and `used`");
            }
            _ => {}
        }
        match (reset, restore) {
            (Some(_), Some(_)) => twice("restore", "reset"),
            (None, None) => {
                missing("reset", "set `reset`, or `restore` if a part of the limit comes back each second")
            }
            _ => Ok(()),
        }
    }
}
