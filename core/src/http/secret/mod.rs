//! Secret text.

mod name;
mod spelling;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Deserializer};

pub use self::name::sounds_secret;

/// A password, client secret or token. `Debug` prints `***`, and there is no `Display`.
///
/// ```
/// let secret = longhaul_core::Secret::new("hunter2");
/// assert_eq!(format!("{secret:?}"), "***");
/// assert_eq!(secret.expose(), "hunter2");
/// ```
#[derive(Clone, Default, Eq, Hash, PartialEq)]
pub struct Secret(String);

/// All secrets of a run: those of the configuration, and every token that was issued. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Secrets(Arc<Mutex<Vec<Secret>>>);

impl Secret {
    /// Wraps `text` unchanged.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Only the code that sends it should call this.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `text` with every occurrence of this secret replaced by `***`, in any spelling: plain, percent-encoded, as in a
    /// form, with the escapes of JSON or the entities of HTML, and in Base64. Servers quote what they refuse, so their
    /// messages must be redacted.
    pub fn redact(&self, text: &str) -> String {
        if self.0.is_empty() { text.to_owned() } else { spelling::redact(text, &self.0) }
    }
}

impl Secrets {
    /// The length of the shortest secret that is replaced in texts that are shown. Shorter ones would be found in other words.
    pub const SHORTEST: usize = 4;

    /// Adds a secret.
    pub fn add(&self, secret: &Secret) {
        let mut secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !secret.0.is_empty() && !secrets.contains(secret) {
            secrets.push(secret.clone());
            // Longer ones come first, because a secret may contain another one.
            secrets.sort_by_key(|secret| std::cmp::Reverse(secret.0.len()));
        }
    }

    /// `text` with every secret replaced by `***`, in any spelling.
    pub fn redact(&self, text: &str) -> String {
        self.redact_from(text, 1)
    }

    /// The same for secrets of at least `length` bytes. Shorter ones would also be found where they do not belong.
    pub fn redact_from(&self, text: &str, length: usize) -> String {
        let secrets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let long = secrets.iter().filter(|secret| secret.0.len() >= length);
        long.fold(text.to_owned(), |text, secret| secret.redact(&text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::{Secret, Secrets};

    #[test]
    fn all_secrets_are_replaced_and_longer_ones_first() {
        let secrets = Secrets::default();
        for secret in ["hunter2", "hunter2-and-more", "", "ab"] {
            secrets.add(&Secret::new(secret));
        }
        assert_eq!(secrets.redact("hunter2-and-more, hunter2, ab"), "***, ***, ***");
        assert_eq!(secrets.redact_from("hunter2, ab", 4), "***, ab");
        assert_eq!(format!("{secrets:?}"), "Secrets(Mutex { data: [***, ***, ***], poisoned: false, .. })");
    }
}
