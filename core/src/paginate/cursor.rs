//! Where in a listing a page stands.

use serde::{Deserialize, Serialize};
use url::Url;

/// The place of a page that is not the first. What a checkpoint holds.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cursor {
    /// The page begins after this many records, or at this one where they are counted from 1.
    Offset(u64),
    /// The page has this number.
    Page(u64),
    /// The page is asked for with this value, which only the server understands.
    Token(serde_json::Value),
    /// The page is at this URL.
    Url(Url),
}
