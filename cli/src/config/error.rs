//! What is wrong with a configuration.

use std::error::Error;

use crate::config::origin::Origin;

/// A configuration that cannot be used: what is wrong, with which key, where it was written, and what to do.
///
/// `Display` is the problem alone, in one clause that names the key and never holds a secret's value.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    message: String,
    key: Option<String>,
    origin: Option<Box<Origin>>,
    hint: Option<String>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl ConfigError {
    /// A problem whose text is one lowercase clause.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), key: None, origin: None, hint: None, source: None }
    }

    /// This problem, with `key`, which was written at `origin`.
    #[must_use]
    pub fn at(mut self, key: &str, origin: Origin) -> Self {
        self.key = Some(key.to_owned());
        self.written(origin)
    }

    /// This problem, with what can be done about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The dotted key that is wrong, where it is one key.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Where the wrong value was written; nothing where none was.
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_deref()
    }

    /// [`origin`](Self::origin) for people: `longhaul.toml:12`, `environment variable
    /// LONGHAUL_AUTH__CLIENT_ID`, `--set api.timeout`.
    pub fn where_written(&self) -> Option<String> {
        self.origin.as_ref().map(ToString::to_string)
    }

    /// What to do about it, where there is more to say than the problem says by itself.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    pub(super) fn written(mut self, origin: Origin) -> Self {
        self.origin = (origin != Origin::Default).then(|| Box::new(origin));
        self
    }

    pub(super) fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}
