//! `[streams.NAME.pages]`: how to find the next page.

use std::{borrow::Cow, num::NonZeroU64};

use http::Method;
use longhaul_core::{Pointer, listing::paginate::Parameter};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, de};

use crate::config::values::{choice, pointer::JsonPointer, text::Place};

/// How to find the next page.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Pages {
    /// The page has the cursor of the next page.
    Cursor {
        /// Pointer to the cursor of the next page.
        cursor: Pointer,
        /// Pointer to a value that is true if there are more pages.
        more: Option<Pointer>,
        /// Where the cursor goes in the request.
        param: Parameter,
        /// Whether the cursor stays the same from page to page.
        repeats: bool,
    },
    /// The response has a `Link` header (RFC 8288).
    LinkHeader {
        /// The relation of the link.
        rel: String,
    },
    /// The page has the URL of the next page.
    NextUrl {
        /// The method of all requests but the first.
        method: Method,
        /// Pointer to the URL of the next page.
        next: Pointer,
        /// What the URL is resolved against.
        relative_to: RelativeTo,
    },
    /// The request has the number of records received so far.
    Offset {
        /// Where the offset goes in the request.
        param: Parameter,
        /// Where the number of records per page goes in the request, and the number.
        size: Option<(Parameter, u64)>,
        /// The first offset.
        start: u64,
        /// Pointer to the number of records.
        total: Option<Pointer>,
    },
    /// The request has the number of the page.
    PageNumber {
        /// Pointer to the number of pages.
        page_count: Option<Pointer>,
        /// Where the number goes in the request.
        param: Parameter,
        /// Where the number of records per page goes in the request, and the number.
        size: Option<(Parameter, u64)>,
        /// The first page number.
        start: u64,
        /// Pointer to the number of records.
        total: Option<Pointer>,
    },
    /// There is one page.
    Single,
}

/// What a relative URL is resolved against.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum RelativeTo {
    /// `api.base_url`, whose path is kept. For APIs behind a gateway.
    Base,
    /// The URL of the response (RFC 3986 §5).
    Response,
}

impl Pages {
    /// The `type` in the configuration.
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
}

/// How to find the next page.
// An internally tagged enum would lose which key an error is about.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Pages")]
struct Table {
    /// Pointer to the cursor of the next page.
    #[schemars(with = "Option<JsonPointer>", extend("x-types" = ["cursor"], "x-required" = true))]
    cursor: Option<Pointer>,
    /// Method of all requests but the first. `POST` keeps the method and the content of the first request.
    #[serde(default, deserialize_with = "choice::Method::optional")]
    #[schemars(with = "Option<choice::Method>", extend("x-types" = ["next_url"], "default" = "GET"))]
    method: Option<Method>,
    /// Pointer to a value that is true if there are more pages.
    #[schemars(with = "Option<JsonPointer>", extend("x-types" = ["cursor"]))]
    more: Option<Pointer>,
    /// Pointer to the URL of the next page.
    #[schemars(with = "Option<JsonPointer>", extend("x-types" = ["next_url"], "x-required" = true))]
    next: Option<Pointer>,
    /// Pointer to the number of pages.
    #[schemars(with = "Option<JsonPointer>", extend("x-types" = ["page_number"]))]
    page_count: Option<Pointer>,
    /// Where the page number, the offset or the cursor goes: the name of a query parameter, or a pointer into the body.
    #[serde(default, deserialize_with = "Place::optional")]
    #[schemars(
        with = "Option<Place>",
        extend("x-types" = ["cursor", "offset", "page_number"], "x-required" = true)
    )]
    param: Option<Parameter>,
    /// Relation of the link to the next page.
    #[schemars(extend("x-types" = ["link_header"], "default" = "next"))]
    rel: Option<String>,
    /// What a relative URL is resolved against.
    #[serde(default, deserialize_with = "choice::optional")]
    #[schemars(extend("x-types" = ["next_url"], "default" = "response"))]
    relative_to: Option<RelativeTo>,
    /// Whether the cursor stays the same from page to page. The listing then ends with a page without records.
    #[schemars(extend("x-types" = ["cursor"], "default" = false))]
    repeats: Option<bool>,
    /// Number of records to request per page.
    #[schemars(extend("x-types" = NUMBERED))]
    size: Option<NonZeroU64>,
    /// Where `size` goes: the name of a query parameter, or a pointer into the body.
    #[serde(default, deserialize_with = "Place::optional")]
    #[schemars(with = "Option<Place>", extend("x-types" = NUMBERED))]
    size_param: Option<Parameter>,
    /// First page number, or first offset.
    #[schemars(extend("x-types" = NUMBERED, "x-defaults" = { "offset": 0, "page_number": 1 }))]
    start: Option<u64>,
    /// Pointer to the number of records. It never ends a listing; if fewer records arrive, there is a warning.
    #[schemars(with = "Option<JsonPointer>", extend("x-types" = NUMBERED))]
    total: Option<Pointer>,
    /// The paging style.
    #[serde(rename = "type", deserialize_with = "choice::read")]
    #[schemars(extend("default" = "single"))]
    kind: Type,
}

/// The types that count pages or records.
const NUMBERED: [&str; 2] = ["offset", "page_number"];

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Type {
    /// The same request with the cursor that the page names.
    Cursor,
    /// GET to the target of the `Link` header.
    LinkHeader,
    /// GET to the URL that the page names.
    NextUrl,
    /// The same request with the number of records received.
    Offset,
    /// The same request with the next number.
    PageNumber,
    /// There is one page.
    Single,
}

impl JsonSchema for Pages {
    fn schema_name() -> Cow<'static, str> {
        Table::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Table::json_schema(generator)
    }
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
            (None, Some(_)) => Err(E::custom("`size` requires `size_param`, the place where it goes")),
            (Some(_), None) => Err(E::custom("`size_param` requires `size`, the value that goes there")),
        }
    }
}

fn required<T, E: de::Error>(name: &'static str, value: Option<T>) -> Result<T, E> {
    value.ok_or_else(|| E::missing_field(name))
}
