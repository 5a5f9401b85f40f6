//! Asynchronous jobs: submit, poll until the results are ready, then page through them.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use http::StatusCode;

use crate::{
    cancel::CancelSignal,
    client::{Client, Document, RequestError, answer::Rules, retry::StopReason},
    clock::Wake,
    event::Event,
    http::{
        place::{PlaceError, Places},
        request::Request,
        template::Template,
    },
    sink::Variables,
    state::StateError,
};

/// Stands for the id of a job that may have been submitted, but whose id never arrived. No API has an empty id.
const UNKNOWN: &str = "";

/// How a job is submitted, and when its results are ready.
#[derive(Debug)]
pub struct Job {
    /// Submits the job. This is not a read, so it should be [`Replay::OnlyUnseen`](crate::Replay::OnlyUnseen).
    pub submit: Template,
    /// Where the answer to the submission has the job's id.
    pub id: Places,
    /// Asks for the job's state. `{job.id}` is replaced by its id.
    pub poll: Template,
    /// Where the answer to a poll has the state.
    pub state: Places,
    /// The states that mean that the results are ready.
    pub done: Vec<String>,
    /// The states that mean that there will be no results.
    pub failed: Vec<String>,
    /// Where the answer to a poll may say why the job failed.
    pub message: Option<Places>,
    /// What the responses to `submit` and `poll` mean.
    pub rules: Rules,
    /// Cancels the job when the run is stopped, or after a preview of its results.
    pub cancel: Option<Cancel>,
    /// The time between polls.
    pub every: Duration,
    /// How long to wait for the results.
    pub timeout: Duration,
}

/// How a job is cancelled.
#[derive(Debug)]
pub struct Cancel {
    /// The request. `{job.id}` is replaced by the job's id.
    pub request: Template,
    /// Sends the request. It is not the client of the run, whose requests are all interrupted when the run is stopped.
    pub client: Client,
}

/// The job of one partition.
pub(crate) struct Submission<'a> {
    pub(crate) client: &'a Client,
    /// The values of the placeholders in its requests.
    pub(crate) variables: Variables,
    /// Saves the job's id as soon as it is known, or that the job no longer exists.
    pub(crate) save: &'a (dyn Fn(Option<&str>) -> Result<(), StateError> + Sync),
    pub(crate) cancelled: &'a CancelSignal,
}

impl Job {
    /// Submits the job, or continues with the one that an earlier run submitted, and waits until its results are ready. A
    /// job that fails is submitted once more.
    ///
    /// Returns the variables with the job's id.
    pub(crate) fn complete(
        &self,
        submission: &Submission<'_>,
        submitted: Option<String>,
    ) -> Result<Variables, JobError> {
        let attempted = match submitted {
            Some(id) if id == UNKNOWN => {
                submission.client.observer().on(&Event::Resubmitting);
                self.attempt(submission)
            }
            Some(id) => self.follow(submission, id),
            None => self.attempt(submission),
        };
        match attempted {
            Err(error) if error.needs_another_job() => self.attempt(submission),
            outcome => outcome,
        }
    }

    /// Runs a job for a preview: `look` receives the variables with the job's id. Nothing is saved, and the job is cancelled
    /// afterwards, even after an error.
    pub fn preview<T, E: From<JobError>>(
        &self,
        client: &Client,
        variables: &Variables,
        look: impl FnOnce(&Variables) -> Result<T, E>,
    ) -> Result<T, E> {
        let submitted = Mutex::new(None);
        let locked = || submitted.lock().unwrap_or_else(PoisonError::into_inner);
        let save = |id: Option<&str>| {
            *locked() = id.map(str::to_owned);
            Ok(())
        };
        let submission = Submission {
            client,
            variables: variables.clone(),
            save: &save,
            cancelled: &CancelSignal::default(),
        };
        let outcome =
            self.complete(&submission, None).map_err(E::from).and_then(|variables| look(&variables));
        if let Some(id) = locked().take() {
            self.cancel(&variables.clone().with("job.id", id));
        }
        outcome
    }

