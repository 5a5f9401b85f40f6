//! Errors of the configuration.

use std::{collections::BTreeSet, error::Error};

use crate::origin::Origin;

/// A configuration that cannot be used: what is wrong with which key, where its value comes from, and how to fix it.
///
/// `Display` gives only the problem, as a clause that names the key. It never contains the value of a secret.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    message: Box<str>,
    key: Option<String>,
    /// Where in the value of the key, if that is a list.
    inside: Box<[String]>,
    origin: Option<Box<Origin>>,
    hint: Option<Box<str>>,
    source: Option<Box<dyn Error + Send + Sync>>,
    others: Vec<ConfigError>,
}

impl ConfigError {
    /// An error with this message, a lowercase clause.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into().into(),
            key: None,
            inside: Box::default(),
            origin: None,
            hint: None,
            source: None,
            others: Vec::new(),
        }
    }

    /// The same error for `key`, whose value comes from `origin`.
    #[must_use]
    pub fn at(mut self, key: &str, origin: Origin) -> Self {
        self.key = Some(key.to_owned());
        self.written(origin)
    }

    /// The same error for a part of the value of its key, such as an element of a list.
    #[must_use]
    pub(super) fn inside(mut self, path: &[String]) -> Self {
        self.inside = path.into();
        self
    }

    /// The same error with a hint that says how to fix it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into().into());
        self
    }

    /// The dotted key that is wrong, if it is a single key.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Where the wrong value comes from; nothing if it is a default or missing.
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_deref()
    }

    /// [`origin`](Self::origin) as text: `longhaul.toml:12`, `environment variable LONGHAUL_AUTH__CLIENT_ID`, `--set
    /// api.timeout`.
    pub fn where_written(&self) -> Option<String> {
        self.origin.as_ref().map(ToString::to_string)
    }

    /// How to fix it, unless the message makes that obvious.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The other errors of the configuration, which are reported with this one.
    pub fn others(&self) -> &[Self] {
        &self.others
    }

    /// All errors as one: the first, and the others with it. `Ok` if there are none.
    pub(super) fn all(outcomes: impl IntoIterator<Item = Result<(), Self>>) -> Result<(), Self> {
        let mut named = BTreeSet::new();
        // A second error of a key, or of the same part of its value, follows from the first.
        let is_first = |error: &Self| error.key.is_none() || named.insert(error.path());
        let errors = outcomes.into_iter().filter_map(Result::err).flat_map(Self::apart);
        let mut errors = errors.filter(is_first);
        match errors.next() {
            Some(first) => Err(Self { others: errors.collect(), ..first }),
            None => Ok(()),
        }
    }

    /// The same errors in the order of `key`.
    pub(super) fn sorted_by_key<K: Ord>(mut self, key: impl Fn(&Self) -> K) -> Self {
        let mut errors = self.take_others();
        errors.insert(0, self);
        errors.sort_by_key(key);
        let first = errors.remove(0);
        Self { others: errors, ..first }
    }

    /// The names of the levels of the key that is wrong, and of the part of its value.
    pub(super) fn path(&self) -> Vec<String> {
        [&self.path_of_key(), &*self.inside].concat()
    }

    /// The names of the levels of the key that is wrong.
    pub(super) fn path_of_key(&self) -> Vec<String> {
        let names = self.key.as_deref().map(toml_edit::Key::parse).and_then(Result::ok).unwrap_or_default();
        names.iter().map(|name| name.get().to_owned()).collect()
    }

    /// This error and the others, each alone.
    pub(super) fn apart(mut self) -> impl Iterator<Item = Self> {
        let others = std::mem::take(&mut self.others);
        std::iter::once(self).chain(others)
    }

    /// Separates this error from the others.
    pub fn take_others(&mut self) -> Vec<Self> {
        std::mem::take(&mut self.others)
    }

    pub(super) fn written(mut self, origin: Origin) -> Self {
        self.origin = (origin != Origin::Default).then(|| Box::new(origin));
        self
    }

    /// The same error with its cause.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}
