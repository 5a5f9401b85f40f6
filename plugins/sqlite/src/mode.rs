//! The option `mode`.

use serde::Deserialize;

/// What to do with the rows of earlier pulls.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// A complete pull replaces them.
    #[default]
    Replace,
    /// A complete pull is added to them. A row with the key of an earlier one replaces it.
    Append,
}
