//! What can be wrong although every value is right by itself.

use longhaul_core::suggest;
use url::Url;

use super::{Config, ConfigError, http_url, keys, stack::Stack, stream::Stream, tree};

/// Checks `config`, which was read from `stack`; returns what is odd but can be used.
pub(super) fn check(config: &Config, stack: &Stack) -> Result<Vec<String>, ConfigError> {
    let check = Check { config, stack };
    check.names()?;
    check.auth()?;
    check.plain_http()?;
    let mut warnings = Vec::new();
    for (name, stream) in &config.streams {
        warnings.extend(check.stream(name, stream)?);
    }
    Ok(warnings)
}

struct Check<'c> {
    config: &'c Config,
    stack: &'c Stack,
}

impl Check<'_> {
    /// Names are parts of variables, where two underscores stand between levels and case is lost.
    fn names(&self) -> Result<(), ConfigError> {
        let streams = self.config.streams.keys().map(|name| ("streams", name));
        for (table, name) in streams.chain(self.config.sinks.keys().map(|name| ("sinks", name))) {
            let plain = name.starts_with(|first: char| first.is_ascii_lowercase())
                && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
                && !name.contains("__");
            if !plain {
                let error = self.error(&[table, name], |key| format!("`{key}`: `{name}` cannot be a name"));
                return Err(error.with_hint(
                    "a name is made of lower-case letters, digits and single underscores, a letter first",
                ));
            }
        }
        Ok(())
    }

    fn auth(&self) -> Result<(), ConfigError> {
        let (kind, keys) = self.config.auth.keys();
        self.belongs(&["auth"], kind, keys)?;
        let mut auth = self.config.auth.clone();
        let empty = auth.secrets_mut().into_iter().find(|(_, secret)| secret.is_empty_text());
        match empty {
            Some((path, _)) if path[0] != "extra" => {
                Err(self.error(&[&["auth"], &*path].concat(), |key| format!("`{key}` is empty")))
            }
            _ => Ok(()),
        }
    }

    /// Credentials go over plain http to this machine only, unless the user says so.
    fn plain_http(&self) -> Result<(), ConfigError> {
        let api = &self.config.api;
        let origins = api.allowed_origins.iter().map(|url| (["api", "allowed_origins"], url));
        let token = self.config.auth.grant().map(|grant| (["auth", "token_url"], &grant.token_url));
        let exposed = |url: &Url| url.scheme() == "http" && !http_url::is_loopback(url);
        let mut urls = std::iter::once((["api", "base_url"], &api.base_url)).chain(origins).chain(token);
        match urls.find(|(_, url)| exposed(url)) {
            Some((path, url)) if !api.allow_http => {
                let host = url.host_str().unwrap_or_default();
                let message =
                    |key: &str| format!("`{key}`: plain http would show credentials on the way to `{host}`");
                Err(self.error(&path, message).with_hint("use https, or set `api.allow_http` to true"))
            }
            _ => Ok(()),
        }
    }

    fn stream(&self, name: &str, stream: &Stream) -> Result<Option<String>, ConfigError> {
        let at = |key| ["streams", name, key];
        let (kind, keys) = stream.pages.keys();
        self.belongs(&at("pages"), kind, keys)?;
        if !stream.path.starts_with('/') {
            return Err(
                self.error(&at("path"), |key| format!("`{key}`: `{}` does not start with `/`", stream.path))
            );
        }
        if let Some(sink) = stream.sinks.iter().find(|sink| !self.config.sinks.contains_key(*sink)) {
            let suggestion = suggest::closest(sink, self.config.sinks.keys());
            let message = |key: &str| format!("`{key}`: there is no sink `{sink}`{suggestion}");
            let hint = format!("write a table `[sinks.{sink}]`");
            return Err(self.error(&at("sinks"), message).with_hint(hint));
        }
        let sends_body_by_get = stream.body.is_some() && stream.method == http::Method::GET;
        let warning = || {
            format!(
                "`streams.{name}` sends a body with `GET`, which few servers read; is its `method` `POST`?"
            )
        };
        Ok(sends_body_by_get.then(warning))
    }

    /// Refuses a key of the table at `above` that its `type` has no use for.
    fn belongs(&self, above: &[&str], kind: &str, known: &[&str]) -> Result<(), ConfigError> {
        let values = self.stack.values();
        let table = tree::at(&values, above).and_then(|table| table.as_dict());
        let mut names = table.into_iter().flatten().map(|(name, _)| name.as_str());
        let Some(name) = names.find(|name| *name != "type" && !known.contains(name)) else {
            return Ok(());
        };
        let list = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let list = if known.is_empty() { "none" } else { &list };
        let message = |key: &str| format!("`{key}` does not belong to type `{kind}`");
        Err(self
            .error(&[above, &[name]].concat(), message)
            .with_hint(format!("the keys of type `{kind}`: {list}")))
    }

    fn error(&self, path: &[&str], message: impl Fn(&str) -> String) -> ConfigError {
        let path: Vec<_> = path.iter().map(|name| (*name).to_owned()).collect();
        let key = keys::dotted(&path);
        ConfigError::new(message(&key)).at(&key, self.stack.origin(&path))
    }
}