    /// Whether the API has deleted the job in `variables`, or its results.
    pub(crate) fn is_gone(&self, client: &Client, variables: &Variables) -> bool {
        let Ok(request) = self.poll.at(variables) else { return false };
        match client.json_while(|| true, &self.rules, &request) {
            Ok(answer) => {
                let state = answer.text(&self.state).ok().flatten();
                state.is_some_and(|state| self.failed.contains(&state))
            }
            Err(error) => is_unknown(&error),
        }
    }

    fn attempt(&self, submission: &Submission<'_>) -> Result<Variables, JobError> {
        let submitted = match self.send(submission, &self.submit.at(&submission.variables)?) {
            Ok(answer) => answer,
            Err(error) if error.is_undecided() => {
                (submission.save)(Some(UNKNOWN))?;
                return Err(JobError::Undecided(error));
            }
            Err(error) => return Err(error.into()),
        };
        // This id would change the path (RFC 3986 §5.2.4), even percent-encoded.
        let id = submitted.text(&self.id)?.filter(|id| id != "." && id != "..");
        let id = id.ok_or_else(|| JobError::NoId { at: self.id.to_string() })?;
        (submission.save)(Some(&id))?;
        self.follow(submission, id)
    }

    fn follow(&self, submission: &Submission<'_>, id: String) -> Result<Variables, JobError> {
        let variables = submission.variables.clone().with("job.id", id);
        let outcome = self.wait(submission, &variables);
        match &outcome {
            Err(error) if error.needs_another_job() => (submission.save)(None)?,
            Err(error) if error.is_interrupted() && self.cancel.is_some() => {
                self.cancel(&variables);
                (submission.save)(None)?;
            }
            _ => {}
        }
        outcome.map(|()| variables)
    }

    /// Cancels the job in `variables`, if the API can cancel jobs. Errors are ignored, because the run no longer needs the
    /// job.
    fn cancel(&self, variables: &Variables) {
        let Some(cancel) = &self.cancel else { return };
        let Ok(request) = cancel.request.at(variables) else { return };
        let _ = cancel.client.send(&request, Vec::new(), |_| Ok(()));
    }

    /// Sends `request` until the answer is JSON, or until the pull is cancelled.
    fn send(&self, submission: &Submission<'_>, request: &Request) -> Result<Document, RequestError> {
        submission.client.json_while(|| !submission.cancelled.is_set(), &self.rules, request)
    }

    fn wait(&self, submission: &Submission<'_>, variables: &Variables) -> Result<(), JobError> {
        let request = self.poll.at(variables)?;
        let clock = submission.client.clock();
        let started = clock.elapsed();
        loop {
            let (state, answer) = match self.send(submission, &request) {
                Ok(answer) => {
                    let state = answer.text(&self.state)?;
                    (state.ok_or_else(|| JobError::NoState { at: self.state.to_string() })?, Some(answer))
                }
                // A rule says to wait, which a job may do for longer than a request.
                Err(error) if error.is_not_ready() => ("not ready".to_owned(), None),
                Err(error) => return Err(error.into()),
            };
            if self.done.contains(&state) {
                return Ok(());
            }
            if self.failed.contains(&state) {
                let message = answer.zip(self.message.as_ref()).map(|(answer, at)| answer.text(at));
                let message = message.transpose()?.flatten();
                let redact = |text: &str| submission.client.redact(text);
                let (state, message) = (redact(&state), message.as_deref().map(redact));
                return Err(JobError::Failed { state, message });
            }
            if clock.elapsed().saturating_sub(started) >= self.timeout {
                return Err(JobError::TooSlow { state, waited: self.timeout });
            }
            if submission.cancelled.is_set() || clock.sleep(self.every) == Wake::Interrupted {
                return Err(JobError::Interrupted);
            }
        }
    }
}

/// Whether the API says that the job does not exist.
fn is_unknown(error: &RequestError) -> bool {
    let missing = [StatusCode::NOT_FOUND, StatusCode::GONE];
    error.refusal().is_some_and(|refusal| missing.contains(&refusal.status))
}

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
    /// The value of a placeholder makes the URL invalid.
    #[error("a request of the job does not have a valid URL")]
    Url(#[from] url::ParseError),
    /// The answer to the submission has no job id.
    #[error("the API accepted the job, but its answer has no id at {at}")]
    NoId {
        /// Where the id should be.
        at: String,
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
    fn needs_another_job(&self) -> bool {
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
