//! Whether a job is done.

use crate::{
    client::{Document, answer::StatusMatch},
    http::place::{Comparison, PlaceError, Places},
    json::ExactValue,
};

/// What the answer to a poll must be for the job to be done, failed or without data.
#[derive(Clone, Debug)]
pub enum JobState {
    /// The job has this state.
    Named(String),
    /// The answer matches. All parts must match.
    Answer {
        /// The statuses. If there are any, one must match.
        status: Vec<StatusMatch>,
        /// Comparisons of the value at a place.
        at: Option<(Places, Vec<Comparison>)>,
    },
}

impl JobState {
    /// Whether one of `states` applies to `answer`, in which the job has the state `named`.
    pub(super) fn any(states: &[Self], answer: &Document, named: Option<&str>) -> Result<bool, PlaceError> {
        for state in states {
            let applies = match state {
                Self::Named(name) => named == Some(name),
                Self::Answer { status, at } => {
                    let value = match at {
                        Some((places, comparisons)) => Some((answer.find(places)?, comparisons)),
                        None => None,
                    };
                    StatusMatch::any(status, answer.status)
                        && value.is_none_or(|(value, comparisons)| {
                            comparisons
                                .iter()
                                .all(|comparison| comparison.holds(value.as_ref().map(ExactValue::value)))
                        })
                }
            };
            if applies {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
