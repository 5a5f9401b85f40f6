//! What a response means: one pure function from rules and a response to a verdict.
//!
//! The first rule whose condition matches decides. Rules of the user come first; `built_in.rs` has the rest.

mod built_in;
mod condition;
#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use http::StatusCode;

pub use self::condition::{Condition, StatusMatch};
pub use crate::client::then::Then;
use crate::{
    client::{
        refusal::{Refusal, RefusalFormat},
        retry::after,
        view::View,
    },
    http::place::{PlaceError, Places},
    json::pointer::Pointer,
};

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
    /// Where a page has its records, which a `JSONPath` does not look into.
    pub records: Option<Pointer>,
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

/// Why a response is read as a page.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Basis {
    /// A rule of the user says so.
    Rule,
    /// Its status is a success.
    #[default]
    Status,
}

/// What a response means.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// It is a page.
    Page(Basis),
    /// It is something else.
    Refused {
        then: Then,
        /// How long the API asks to wait.
        after: Option<Duration>,
        /// What the API says about it.
        refusal: Refusal,
    },
}

impl Rules {
    /// The rules for the pages of a listing. Those of the user come first.
    pub fn of_pages(rules: Vec<Rule>) -> Self {
        Self { rules, kind: Kind::Page, records: None }
    }

    /// The same rules for pages that have their records at this place.
    #[must_use]
    pub fn with_records(self, records: Pointer) -> Self {
        Self { records: Some(records), ..self }
    }

    /// Whether a rule reads a redirect as a page, instead of following it.
    pub(crate) fn reads_redirect(&self, status: StatusCode) -> bool {
        let names = |rule: &Rule| !rule.when.status.is_empty() && StatusMatch::any(&rule.when.status, status);
        status.is_redirection() && self.rules.iter().any(|rule| rule.then == Then::Page && names(rule))
    }

    /// Whether a rule may roll a partition back.
    pub(crate) fn may_roll_back(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule.then, Then::Split | Then::Restart | Then::Skip))
    }

    /// Decides what a response means.
    pub(crate) fn judge(&self, view: &View<'_>, format: &RefusalFormat, now: SystemTime) -> Verdict {
        let refusal = || format.read(view);
        let rule = match self.first(view, &refusal) {
            Ok(rule) => rule,
            Err(error) => {
                let refusal = Refusal { message: Some(error.to_string()), ..refusal() };
                return Verdict::Refused { then: Then::Fail, after: None, refusal };
            }
        };
        let then = rule.map_or_else(|| built_in::then(view, self.kind, now), |rule| rule.then);
        if then == Then::Page {
            return Verdict::Page(if rule.is_some() { Basis::Rule } else { Basis::Status });
        }
        let refusal = rule.map_or_else(refusal, |rule| rule.describe(view, refusal()));
        let configured = rule.and_then(|rule| rule.wait(view, now));
        let after = configured.or_else(|| built_in::after(view, then, now));
        Verdict::Refused { then, after, refusal }
    }

    fn first(&self, view: &View<'_>, refusal: &impl Fn() -> Refusal) -> Result<Option<&Rule>, PlaceError> {
        for rule in &self.rules {
            if rule.when.matches(view, refusal)? {
                return Ok(Some(rule));
            }
        }
        Ok(None)
    }
}

impl Rule {
    /// How long to wait, if the rule says so and the response has the value.
    fn wait(&self, view: &View<'_>, now: SystemTime) -> Option<Duration> {
        match self.after.as_ref()? {
            After::Fixed(wait) => Some(*wait),
            After::At(places) => after(&view.text(places)?, view.date(), now),
        }
    }

    /// `refusal` with the message and the hint of the rule.
    fn describe(&self, view: &View<'_>, refusal: Refusal) -> Refusal {
        let message = match &self.message {
            Some(Message::Text(text)) => Some(text.clone()),
            Some(Message::At(places)) => view.text(places).map(|text| view.redact(&text)),
            None => None,
        };
        Refusal { message: message.or(refusal.message), hint: self.hint.clone(), ..refusal }
    }
}
