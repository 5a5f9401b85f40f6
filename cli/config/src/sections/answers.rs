//! `[[api.answers]]` and its likes: what responses mean.

use std::time::Duration;

use longhaul_core::{
    client::answer::{After, Condition, Message, Rule, StatusMatch, Then},
    http::place::{Place, Places},
};
use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer,
    de::{self, IntoDeserializer, value::Error},
};

use crate::values::{
    choice,
    comparison::{AnyOf, Compared},
    described::described,
    duration, place,
    status::Statuses,
};

/// How the reference of keys calls a list of rules.
pub(crate) const ANSWERS: &str = "list of [rules](#answer-rules)";

/// A rule: what a response means if the condition matches. The first rule that matches decides.
#[derive(Clone, Debug)]
pub struct Answer(pub Rule);

/// What a response means if the condition matches.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Answer")]
struct Table {
    /// How long to wait before the request is sent again: a duration, or a place in the response. Without it:
    /// `Retry-After`, then the rate limit that the response reports, then a growing delay.
    #[serde(default)]
    after: Option<Wait>,
    /// What the user can do about it.
    #[serde(default)]
    hint: Option<String>,
    /// The message to show: text, or a place in the response.
    #[serde(default)]
    message: Option<Text>,
    /// What the response means.
    #[serde(deserialize_with = "choice::read")]
    then: Meaning,
    /// The condition. All of its keys must match.
    #[serde(deserialize_with = "When::condition")]
    #[schemars(with = "When")]
    when: Condition,
}

/// A condition on a response. All of its keys must match.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct When {
    /// Place of a value, for `is`, `not`, `exists` and `contains`.
    #[schemars(with = "Option<place::Places>")]
    at: Option<Places>,
    /// The API's own error code, see `errors.code`.
    code: Option<String>,
    /// Text that the value contains, in upper or lower case.
    contains: Option<String>,
    /// Whether there is a value. `null` counts as none.
    exists: Option<bool>,
    /// The value is this, or one of these. Numbers and booleans are also compared as text.
    is: Option<AnyOf>,
    /// There is a value, and it is not this, or none of these.
    not: Option<AnyOf>,
    /// Status such as `404`, class such as `"5xx"`, or a list of both.
    #[serde(default, deserialize_with = "Statuses::deserialize")]
    #[schemars(with = "Option<Statuses>")]
    status: Vec<StatusMatch>,
    /// Text that the API's message contains, see `errors.message`, in upper or lower case. If the body is not JSON, it
    /// is the message.
    text: Option<String>,
}

#[derive(Clone, Copy, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Meaning {
    /// A page, whatever its status.
    Page,
    /// The listing is complete, and this response has no records.
    End,
    /// A temporary failure: send the request again after a delay, up to `retry.max_attempts`.
    Retry,
    /// A rate limit: pause all requests to the API. Uses no attempts, as long as the waits stay below `retry.max_wait`.
    Throttle,
    /// Not ready: ask again later, until `retry.max_wait`, or `timeout` of a job.
    Wait,
    /// The token was rejected: renew it once, and send the request again.
    Renew,
    /// Too many results: halve the window, down to `window.min_slice`.
    Split,
    /// The cursor has expired: drop what this window has so far and start it again, at most 3 times.
    Restart,
    /// Leave this window out, and report it.
    Skip,
    /// A final failure.
    Fail,
}

/// How long to wait.
struct Wait(After);

/// A message.
struct Text(Message);

described!(Wait, { "type": "string", "x-value": "duration or place", "examples": ["30s", "/retry_after"] });
described!(Text, { "type": "string", "x-value": "text or place", "examples": ["/error/message"] });

described!(Answer as Table);

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Table { after, hint, message, then, when } = Table::deserialize(deserializer)?;
        if after.is_some() && !matches!(then, Meaning::Retry | Meaning::Throttle | Meaning::Wait) {
            return Err(de::Error::custom(
                "`after` requires `then` to be `retry`, `throttle` or `wait`, because nothing else waits",
            ));
        }
        Ok(Self(Rule {
            when,
            then: then.into(),
            after: after.map(|Wait(after)| after),
            message: message.map(|Text(message)| message),
            hint,
        }))
    }
}

impl When {
    fn condition<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Condition, D::Error> {
        let Self { at, code, contains, exists, is, not, status, text } = Self::deserialize(deserializer)?;
        let at = Compared { at, contains, exists, is, not }.comparisons().map_err(de::Error::custom)?;
        if at.is_none() && code.is_none() && status.is_empty() && text.is_none() {
            return Err(de::Error::custom("`when` requires `status`, `at`, `code` or `text`"));
        }
        if at.as_ref().is_some_and(|(places, _)| has_last(places)) {
            return Err(de::Error::custom("a rule cannot read the last record; use another place for `at`"));
        }
        Ok(Condition { status, at, code, text })
    }
}

impl<'de> Deserialize<'de> for Wait {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if let Some(places) = places(&text)? {
            return Ok(Self(After::At(places)));
        }
        let read: Result<Duration, Error> = duration::Any::deserialize(text.into_deserializer());
        read.map(|wait| Self(After::Fixed(wait))).map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(Self(places(&text)?.map_or(Message::Text(text), Message::At)))
    }
}

/// The place that `text` names, if it has the form of one.
fn places<E: de::Error>(text: &str) -> Result<Option<Places>, E> {
    let starts = ["/", "$.", "$[", "header:", "link:", "last:"];
    if !starts.iter().any(|start| text.starts_with(start)) {
        return Ok(None);
    }
    let places: Places = text.parse().map_err(E::custom)?;
    if has_last(&places) { Err(E::custom("a rule cannot read the last record")) } else { Ok(Some(places)) }
}

fn has_last(places: &Places) -> bool {
    places.iter().any(|place| matches!(place, Place::Last(_)))
}

impl From<Meaning> for Then {
    fn from(meaning: Meaning) -> Self {
        match meaning {
            Meaning::Page => Self::Page,
            Meaning::End => Self::End,
            Meaning::Retry => Self::Retry,
            Meaning::Throttle => Self::Throttle,
            Meaning::Wait => Self::Wait,
            Meaning::Renew => Self::Renew,
            Meaning::Split => Self::Split,
            Meaning::Restart => Self::Restart,
            Meaning::Skip => Self::Skip,
            Meaning::Fail => Self::Fail,
        }
    }
}
