//! An option that is true or false.

use serde::Deserialize;

/// A flag. Environment variables are text, so text is accepted.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(untagged, expecting = "expected true or false")]
pub enum Flag {
    /// The default.
    #[default]
    No,
    /// As configured.
    Bool(bool),
    /// As in an environment variable.
    Text(FlagText),
}

/// The text of a flag.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FlagText {
    /// `true`
    True,
    /// `false`
    False,
}

impl Flag {
    /// Whether it is true.
    pub fn is_set(self) -> bool {
        matches!(self, Self::Bool(true) | Self::Text(FlagText::True))
    }
}
