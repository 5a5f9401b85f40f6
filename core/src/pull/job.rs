//! Asynchronous exports: submit, poll, and then page through the results.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use http::StatusCode;
use serde_json::Value;

use crate::{
    cancel::CancelSignal,
    client::{Client, RequestError, retry::StopReason},
    clock::Wake,
    http::{request::Request, template::Template},
    json::pointer::Pointer,
    sink::Variables,
    state::StateError,
};

/// A job of the API: how it is submitted, and how one learns that its results are there.
#[derive(Debug)]
pub struct Job {
    /// Submits it. Not a read: it should be [`Replay::OnlyUnseen`](crate::Replay::OnlyUnseen).
    pub submit: Template,
    /// Where the answer to the submission holds the job's id.
    pub id: Pointer,
    /// Asks for its state; `{job.id}` stands for the id.
    pub poll: Template,
    /// Where the answer to a poll holds the state.
    pub state: Pointer,
    /// The states in which the results are there.
    pub done: Vec<String>,
    /// The states in which they never will be.
    pub failed: Vec<String>,
    /// Where the answer to a poll may say why it failed; the first that is there counts.
    pub message: Vec<Pointer>,
    /// Cancels it when the run is stopped, or once its results were looked at.
    pub cancel: Option<Cancel>,
    /// The time between two polls.
    pub every: Duration,
    /// The longest that it is waited for.
    pub timeout: Duration,
}

/// How a job is cancelled.
#[derive(Debug)]
pub struct Cancel {
    /// Cancels it; `{job.id}` stands for the id.
    pub request: Template,
    /// Sends the request. When the run is stopped, everything that the run's own client does is broken off.
    pub client: Client,
}

/// The job of one partition.
pub(crate) struct Submission<'a> {
    pub(crate) client: &'a Client,
    /// What the placeholders in its requests stand for.
    pub(crate) variables: Variables,
    /// Is told the id as soon as there is one, and that there is none any more.
    pub(crate) note: &'a (dyn Fn(Option<&str>) -> Result<(), StateError> + Sync),
    pub(crate) cancelled: &'a CancelSignal,
}

impl Job {
    /// Submits the job, or takes up the one that was submitted in an earlier run, and waits until its results are there.
    /// A job that fails is submitted once more.
    ///
    /// Returns the variables with the job's id.
    pub(crate) fn complete(
        &self,
        submission: &Submission<'_>,
        submitted: Option<String>,
    ) -> Result<Variables, JobError> {
        let attempted = match submitted {
            Some(id) => self.follow(submission, id),
            None => self.attempt(submission),
        };
        match attempted {
            Err(error) if error.is_over() => self.attempt(submission),
            outcome => outcome,
        }
    }

    /// Has the job done for the sake of `look`, which is given the variables with the job's id. Nothing is kept of it: it is
    /// cancelled then, however that ended.
    pub fn glance<T, E: From<JobError>>(
        &self,
        client: &Client,
        variables: &Variables,
        look: impl FnOnce(&Variables) -> Result<T, E>,
    ) -> Result<T, E> {
        let submitted = Mutex::new(None);
        let locked = || submitted.lock().unwrap_or_else(PoisonError::into_inner);
        let note = |id: Option<&str>| {
            *locked() = id.map(str::to_owned);
            Ok(())
        };
        let submission = Submission {
            client,
            variables: variables.clone(),
            note: &note,
            cancelled: &CancelSignal::default(),
        };
        let looked = self.complete(&submission, None).map_err(E::from).and_then(|variables| look(&variables));
        if let Some(id) = locked().take() {
            self.cancel(&variables.clone().with("job.id", id));
        }
        looked
    }

    /// Whether the results of the job in `variables` can no longer be had.
    pub(crate) fn is_over(&self, client: &Client, variables: &Variables) -> bool {
        let Ok(request) = self.poll.at(variables) else { return false };
        match client.json(&request) {
            Ok(answer) => text(self.state.find(&answer)).is_some_and(|state| self.failed.contains(&state)),
            Err(error) => is_unknown(&error),
        }
    }

