//! `[streams.NAME.job]`: an export that is submitted and polled. The stream then pages through its results.

use std::{fmt, time::Duration};

use http::{HeaderValue, Method};
use longhaul_core::{
    client::answer::StatusMatch,
    http::place::{Place, Places},
    json::pointer::Pointer,
    pull::job::JobState,
};
use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value;

use crate::{
    sections::answers::{ANSWERS, Answer},
    values::{
        body::Body,
        choice,
        comparison::{AnyOf, Compared},
        described::described,
        duration, place,
        query::Query,
        status::Statuses,
        text::MediaType,
    },
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
    /// When the results are ready: values of `state`, or conditions on the response to `poll`, such as `{ status = 303 }` or
    /// `{ at = "/ready", is = true }`. At least one. A redirect that is named here is not followed.
    #[schemars(extend("x-value" = STATES))]
    pub done: Vec<State>,
    /// Time between polls.
    #[serde(with = "duration::Positive")]
    #[schemars(extend("default" = "3s"))]
    pub every: Duration,
    /// When the job has failed, like `done`.
    #[schemars(extend("default" = [], "x-value" = STATES))]
    pub failed: Vec<State>,
    /// Place of the job id in the response to `submit`. `{job.id}` stands for it. `header:Location` gives a path or URL, with
    /// which `poll` and `path` may then begin.
    #[schemars(with = "place::Places")]
    pub id: Places,
    /// Place of the reason for a failure, in the response to `poll`.
    #[schemars(with = "Option<place::Places>")]
    pub message: Option<Places>,
    /// Path that is polled with GET. It starts with a slash, or with `{job.id}` if that is a path or URL.
    pub poll: String,
    /// When there is no data, like `done`: the stream, or the window, is then complete without records.
    #[schemars(extend("default" = [], "x-value" = STATES))]
    pub skipped: Vec<State>,
    /// Place of the state, in the response to `poll`. Required if a state has a name.
    #[schemars(with = "Option<place::Places>")]
    pub state: Option<Places>,
    /// The request that submits the job.
    pub submit: Submit,
    /// Longest time that the job may take.
    #[serde(with = "duration::Positive")]
    #[schemars(extend("default" = "2h"))]
    pub timeout: Duration,
    /// Place of the address of the results, in the last response to `poll`. `{job.url}` stands for it. `/files/*/url` is
    /// several, pulled in order as one page each.
    #[schemars(with = "Option<place::Places>")]
    pub url: Option<ResultUrls>,
}

/// What a list of states may hold.
const STATES: &str = "list of states or conditions";

/// A state of a job: its name, or a condition on the response to a poll.
#[derive(Clone, Debug)]
pub struct State(pub JobState);

/// A condition on the response to a poll. All of its keys must match.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "JobCondition")]
struct Condition {
    /// Place of a value, for `is`, `not`, `exists` and `contains`.
    #[schemars(with = "Option<place::Places>")]
    at: Option<Places>,
    /// Text that the value contains, in upper or lower case.
    contains: Option<String>,
    /// Whether there is a value. `null` counts as none.
    exists: Option<bool>,
    /// The value is this, or one of these.
    is: Option<AnyOf>,
    /// There is a value, and it is not this, or none of these.
    not: Option<AnyOf>,
    /// Status such as `200`, class such as `"2xx"`, or a list of both. A redirect that is named is not followed.
    #[serde(default, deserialize_with = "Statuses::deserialize")]
    #[schemars(with = "Option<Statuses>")]
    status: Vec<StatusMatch>,
}

impl<'de> Deserialize<'de> for State {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StateVisitor)
    }
}

/// Reads a state. Unlike a value in between, it knows in which key an error is.
struct StateVisitor;

impl<'de> Visitor<'de> for StateVisitor {
    type Value = State;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text or a table")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<State, E> {
        Ok(State(JobState::Named(name.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<State, A::Error> {
        let Condition { at, contains, exists, is, not, status } =
            Condition::deserialize(MapAccessDeserializer::new(map))?;
        let at = Compared { at, contains, exists, is, not }.comparisons().map_err(de::Error::custom)?;
        if at.is_none() && status.is_empty() {
            return Err(de::Error::custom("a condition requires `at` or `status`"));
        }
        Ok(State(JobState::Answer { status, at }))
    }
}

described!(State, |generator| schemars::json_schema!({
    "description": "A state of a job: its name, or a condition on the response to a poll.",
    "anyOf": [{ "type": "string" }, generator.subschema_for::<Condition>()],
}));

/// The place of the address of the results, or of several.
#[derive(Clone, Debug)]
pub struct ResultUrls(pub Places);

impl ResultUrls {
    /// Whether a pointer has a `*`, which stands for every element.
    pub(crate) fn are_several(&self) -> bool {
        self.0.iter().any(|place| match place {
            Place::Body(pointer) => pointer.tokens().iter().any(|token| token == "*"),
            _ => false,
        })
    }
}

impl<'de> Deserialize<'de> for ResultUrls {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let several =
            value.as_str().filter(|text| text.starts_with('/') && text.split('/').any(|name| name == "*"));
        if let Some(pointer) = several {
            let pointer: Pointer = pointer.parse().map_err(de::Error::custom)?;
            return Ok(Self(Place::Body(pointer).into()));
        }
        Places::deserialize(value).map(Self).map_err(de::Error::custom)
    }
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
