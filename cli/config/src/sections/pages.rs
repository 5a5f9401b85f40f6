//! `[streams.NAME.pages]`: how to find the next page.

use std::{mem, num::NonZeroU64};

use http::Method;
use longhaul_core::{
    http::place::Places,
    listing::{end::LastPage, paginate::Parameter},
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de};

use crate::{
    sections::end::{Condition, ConditionTable},
    values::{choice, described::described, place, text::RequestPlace},
};

/// How to find the next page, and how a listing ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Pages {
    /// The paging style.
    pub style: Style,
    /// How a listing ends, whatever its style.
    pub ends: Ends,
}

/// How to find the next page.
#[derive(Clone, Debug, PartialEq)]
pub enum Style {
    /// The page has the cursor of the next page.
    Cursor {
        /// The place of the cursor of the next page.
        cursor: Places,
        /// Where the cursor goes in the request.
        param: Parameter,
        /// Whether the cursor stays the same from page to page.
        repeats: bool,
    },
    /// The response has a `Link` header (RFC 8288).
    LinkHeader {
        /// Whose scheme and port the link has.
        origin: LinkOrigin,
        /// The relation of the link.
        rel: String,
    },
    /// The page has the URL of the next page.
    NextUrl {
        /// The method of all requests but the first.
        method: Method,
        /// The place of the URL of the next page.
        next: Places,
        /// Whose scheme and port the URL has.
        origin: LinkOrigin,
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
        /// What the next offset is computed from.
        step: OffsetStep,
    },
    /// The request has the number of the page.
    PageNumber {
        /// The place of the number of pages.
        page_count: Option<Places>,
        /// Where the number goes in the request.
        param: Parameter,
        /// Where the number of records per page goes in the request, and the number.
        size: Option<(Parameter, u64)>,
        /// The first page number.
        start: u64,
    },
    /// There is one page.
    Single,
}

/// How a listing ends, whatever its style.
#[derive(Clone, Debug, PartialEq)]
pub struct Ends {
    /// Conditions that make a page the last one.
    pub end: Vec<LastPage>,
    /// Whether pages that follow each other may have the same records; nothing for styles that count.
    pub identical_pages: Option<bool>,
    /// Whether the listing ends once as many records as `total` have arrived.
    pub ends_at_total: bool,
    /// How many pages in a row may have no records; nothing for a single page.
    pub max_empty: Option<NonZeroU64>,
    /// The place of a value that is true if there are more pages.
    pub more: Option<Places>,
    /// The number of records that were requested per page.
    pub size: Option<u64>,
    /// Whether records may have the same value at the cursor; nothing for other styles.
    pub ties: Option<bool>,
    /// The place of the number of records.
    pub total: Option<Places>,
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

/// Whose scheme and port a next link has.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum LinkOrigin {
    /// Those of `api.base_url`, if the host is the same. For APIs behind TLS termination or a proxy, which name themselves
    /// by another scheme or port.
    Keep,
    /// Its own.
    Link,
}

/// What the next offset is computed from.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum OffsetStep {
    /// The number of records received.
    Received,
    /// `size`. For servers that leave out records that may not be seen, but count them.
    Size,
}

impl Style {
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
    /// Place of the cursor of the next page. `last:/id` continues from the last record.
    #[schemars(with = "Option<place::Places>", extend("x-types" = ["cursor"], "x-required" = true))]
    cursor: Option<Places>,
    /// Conditions that make a page the last one. The first that matches counts.
    #[serde(default)]
    #[schemars(
        with = "Vec<ConditionTable>",
        extend("x-value" = "list of [conditions](#conditions-of-end)", "x-types" = PAGED, "default" = [])
    )]
    end: Vec<Condition>,
    /// Whether the listing ends once as many records as `total` have arrived. Set it only if totals do not change.
    #[schemars(extend("x-types" = PAGED, "default" = false))]
    ends_at_total: Option<bool>,
    /// Whether pages that follow each other may have the same records. Otherwise that is an error, because an API that
    /// ignores the cursor sends one page again and again.
    #[schemars(extend("x-types" = ["cursor", "link_header", "next_url"], "default" = false))]
    identical_pages: Option<bool>,
    /// How many pages in a row may have no records, although each has a next page. More are an error.
    #[schemars(extend("x-types" = PAGED, "default" = 100))]
    max_empty: Option<NonZeroU64>,
    /// Method of all requests but the first. `POST` keeps the method and the content of the first request.
    #[serde(default, deserialize_with = "choice::Method::optional")]
    #[schemars(with = "Option<choice::Method>", extend("x-types" = ["next_url"], "default" = "GET"))]
    method: Option<Method>,
    /// Place of a value that is true if there are more pages, and false on the last one.
    #[schemars(with = "Option<place::Places>", extend("x-types" = PAGED))]
    more: Option<Places>,
    /// Place of the URL of the next page.
    #[schemars(with = "Option<place::Places>", extend("x-types" = ["next_url"], "x-required" = true))]
    next: Option<Places>,
    /// Whose scheme and port the next link has.
    #[serde(default, deserialize_with = "choice::optional")]
    #[schemars(extend("x-types" = ["link_header", "next_url"], "default" = "link"))]
    origin: Option<LinkOrigin>,
    /// Place of the number of pages.
    #[schemars(with = "Option<place::Places>", extend("x-types" = ["page_number"]))]
    page_count: Option<Places>,
    /// Where the page number, the offset or the cursor goes: the name of a query parameter, or a pointer into the body.
    #[serde(default, deserialize_with = "RequestPlace::optional")]
    #[schemars(
        with = "Option<RequestPlace>",
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
    /// Whether the cursor stays the same from page to page. The listing then ends with a page without records. Only the server
    /// knows where it stands, so an answer that is lost or a run that is stopped starts the listing again.
    #[schemars(extend("x-types" = ["cursor"], "default" = false))]
    repeats: Option<bool>,
    /// Number of records per page. `offset` and `page_number` send it as `size_param`; for the other types, it says what
    /// the request asks for.
    #[schemars(extend("x-types" = PAGED))]
    size: Option<NonZeroU64>,
    /// Where `size` goes: the name of a query parameter, or a pointer into the body.
    #[serde(default, deserialize_with = "RequestPlace::optional")]
    #[schemars(with = "Option<RequestPlace>", extend("x-types" = NUMBERED))]
    size_param: Option<Parameter>,
    /// First page number, or first offset.
    #[schemars(extend("x-types" = NUMBERED, "x-defaults" = { "offset": 0, "page_number": 1 }))]
    start: Option<u64>,
    /// What the next offset is computed from.
    #[serde(default, deserialize_with = "choice::optional")]
    #[schemars(extend("x-types" = ["offset"], "default" = "received"))]
    step: Option<OffsetStep>,
    /// Whether records may have the same value at a `cursor` in the last record, because the API keeps such records on one
    /// page. Otherwise that is an error, because the next page leaves out the rest of them.
    #[schemars(extend("x-types" = ["cursor"], "default" = false))]
    ties: Option<bool>,
    /// Place of the number of records. If fewer arrive, there is a warning. It ends a listing only with `ends_at_total`.
    #[schemars(with = "Option<place::Places>")]
    total: Option<Places>,
    /// The paging style.
    #[serde(rename = "type", deserialize_with = "choice::read")]
    #[schemars(extend("default" = "single"))]
    kind: Type,
}

