//! Where in a listing a page stands.

use serde::{Deserialize, Serialize};
use url::Url;

/// The place of a page that is not the first. What a checkpoint holds.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cursor {
    /// The page is at this URL.
    Url(Url),
}