    fn attempt(&self, submission: &Submission<'_>) -> Result<Variables, JobError> {
        let submitted = submission.ask(&self.submit.at(&submission.variables)?)?;
        // Such an id would lead to another path (RFC 3986 §5.2.4), even percent-encoded.
        let id = text(self.id.find(&submitted)).filter(|id| id != "." && id != "..");
        let id = id.ok_or_else(|| JobError::NoId { at: self.id.clone() })?;
        (submission.note)(Some(&id))?;
        self.follow(submission, id)
    }

    fn follow(&self, submission: &Submission<'_>, id: String) -> Result<Variables, JobError> {
        let variables = submission.variables.clone().with("job.id", id);
        let outcome = self.wait(submission, &variables);
        match &outcome {
            Err(error) if error.is_over() => (submission.note)(None)?,
            Err(error) if error.is_interrupted() && self.cancel.is_some() => {
                self.cancel(&variables);
                (submission.note)(None)?;
            }
            _ => {}
        }
        outcome.map(|()| variables)
    }

    /// Cancels the job in `variables`, where that can be done. Whatever comes of it, nobody waits for the job any more; if it
    /// goes on it costs the API, not us.
    fn cancel(&self, variables: &Variables) {
        let Some(cancel) = &self.cancel else { return };
        let Ok(request) = cancel.request.at(variables) else { return };
        let _ = cancel.client.send(&request, Vec::new(), |_| Ok(()));
    }

    fn wait(&self, submission: &Submission<'_>, variables: &Variables) -> Result<(), JobError> {
        let request = self.poll.at(variables)?;
        let clock = submission.client.clock();
        let begun = clock.elapsed();
        loop {
            let answer = submission.ask(&request)?;
            let state =
                text(self.state.find(&answer)).ok_or_else(|| JobError::NoState { at: self.state.clone() })?;
            if self.done.contains(&state) {
                return Ok(());
            }
            if self.failed.contains(&state) {
                let message = self.message.iter().find_map(|place| text(place.find(&answer)));
                return Err(JobError::Failed { state, message });
            }
            if clock.elapsed().saturating_sub(begun) >= self.timeout {
                return Err(JobError::TooSlow { state, waited: self.timeout });
            }
            if submission.cancelled.is_set() || clock.sleep(self.every) == Wake::Interrupted {
                return Err(JobError::Interrupted);
            }
        }
    }
}

impl Submission<'_> {
    /// Sends `request` until the answer is JSON, or until nobody waits for the job any more.
    fn ask(&self, request: &Request) -> Result<Value, RequestError> {
        self.client.json_while(|| !self.cancelled.is_set(), request)
    }
}

/// Whether the API says that there is no such thing, or none any more.
fn is_unknown(error: &RequestError) -> bool {
    let gone = [StatusCode::NOT_FOUND, StatusCode::GONE];
    error.refusal().is_some_and(|refusal| gone.contains(&refusal.status))
}

fn text(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A job without results.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JobError {
    /// A request was given up.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// A placeholder makes no URL.
    #[error("a request of the job does not make a URL")]
    Url(#[from] url::ParseError),
    /// The answer to the submission has no id.
    #[error("the API took the job, but its answer has no id at `{at}`")]
    NoId {
        /// Where the id should be.
        at: Pointer,
    },
    /// The answer to a poll has no state.
    #[error("the answer about the job has no state at `{at}`")]
    NoState {
        /// Where the state should be.
        at: Pointer,
    },
    /// The job failed, and once more when it was submitted again.
    #[error("the job ended as `{state}` twice{}", message.as_ref().map(|text| format!(": {text}")).unwrap_or_default())]
    Failed {
        /// The state.
        state: String,
        /// What the API said about it.
        message: Option<String>,
    },
    /// The job took longer than it may.
    #[error("the job is still `{state}` after {} s", waited.as_secs())]
    TooSlow {
        /// The state.
        state: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// Its id could not be saved.
    #[error(transparent)]
    State(#[from] StateError),
    /// The run was asked to stop.
    #[error("the run was asked to stop")]
    Interrupted,
}

impl JobError {
    /// Whether this job will never have results, and another may.
    fn is_over(&self) -> bool {
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
