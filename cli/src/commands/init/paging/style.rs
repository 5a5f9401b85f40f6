//! A style of pagination as it is written, with the reason for each key.

use toml_edit::Value;

use crate::commands::init::text::quoted;

/// How to find the next page.
#[derive(Clone, Debug)]
pub(in crate::commands::init) struct Paging {
    /// The keys of `pages`, in the order in which they are written.
    pub(in crate::commands::init) keys: Vec<Key>,
    /// How the next page is found, as a clause for people.
    pub(in crate::commands::init) found: String,
    /// Whether nothing on the page says so, so that only a second page can confirm it.
    pub(in crate::commands::init) is_guess: bool,
    /// Parameters of the URL that `pages` sends instead of `query`.
    pub(in crate::commands::init) replaces: Vec<String>,
}

/// A key of `pages`.
#[derive(Clone, Debug)]
pub(in crate::commands::init) struct Key {
    /// Its name.
    pub(in crate::commands::init) name: &'static str,
    /// Its value.
    pub(in crate::commands::init) value: Value,
    /// Why it has this value, as a sentence; empty if the key before it says so.
    pub(in crate::commands::init) why: String,
}

impl Paging {
    /// A style of this type.
    pub(super) fn new(kind: &str, why: impl Into<String>, found: impl Into<String>) -> Self {
        let keys = vec![Key { name: "type", value: kind.into(), why: why.into() }];
        Self { keys, found: found.into(), is_guess: false, replaces: Vec::new() }
    }

    /// No next page, because the page is not a list.
    pub(in crate::commands::init) fn single() -> Self {
        Self::new("single", "One object has no next page.", "none, because the page is one object")
    }

    /// Adds a key.
    #[must_use]
    pub(super) fn with(
        mut self,
        name: &'static str,
        value: impl Into<Value>,
        why: impl Into<String>,
    ) -> Self {
        let value = value.into();
        let value = value.as_str().map(quoted).unwrap_or(value);
        self.keys.push(Key { name, value, why: why.into() });
        self
    }

    /// The same for an API whose first page has the number 0.
    #[must_use]
    pub(in crate::commands::init) fn starting_at_zero(self) -> Self {
        self.with("start", 0, "Number 1 leads to the second page, so the first one has the number 0.")
    }

    /// The value of a key.
    pub(in crate::commands::init) fn get(&self, name: &str) -> Option<&Value> {
        self.keys.iter().find(|key| key.name == name).map(|key| &key.value)
    }

    /// The type.
    pub(in crate::commands::init) fn kind(&self) -> &str {
        self.get("type").and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether it counts pages or records, so that a record that is added during a pull moves others to the next page.
    pub(in crate::commands::init) fn counts(&self) -> bool {
        matches!(self.kind(), "offset" | "page_number")
    }
}
