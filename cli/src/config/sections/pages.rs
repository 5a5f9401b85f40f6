//! `[streams.NAME.pages]`: how a listing goes on.

use std::num::NonZeroU64;

use http::Method;
use longhaul_core::{Pointer, listing::paginate::Parameter};
use serde::{Deserialize, Deserializer, de};

use crate::config::values::{
    choice,
    kind::{Kind, Row, Types},
    text,
};

pub(in crate::config) const KEYS: &[Row] = &[
    ("streams.*.pages.cursor", Kind::Text),
    ("streams.*.pages.method", Kind::Text),
    ("streams.*.pages.more", Kind::Text),
    ("streams.*.pages.next", Kind::Text),
    ("streams.*.pages.page_count", Kind::Text),
    ("streams.*.pages.param", Kind::Text),
    ("streams.*.pages.rel", Kind::Text),
    ("streams.*.pages.relative_to", Kind::Text),
    ("streams.*.pages.repeats", Kind::Scalar),
    ("streams.*.pages.size", Kind::Scalar),
    ("streams.*.pages.size_param", Kind::Text),
    ("streams.*.pages.start", Kind::Scalar),
    ("streams.*.pages.total", Kind::Text),
    ("streams.*.pages.type", Kind::Text),
];

/// The values of `type`, and the keys that go with each.
pub(in crate::config) const TYPES: Types = &[
    ("cursor", &["cursor", "more", "param", "repeats"]),
    ("link_header", &["rel"]),
    ("next_url", &["method", "next", "relative_to"]),
    ("offset", &["param", "size", "size_param", "start", "total"]),
    ("page_number", &["page_count", "param", "size", "size_param", "start", "total"]),
    ("single", &[]),
];

/// How a listing goes on from page to page.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Pages {
    /// By a cursor that each page holds.
    Cursor {
        /// Where a page holds the cursor of the next one.
        cursor: Pointer,
        /// Where a page says whether there are more.
        more: Option<Pointer>,
        /// Where the cursor goes.
        param: Parameter,
        /// Whether it stays the same from page to page.
        repeats: bool,
    },
    /// At the target of a `Link` header (RFC 8288).
    LinkHeader {
        /// The relation of the link.
        rel: String,
    },
    /// At a URL that each page holds.
    NextUrl {
        /// The method of all requests but the first.
        method: Method,
        /// Where a page holds the URL of the next one.
        next: Pointer,
        /// What the URL is resolved against.
        relative_to: RelativeTo,
    },
    /// By the number of records that were received.
    Offset {
        /// Where the offset goes.
        param: Parameter,
        /// Where the number of records on a page goes, and how many.
        size: Option<(Parameter, u64)>,
        /// The offset of the first record.
        start: u64,
        /// Where a page says how many records there are.
        total: Option<Pointer>,
    },
    /// By the number of the page.
    PageNumber {
        /// Where a page says how many there are.
        page_count: Option<Pointer>,
        /// Where the number goes.
        param: Parameter,
        /// Where the number of records on a page goes, and how many.
        size: Option<(Parameter, u64)>,
        /// The number of the first page.
        start: u64,
        /// Where a page says how many records there are.
        total: Option<Pointer>,
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
    /// The `type` of this.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Cursor { .. } => "cursor",
            Self::LinkHeader { .. } => "link_header",
            Self::NextUrl { .. } => "next_url",
            Self::Offset { .. } => "offset",
            Self::PageNumber { .. } => "page_number",
            Self::Single => "single",
        }
    }

    /// What is built in for a `type`, as TOML.
    pub(in crate::config) fn defaults(kind: Option<&str>) -> &'static str {
        match kind {
            Some("cursor") => "repeats = false",
            Some("link_header") => "rel = \"next\"",
            Some("next_url") => "method = \"GET\"\nrelative_to = \"response\"",
            Some("offset") => "start = 0",
            Some("page_number") => "start = 1",
            _ => "type = \"single\"",
        }
    }
}

/// The table as it is written; an internally tagged enum loses which key an error is about.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    cursor: Option<Pointer>,
    #[serde(default, deserialize_with = "method")]
    method: Option<Method>,
    more: Option<Pointer>,
    next: Option<Pointer>,
    page_count: Option<Pointer>,
    #[serde(default, deserialize_with = "text::place")]
    param: Option<Parameter>,
    rel: Option<String>,
    #[serde(default, deserialize_with = "relative_to")]
    relative_to: Option<RelativeTo>,
    repeats: Option<bool>,
    size: Option<NonZeroU64>,
    #[serde(default, deserialize_with = "text::place")]
    size_param: Option<Parameter>,
    start: Option<u64>,
    total: Option<Pointer>,
    #[serde(rename = "type", deserialize_with = "choice::read")]
    kind: Type,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Type {
    Cursor,
    LinkHeader,
    NextUrl,
    Offset,
    PageNumber,
    Single,
}

impl<'de> Deserialize<'de> for Pages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = Table::deserialize(deserializer)?;
        Ok(match table.kind {
            Type::Cursor => Self::Cursor {
                cursor: required("cursor", table.cursor)?,
                more: table.more,
                param: required("param", table.param)?,
                repeats: required("repeats", table.repeats)?,
            },
            Type::LinkHeader => Self::LinkHeader { rel: required("rel", table.rel)? },
            Type::NextUrl => Self::NextUrl {
                method: required("method", table.method)?,
                next: required("next", table.next)?,
                relative_to: required("relative_to", table.relative_to)?,
            },
            Type::Offset => Self::Offset {
                size: table.size()?,
                param: required("param", table.param)?,
                start: required("start", table.start)?,
                total: table.total,
            },
            Type::PageNumber => Self::PageNumber {
                size: table.size()?,
                page_count: table.page_count,
                param: required("param", table.param)?,
                start: required("start", table.start)?,
                total: table.total,
            },
            Type::Single => Self::Single,
        })
    }
}

impl Table {
    fn size<E: de::Error>(&mut self) -> Result<Option<(Parameter, u64)>, E> {
        match (self.size_param.take(), self.size) {
            (Some(place), Some(size)) => Ok(Some((place, size.get()))),
            (None, None) => Ok(None),
            (None, Some(_)) => Err(E::custom("`size` needs `size_param`, which says where it goes")),
            (Some(_), None) => Err(E::custom("`size_param` needs `size`, which is what goes there")),
        }
    }
}

fn required<T, E: de::Error>(name: &'static str, value: Option<T>) -> Result<T, E> {
    value.ok_or_else(|| E::missing_field(name))
}

fn method<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Method>, D::Error> {
    choice::method(deserializer).map(Some)
}

fn relative_to<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<RelativeTo>, D::Error> {
    choice::read(deserializer).map(Some)
}
