//! What a response means: one pure function from rules and a response to a [`Verdict`].
//!
//! The first rule whose condition matches decides. Rules of the user come first; `built_in.rs` has the rest.

mod built_in;
mod condition;
#[cfg(test)]
mod tests;
mod view;

use std::time::{Duration, SystemTime};

use serde_json::Value;

pub use self::condition::{Condition, StatusMatch};
pub(crate) use self::view::View;
use crate::{
    client::{
        refusal::{Refusal, RefusalFormat},
        retry::after,
    },
    http::place::Places,
};

/// What is done with a response.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Then {
    /// It is read, whatever its status.
    Page,
    /// The listing is complete, and this response has no records.
    End,
    /// The request is sent again after a back-off, up to `max_attempts`.
    Retry,
    /// All requests to this API pause. It does not use up an attempt, as long as the waits stay below `max_wait`.
    Throttle,
    /// The result is not ready: the request is sent again later, until `max_wait`.
    Wait,
    /// The token was rejected: it is renewed once, and the request is sent again.
    Renew,
    /// There are too many results: the window is halved.
    Split,
    /// The cursor expired: the partition is rolled back and started again.
    Restart,
    /// The partition is left out, and reported.
    Skip,
    /// The request has failed for good.
    Fail,
}

/// A rule: what a response means if the condition matches.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The condition.
    pub when: Condition,
    /// What is done.
    pub then: Then,
    /// How long to wait before the request is sent again.
    pub after: Option<After>,
    /// The message to show.
    pub message: Option<Message>,
    /// What the user can do about it.
    pub hint: Option<String>,
}

/// How long to wait.
#[derive(Clone, Debug)]
pub enum After {
    /// This long.
    Fixed(Duration),
    /// As long as the response says, in any form that [`after`] reads.
    At(Places),
}

/// A message.
#[derive(Clone, Debug)]
pub enum Message {
    /// This text.
    Text(String),
    /// The text in the response.
    At(Places),
}

/// The rules for the responses to one kind of request.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// The rules of the user, in order.
    pub rules: Vec<Rule>,
    /// What the response to a request is, if no rule says otherwise.
    pub kind: Kind,
}

/// What the response to a request is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Kind {
    /// A page of a listing. A 202 means that it is not ready.
    Page,
    /// Anything else. A 202 is an ordinary response, as for a job that was accepted.
    #[default]
    Other,
}

/// What a response means.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) then: Then,
    /// How long the API asks to wait.
    pub(crate) after: Option<Duration>,
    /// What the API says about it.
    pub(crate) refusal: Refusal,
}

impl Rules {
    /// The rules for the pages of a listing. Those of the user come first.
    pub fn of_pages(rules: Vec<Rule>) -> Self {
        Self { rules, kind: Kind::Page }
    }

    /// Whether a rule may roll a partition back.
    pub(crate) fn may_roll_back(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule.then, Then::Split | Then::Restart | Then::Skip))
    }

    /// Decides what a response means.
    pub(crate) fn judge(&self, view: &View<'_>, format: &RefusalFormat, now: SystemTime) -> Verdict {
        let refusal = || format.read(view);
        let Some(rule) = self.rules.iter().find(|rule| rule.when.matches(view, &refusal)) else {
            let then = built_in::then(view, self.kind, now);
            return Verdict { then, after: built_in::after(view, then, now), refusal: refusal() };
        };
        let configured = match &rule.after {
            Some(After::Fixed(wait)) => Some(*wait),
            Some(After::At(places)) => view.text(places).and_then(|text| after(&text, view.date(), now)),
            None => None,
        };
        let mut refusal = refusal();
        let message = match &rule.message {
            Some(Message::Text(text)) => Some(text.clone()),
            Some(Message::At(places)) => view.text(places).map(|text| view.redact(&text)),
            None => None,
        };
        refusal.message = message.or(refusal.message);
        refusal.hint.clone_from(&rule.hint);
        let after = configured.or_else(|| built_in::after(view, rule.then, now));
        Verdict { then: rule.then, after, refusal }
    }
}

/// The text of a value, if it has one.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
