//! Checks of object stores.

use super::Check;
use crate::{error::ConfigError, values::http_url};

impl Check<'_> {
    /// A URL is not taken for the name of a folder.
    pub(super) fn state_dir(&self) -> Result<(), ConfigError> {
        let scheme = self.config.state_dir.to_str().and_then(|path| path.split_once("://"));
        match scheme {
            Some((scheme, _)) if scheme != "s3" && !scheme.contains(['/', '\\']) && scheme.len() > 1 => {
                let error =
                    self.error(&["state_dir"], |key| format!("`{key}`: there is no store `{scheme}://`"));
                Err(error.with_hint("use a folder, or a place in a store such as `s3://bucket/state`"))
            }
            _ => Ok(()),
        }
    }

    /// Both keys are there or none, and they are not sent to other machines over plain http.
    pub(super) fn stores(&self) -> Result<(), ConfigError> {
        let Some(s3) = self.config.stores.as_ref().and_then(|stores| stores.s3.as_ref()) else {
            return Ok(());
        };
        let missing = |key: &str| {
            let path = ["stores", "s3", key].map(str::to_owned);
            Err(self.stack.missing(&path, self.stack.origin(&path[..2])))
        };
        let of_keys = match (&s3.access_key, &s3.secret_key, &s3.session_token) {
            (Some(_), None, _) => missing("secret_key"),
            (None, Some(_), _) | (None, None, Some(_)) => missing("access_key"),
            _ => Ok(()),
        };
        let of_endpoint = match &s3.endpoint {
            Some(url)
                if url.scheme() == "http" && !http_url::is_loopback(url) && s3.allow_http != Some(true) =>
            {
                let host = url.host_str().unwrap_or_default();
                let message =
                    |key: &str| format!("`{key}`: plain http would send records to `{host}` unencrypted");
                let error = self.error(&["stores", "s3", "endpoint"], message);
                Err(error.with_hint("use https, or set `stores.s3.allow_http` to true"))
            }
            _ => Ok(()),
        };
        ConfigError::all([of_keys, of_endpoint])
    }
}
