//! Why a job has no results.

use std::time::Duration;

use http::StatusCode;

use crate::{
    client::{RequestError, retry::StopReason},
    http::{origins::ForeignOrigin, place::PlaceError, template::TemplateError},
    listing::{continuations, page::Continuation},
    state::StateError,
};

/// Why a job has no results.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JobError {
    /// A request was given up.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The submission had no usable answer, although the API may have acted on it.
    #[error("it is not known whether the API has submitted the job")]
    Undecided(#[source] RequestError),
    /// The value of a placeholder makes the request invalid.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The answer to the submission has no job id.
    #[error("the API accepted the job, but its answer has no id at {at}")]
    NoId {
        /// Where the id should be.
        at: String,
    },
    /// The API names an address of the job that leads away from it.
    #[error(transparent)]
    Foreign(#[from] ForeignOrigin),
    /// The job is done, but the answer to the poll has no address of its results.
    #[error("the job is done, but the answer has no address of its results at {at}")]
    NoUrl {
        /// Where it should be.
        at: String,
    },
    /// The job is done, but one of several results has no address.
    #[error("the job `{id}` is done, but one of its results has no address at `{at}`")]
    PartWithoutUrl {
        /// The job's id.
        id: String,
        /// Where it should be.
        at: String,
    },
    /// The job is done, but two of its results have the same address.
    #[error("the job `{id}` is done, but its results at `{first}` and `{second}` have the same address")]
    SameUrl {
        /// The job's id.
        id: String,
        /// Where the address is.
        first: String,
        /// Where it is again.
        second: String,
    },
    /// The job is done, but the answer seems to have only some of its files.
    #[error(
        "the job `{id}` is done, but there seem to be more files, because the answer has {}",
        continuations(found)
    )]
    MoreFiles {
        /// The job's id.
        id: String,
        /// What leads to the others.
        found: Vec<Continuation>,
    },
    /// The answer to a poll has no state.
    #[error("the answer about the job has no state at {at}")]
    NoState {
        /// Where the state should be.
        at: String,
    },
    /// The job failed twice.
    #[error("the job failed twice with the state `{state}`{}", message.as_ref().map(|text| format!(": {text}")).unwrap_or_default())]
    Failed {
        /// The state.
        state: String,
        /// The API's explanation.
        message: Option<String>,
    },
    /// The job took too long.
    #[error("the job is still `{state}` after {} s", waited.as_secs())]
    TooSlow {
        /// The state.
        state: String,
        /// How long the run waited.
        waited: Duration,
    },
    /// A place in an answer is ambiguous or malformed.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The job's id could not be saved.
    #[error(transparent)]
    State(#[from] StateError),
    /// The run was asked to stop.
    #[error("the run was asked to stop")]
    Interrupted,
}

impl JobError {
    /// Whether this job will never have results, but another job may.
    pub(super) fn needs_another_job(&self) -> bool {
        match self {
            Self::Failed { .. } => true,
            Self::Request(error) => is_unknown(error),
            _ => false,
        }
    }

    /// Whether the run was asked to stop.
    pub fn is_interrupted(&self) -> bool {
        match self {
            Self::Interrupted => true,
            Self::Request(error) => error.reason() == StopReason::Interrupted,
            _ => false,
        }
    }
}

/// Whether the API says that the job does not exist.
pub(super) fn is_unknown(error: &RequestError) -> bool {
    let missing = [StatusCode::NOT_FOUND, StatusCode::GONE];
    error.refusal().is_some_and(|refusal| missing.contains(&refusal.status))
}
