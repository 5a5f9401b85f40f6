//! `[streams.NAME.incremental]`: how a run starts where the last one ended.

use jiff::Span;
use longhaul_core::{Pointer, http::place::Places, listing::paginate::Parameter};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::values::{
    choice,
    first_value::FirstValue,
    place,
    pointer::JsonPointer,
    text::{AnySpan, RequestPlace},
};

/// How a run starts where the last complete one ended: at a value that its records have reached (`at`), or at a link or
/// cursor of its last page (`next`).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Incremental {
    /// Pointer to the value in a record: a time or a number, such as the time of the last change, or an id.
    #[serde(default, deserialize_with = "JsonPointer::optional")]
    #[schemars(with = "Option<JsonPointer>")]
    pub at: Option<Pointer>,
    /// Value of the first run: text, a number, or a relative time such as `now-30d`. Without it, the first run gets
    /// everything.
    pub from: Option<FirstValue>,
    /// How much earlier than the value the next run starts. Only for times.
    #[serde(with = "AnySpan")]
    #[schemars(extend("default" = "0s"))]
    pub lookback: Span,
    /// Place of the link or cursor on the last page, such as `/@odata.deltaLink`.
    #[serde(default)]
    #[schemars(with = "Option<place::Places>")]
    pub next: Option<Places>,
    /// Which value counts.
    #[serde(deserialize_with = "choice::read")]
    #[schemars(extend("default" = "greatest"))]
    pub order: Order,
    /// Where the value or cursor goes in the request. `at` requires it. Without it, `next` is a link.
    #[serde(default, deserialize_with = "RequestPlace::optional")]
    #[schemars(with = "Option<RequestPlace>")]
    pub param: Option<Parameter>,
}

/// Which value counts.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Order {
    /// That of the last record, because the API sends records in order.
    AsSent,
    /// The greatest one.
    Greatest,
}
