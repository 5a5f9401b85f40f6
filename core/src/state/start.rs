//! Where the next pull starts.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{bookmark::Bookmark, listing::paginate::Cursor, shown_url::ShownUrl};

/// Where a pull starts.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// At a value of the records.
    Value(Bookmark),
    /// At a link or cursor of the last page.
    At(Cursor),
}

/// What complete pulls have reached.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reached {
    /// A fingerprint of where the value comes from. It is not used for another place.
    pub definition: String,
    /// The value.
    pub value: Start,
    /// The value that the pull before had reached, if the next one starts there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Start>,
    /// Whether the next pull starts at `before`, or, without it, at the beginning.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub lags: bool,
}

/// How a pull continues where the last one ended, as it is saved.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Continuation {
    /// A fingerprint of where the value comes from.
    pub definition: String,
    /// Where the pull starts. Without it, at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
    /// Where the first pull starts, and the children of a new parent. Without it, at the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Start>,
    /// What the last complete pull had reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<Start>,
    /// Whether there are parents. While the children of one are pulled, others may get more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_parents: bool,
}

impl Reached {
    /// Where the next pull starts; `None` if it starts at the beginning.
    pub fn start(&self) -> Option<&Start> {
        if self.lags { self.before.as_ref() } else { Some(&self.value) }
    }
}

impl Continuation {
    /// What is reached once the pull is complete, with this value.
    pub(super) fn complete(&self, value: Start) -> Reached {
        // Numbers do not say which of them existed when the pull started. All that the last pull had reached did.
        let is_number = matches!(&value, Start::Value(value) if value.time().is_none());
        let lags = self.has_parents && is_number;
        let before = self.reached.clone().filter(|_| lags);
        Reached { definition: self.definition.clone(), value, before, lags }
    }
}

impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Value(value) => value.fmt(f),
            Self::At(Cursor::Url(url)) => ShownUrl::from(url).fmt(f),
            Self::At(Cursor::Token(cursor)) => f.write_str(&cursor.text()),
            Self::At(_) => f.write_str("a page"),
        }
    }
}
