//! Secret text.

use std::fmt;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Deserializer};
use url::form_urlencoded;

/// A password, client secret or token. `Debug` prints `***`, and there is no `Display`.
///
/// ```
/// let secret = longhaul_core::Secret::new("hunter2");
/// assert_eq!(format!("{secret:?}"), "***");
/// assert_eq!(secret.expose(), "hunter2");
/// ```
#[derive(Clone, Default, Eq, Hash, PartialEq)]
pub struct Secret(String);

impl Secret {
    /// Wraps `text` unchanged.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself. Only the code that sends it should call this.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `text` with every occurrence of this secret replaced by `***`, plain or encoded as in a form, a URL or JSON.
    /// Servers quote what they refuse, so their messages must be redacted.
    pub fn redact(&self, text: &str) -> String {
        if self.0.is_empty() {
            return text.to_owned();
        }
        let in_form: String = form_urlencoded::byte_serialize(self.0.as_bytes()).collect();
        let in_url = utf8_percent_encode(&self.0, NON_ALPHANUMERIC).to_string();
        let in_json = serde_json::Value::from(self.0.as_str()).to_string();
        let in_json = &in_json[1..in_json.len() - 1];
        // The plain text comes last, because it may be part of another spelling.
        let spellings = [in_json, &in_url, &in_form, &self.0];
        spellings.into_iter().fold(text.to_owned(), |text, spelling| text.replace(spelling, "***"))
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
    use super::Secret;

    #[test]
    fn what_a_server_quotes_is_redacted() {
        assert_eq!(Secret::new("007").redact("client 007 is unknown, 007!"), "client *** is unknown, ***!");
        assert_eq!(Secret::new("a b&").redact("`a b&` came as `a+b%26`"), "`***` came as `***`");
        assert_eq!(Secret::new("a b\"").redact(r#"a%20b%22, a b\""#), "***, ***");
        assert_eq!(Secret::new("").redact("as it was"), "as it was");
    }
}
