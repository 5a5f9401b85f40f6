//! `[streams.NAME.window]`: the time to pull, in slices.

use jiff::{Span, tz::TimeZone};
use longhaul_core::http::place::Places;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::values::{
    moment::Moment,
    place,
    text::{self, AnySpan, PositiveSpan, TimeFormat, Zone},
};

/// The time to pull, in slices. Slices are half-open and leave no gap.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// Where the API says up to which time its data is complete. Later data is neither pulled nor counted as pulled.
    pub available: Option<Available>,
    /// Whether the API includes records at the end of a range. If it does, requests give `{window.last}` as the end.
    #[schemars(extend("default" = "half_open"))]
    pub bounds: Bounds,
    /// How times are written in requests (`strftime`). If it ends in `Z`, times are in UTC; otherwise in `timezone`.
    #[serde(with = "TimeFormat")]
    #[schemars(extend("default" = "%Y-%m-%dT%H:%M:%S.%3fZ"))]
    pub format: String,
    // Optional, because a preset may leave it to the user.
    /// Start: a date, a date and time, or a relative time such as `now-24h`, `now-1M/M` or `yesterday`.
    #[serde(default, deserialize_with = "text::optional")]
    #[schemars(extend("x-required" = true))]
    pub from: Option<Moment>,
    /// Whether the next run starts where the last complete one ended.
    #[schemars(extend("default" = false))]
    pub incremental: bool,
    /// How long before that end the next run starts.
    #[serde(with = "AnySpan")]
    #[schemars(extend("default" = "0s"))]
    pub lookback: Span,
    /// Shortest slice that a slice with too many results is halved down to, see `then = "split"` of the answer rules.
    #[serde(default, deserialize_with = "PositiveSpan::optional")]
    #[schemars(with = "Option<PositiveSpan>")]
    pub min_slice: Option<Span>,
    /// Length of a slice, such as `6h` or `1d`. Days begin at midnight in `timezone`. Without it there is one slice.
    #[serde(default, deserialize_with = "PositiveSpan::optional")]
    #[schemars(with = "Option<PositiveSpan>")]
    pub slice: Option<Span>,
    /// Time zone of dates and of slices of whole days.
    #[serde(with = "Zone")]
    #[schemars(extend("default" = "UTC"))]
    pub timezone: TimeZone,
    /// End, exclusive: a date, a date and time, or a relative time.
    #[serde(deserialize_with = "text::read")]
    #[schemars(extend("default" = "now"))]
    pub to: Moment,
}

/// Where the API says up to which time its data is complete.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Available {
    /// Place of the time in the response.
    #[schemars(with = "place::Places")]
    pub at: Places,
    /// Path of the request. It starts with a slash and is appended to `api.base_url`.
    pub path: String,
}

/// Which end of a range the API includes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Bounds {
    /// The start, but not the end.
    HalfOpen,
    /// Both. A record at `{window.end}` would arrive with two slices, so requests give `{window.last}` instead: the end
    /// minus the smallest unit of `format`.
    Closed,
}
