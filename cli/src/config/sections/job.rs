//! `[streams.NAME.job]`: an export that is submitted and polled. The stream then pages through its results.

use std::time::Duration;

use http::{HeaderValue, Method};
use longhaul_core::http::place::Places;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::{
    sections::answers::{ANSWERS, Answer},
    values::{body::Body, choice, duration, place, query::Query, text::MediaType},
};

/// An export that is submitted and polled until it is done. The stream then pages through its results.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// What responses to `submit` and `poll` mean. These rules come before `api.answers`.
    #[schemars(extend("x-value" = ANSWERS, "default" = []))]
    pub answers: Vec<Answer>,
    /// The request that cancels the job.
    pub cancel: Option<Cancel>,
    /// States in which the results are ready; at least one.
    pub done: Vec<String>,
    /// Time between polls.
    #[serde(with = "duration::Positive")]
    #[schemars(extend("default" = "3s"))]
    pub every: Duration,
    /// States in which the job has failed.
    #[schemars(extend("default" = []))]
    pub failed: Vec<String>,
    /// Place of the job id in the response to `submit`. `{job.id}` stands for it.
    #[schemars(with = "place::Places")]
    pub id: Places,
    /// Place of the reason for a failure, in the response to `poll`.
    #[schemars(with = "Option<place::Places>")]
    pub message: Option<Places>,
    /// Path that is polled with GET. It starts with a slash.
    pub poll: String,
    /// Place of the state, in the response to `poll`.
    #[schemars(with = "place::Places")]
    pub state: Places,
    /// The request that submits the job.
    pub submit: Submit,
    /// Longest time that the job may take.
    #[serde(with = "duration::Positive")]
    #[schemars(extend("default" = "2h"))]
    pub timeout: Duration,
}

/// The request that submits a job.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Submit {
    /// Body of the request: JSON. At most one of `body`, `form` and `text` can be set.
    pub body: Option<Body>,
    /// Media type of `text`, such as `application/xml`.
    #[serde(default, deserialize_with = "MediaType::optional")]
    #[schemars(with = "Option<MediaType>")]
    pub content_type: Option<HeaderValue>,
    /// Form fields of the request, by name.
    pub form: Option<Query>,
    /// Method of the request.
    #[serde(with = "choice::Method")]
    #[schemars(extend("default" = "POST"))]
    pub method: Method,
    /// Path of the request. It starts with a slash and is appended to `api.base_url`.
    pub path: String,
    /// Query parameters, by name.
    #[serde(default)]
    pub query: Query,
    /// Any other content of the request, as text. Requires `content_type`.
    pub text: Option<String>,
}

/// The request that cancels a job.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancel {
    /// Body of the request: JSON. At most one of `body`, `form` and `text` can be set.
    pub body: Option<Body>,
    /// Media type of `text`, such as `application/xml`.
    #[serde(default, deserialize_with = "MediaType::optional")]
    #[schemars(with = "Option<MediaType>")]
    pub content_type: Option<HeaderValue>,
    /// Form fields of the request, by name.
    pub form: Option<Query>,
    /// Method of the request.
    #[serde(with = "choice::Method")]
    #[schemars(extend("default" = "DELETE"))]
    pub method: Method,
    /// Path of the request. It starts with a slash and is appended to `api.base_url`.
    pub path: String,
    /// Any other content of the request, as text. Requires `content_type`.
    pub text: Option<String>,
}
