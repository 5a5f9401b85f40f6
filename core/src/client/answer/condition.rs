//! When a rule applies.

use http::StatusCode;

use crate::{
    client::{refusal::Refusal, view::View},
    http::place::{Comparison, PlaceError, Places},
    json::ExactValue,
};

/// A condition on a response. All of its parts must match; one without parts matches every response.
#[derive(Clone, Debug, Default)]
pub struct Condition {
    /// The statuses. If there are any, one must match.
    pub status: Vec<StatusMatch>,
    /// Comparisons of the value at a place.
    pub at: Option<(Places, Vec<Comparison>)>,
    /// The API's error code.
    pub code: Option<String>,
    /// Text that the API's message contains, in any case. If the body is not JSON, the body is the message.
    pub text: Option<String>,
}

/// A status, or a class of statuses.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StatusMatch {
    /// This status.
    Code(u16),
    /// The statuses with this first digit.
    Class(u16),
}

impl StatusMatch {
    /// Whether `status` is one of `statuses`, or there are none.
    pub(crate) fn any(statuses: &[Self], status: StatusCode) -> bool {
        let status = status.as_u16();
        let matches = |one: &Self| match one {
            Self::Code(code) => *code == status,
            Self::Class(class) => *class == status / 100,
        };
        statuses.is_empty() || statuses.iter().any(matches)
    }
}

impl Condition {
    /// Whether `view` matches. `refusal` reads what the API says.
    ///
    /// # Errors
    /// The place is ambiguous, so that there is no single value to compare.
    pub(super) fn matches(
        &self,
        view: &View<'_>,
        refusal: &impl Fn() -> Refusal,
    ) -> Result<bool, PlaceError> {
        if !StatusMatch::any(&self.status, view.status) {
            return Ok(false);
        }
        if let Some((places, comparisons)) = &self.at {
            let value = view.find(places)?;
            if !comparisons.iter().all(|comparison| comparison.holds(value.as_ref().map(ExactValue::value))) {
                return Ok(false);
            }
        }
        if self.code.is_some() && self.code != refusal().code {
            return Ok(false);
        }
        Ok(self.text.as_ref().is_none_or(|text| {
            let message =
                if view.is_json() { refusal().message.unwrap_or_default() } else { view.body_text() };
            message.to_lowercase().contains(&text.to_lowercase())
        }))
    }
}