/// The types that count pages or records.
const NUMBERED: [&str; 2] = ["offset", "page_number"];

/// The types with several pages.
const PAGED: [&str; 5] = ["cursor", "link_header", "next_url", "offset", "page_number"];

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

described!(Pages as Table);

impl<'de> Deserialize<'de> for Pages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut table = Table::deserialize(deserializer)?;
        let sizes = table.sizes()?;
        let ends = table.ends().map_err(de::Error::custom)?;
        let style = match table.kind {
            Type::Cursor => Style::Cursor {
                cursor: required("cursor", table.cursor)?,
                param: required("param", table.param)?,
                repeats: required("repeats", table.repeats)?,
            },
            Type::LinkHeader => Style::LinkHeader {
                origin: required("origin", table.origin)?,
                rel: required("rel", table.rel)?,
            },
            Type::NextUrl => Style::NextUrl {
                method: required("method", table.method)?,
                next: required("next", table.next)?,
                origin: required("origin", table.origin)?,
                relative_to: required("relative_to", table.relative_to)?,
            },
            Type::Offset => {
                let step = required("step", table.step)?;
                if step == OffsetStep::Size && sizes.is_none() {
                    return Err(de::Error::custom("`step = \"size\"` requires `size` and `size_param`"));
                }
                let Ends { end, more, total, .. } = &ends;
                if step == OffsetStep::Size && total.is_none() && more.is_none() && end.is_empty() {
                    return Err(de::Error::custom(
                        "`step = \"size\"` requires `total`, `more` or `end`, because a page from which all records are left out is not the last one",
                    ));
                }
                let (param, start) = (required("param", table.param)?, required("start", table.start)?);
                Style::Offset { size: sizes, param, start, step }
            }
            Type::PageNumber => Style::PageNumber {
                size: sizes,
                page_count: table.page_count,
                param: required("param", table.param)?,
                start: required("start", table.start)?,
            },
            Type::Single => Style::Single,
        };
        Ok(Self { style, ends })
    }
}

impl Table {
    /// Where the number of records per page goes in the request, and the number.
    fn sizes<E: de::Error>(&mut self) -> Result<Option<(Parameter, u64)>, E> {
        if !matches!(self.kind, Type::Offset | Type::PageNumber) {
            return Ok(None);
        }
        match (self.size_param.take(), self.size) {
            (Some(place), Some(size)) => Ok(Some((place, size.get()))),
            (None, None) => Ok(None),
            (None, Some(_)) => Err(E::custom("`size` requires `size_param`, the place where it goes")),
            (Some(_), None) => Err(E::custom("`size_param` requires `size`, the value that goes there")),
        }
    }

    fn ends(&mut self) -> Result<Ends, String> {
        let size = self.size.map(NonZeroU64::get);
        let end: Vec<_> = mem::take(&mut self.end).into_iter().map(|Condition(last)| last).collect();
        if size.is_none() && end.iter().any(|last| last.is_short) {
            return Err("`short` requires `size`, the number of records in a full page".to_owned());
        }
        let ends_at_total = self.ends_at_total.unwrap_or_default();
        if ends_at_total && self.total.is_none() {
            return Err("`ends_at_total` requires `total`, the place of the number of records".to_owned());
        }
        Ok(Ends {
            end,
            ends_at_total,
            identical_pages: self.identical_pages,
            max_empty: self.max_empty,
            more: self.more.take(),
            size,
            ties: self.ties,
            total: self.total.take(),
        })
    }
}

fn required<T, E: de::Error>(name: &'static str, value: Option<T>) -> Result<T, E> {
    value.ok_or_else(|| E::missing_field(name))
}
