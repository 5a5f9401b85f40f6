//! `[streams.NAME]`: one listing of the API.

use std::num::NonZeroUsize;

use http::{HeaderValue, Method};
use longhaul_core::Pointer;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    sections::{
        answers::{ANSWERS, Answer},
        csv::Csv,
        each::Each,
        filter::RecordCondition,
        job::Job,
        pages::Pages,
        rate::StreamRate,
        table::Table,
        window::Window,
    },
    values::{
        body::Body,
        choice,
        concurrency::Concurrency,
        header,
        pointer::{JsonPointer, RecordsPointer},
        query::Query,
        secret::Secrets,
        text::{Line, MediaType},
    },
};

/// What a page without the array of records means.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum RecordsMissing {
    /// An error, if earlier pages had it.
    Error,
    /// The page has no records: this API leaves the array out if there are none.
    Empty,
}

/// The format of a page.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Format {
    /// Each row is a record: an object of strings, named by the header line.
    Csv,
    /// The page is a JSON value, and the records are in it.
    Json,
    /// Each line is a record.
    Ndjson,
}

/// A stream: one listing of the API. It defines the first request, where the records are, and how to find the next page.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// What responses to this stream's requests mean. These rules come before `api.answers`.
    #[schemars(extend("x-value" = ANSWERS, "default" = []))]
    pub answers: Vec<Answer>,
    /// Body of the first request: JSON. At most one of `body`, `form` and `text` can be set.
    pub body: Option<Body>,
    /// How many requests may be in flight at a time.
    #[serde(with = "Concurrency")]
    #[schemars(extend("default" = 4))]
    pub concurrency: NonZeroUsize,
    /// Media type of `text`, such as `application/xml`.
    #[serde(default, deserialize_with = "MediaType::optional")]
    #[schemars(with = "Option<MediaType>")]
    pub content_type: Option<HeaderValue>,
    /// How CSV is written. Only with `format = "csv"`.
    pub csv: Option<Csv>,
    /// What `longhaul streams` says about the stream, in one line.
    #[serde(default, deserialize_with = "Line::optional")]
    #[schemars(with = "Option<Line>")]
    pub description: Option<String>,
    /// The parents of the stream, for each of which it is pulled.
    pub each: Option<Each>,
    /// Form fields of the first request, by name, sent as `application/x-www-form-urlencoded`. A list repeats its field.
    pub form: Option<Query>,
    /// Format of a page. `ndjson` and `csv` pages may have any size.
    #[serde(deserialize_with = "choice::read")]
    #[schemars(extend("default" = "json"))]
    pub format: Format,
    /// Headers of this stream's requests, by name.
    #[serde(default, deserialize_with = "header::table")]
    pub headers: Secrets,
    /// Whether a request may be sent twice, whatever its method. Set it to `false` if a request changes something.
    #[schemars(extend("default" = true))]
    pub idempotent: bool,
    /// An export to submit first. The stream pages through its results.
    pub job: Option<Job>,
    /// Method of the first request.
    #[serde(with = "choice::Method")]
    #[schemars(extend("default" = "GET"))]
    pub method: Method,
    /// How to find the next page.
    #[schemars(extend("default" = {}))]
    pub pages: Pages,
    /// Path of the first request. It starts with a slash and is appended to `api.base_url`.
    pub path: String,
    /// Permissions or scopes that the API requires. `longhaul streams` shows them.
    #[schemars(extend("default" = []))]
    pub permissions: Vec<String>,
    /// Query parameters of the first request, by name. A list repeats its parameter.
    #[serde(default)]
    pub query: Query,
    /// Limit for the requests of this stream, in addition to `[rate]`.
    pub rate: Option<StreamRate>,
    /// Pointer to the array of records. `""` is the whole page: each element of an array is a record; an object is one
    /// record. With `*`, which stands for every element of an array or every value of an object, each match of the whole
    /// pointer is a record: `/groups/*/items/*`.
    #[serde(with = "RecordsPointer")]
    #[schemars(extend("default" = ""))]
    pub records: Pointer,
    /// What a page without that array means; of lines, an empty page.
    #[serde(deserialize_with = "choice::read")]
    #[schemars(extend("default" = "error"))]
    pub records_missing: RecordsMissing,
    /// Names of the sinks. Without any, records go to standard output.
    #[schemars(extend("default" = []))]
    pub sinks: Vec<String>,
    /// Columns that the stream suggests.
    pub table: Option<Table>,
    /// Any other content of the first request, as text. Requires `content_type`.
    pub text: Option<String>,
    /// Pointer to the key of a record. If a record with the same key was already written in this run, it is dropped and
    /// counted.
    #[serde(default, deserialize_with = "JsonPointer::optional")]
    #[schemars(with = "Option<JsonPointer>")]
    pub unique: Option<Pointer>,
    /// Conditions that a record must match; the others are left out and counted.
    #[serde(default, rename = "where")]
    #[schemars(extend("x-value" = "list of [conditions](#conditions-on-records)", "default" = []))]
    pub conditions: Vec<RecordCondition>,
    /// The time to pull, in slices.
    pub window: Option<Window>,
}
