//! `[streams.NAME.pages]`: how a listing goes on.

use http::Method;
use longhaul_core::Pointer;
use serde::{Deserialize, Deserializer, de};

use super::{
    choice,
    keys::{Kind, Row},
};

pub(super) const KEYS: &[Row] = &[
    ("streams.*.pages.method", Kind::Text),
    ("streams.*.pages.next", Kind::Text),
    ("streams.*.pages.relative_to", Kind::Text),
    ("streams.*.pages.type", Kind::Text),
];

/// How a listing goes on from page to page.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Pages {
    /// At a URL that each page holds.
    NextUrl {
        /// The method of all requests but the first.
        method: Method,
        /// Where a page holds the URL of the next one.
        next: Pointer,
        /// What the URL is resolved against.
        relative_to: RelativeTo,
    },
    /// Not at all: there is one page.
    Single,
}

/// What a next link is resolved against.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum RelativeTo {
    /// The base URL, whose path is kept.
    Base,
    /// The URL of the response (RFC 3986 §5).
    Response,
}

impl Pages {
    /// The `type` of this, and the keys that go with it.
    pub(super) fn keys(&self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::NextUrl { .. } => ("next_url", &["method", "next", "relative_to"]),
            Self::Single => ("single", &[]),
        }
    }

    /// What is built in for a `type`, as TOML.
    pub(super) fn defaults(kind: Option<&str>) -> &'static str {
        match kind {
            Some("next_url") => "method = \"GET\"\nrelative_to = \"response\"",
            _ => "type = \"single\"",
        }
    }
}

/// The table as it is written; an internally tagged enum loses which key an error is about.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[serde(default, deserialize_with = "method")]
    method: Option<Method>,
    next: Option<Pointer>,
    #[serde(default, deserialize_with = "relative_to")]
    relative_to: Option<RelativeTo>,
    #[serde(rename = "type", deserialize_with = "choice::read")]
    kind: Type,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Type {
    NextUrl,
    Single,
}

impl<'de> Deserialize<'de> for Pages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let table = Table::deserialize(deserializer)?;
        Ok(match table.kind {
            Type::NextUrl => Self::NextUrl {
                method: table.method.unwrap_or(Method::GET),
                next: table.next.ok_or_else(|| de::Error::missing_field("next"))?,
                relative_to: table.relative_to.unwrap_or(RelativeTo::Response),
            },
            Type::Single => Self::Single,
        })
    }
}

fn method<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Method>, D::Error> {
    choice::method(deserializer).map(Some)
}

fn relative_to<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RelativeTo>, D::Error> {
    choice::read(deserializer).map(Some)
}
