//! Asynchronous exports: submit, poll, and then page through the results.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use serde_json::Value;

use crate::{
    client::{Client, RequestError},
    clock::Wake,
    pointer::Pointer,
    retry::StopReason,
    sink::Site,
    template::Template,
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
    /// Cancels it when the run is stopped.
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

/// Set once nobody waits for the jobs of a run any more.
#[derive(Debug, Default)]
pub(crate) struct Abandoned(AtomicBool);

impl Abandoned {
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Job {
    /// Submits the job and waits until its results are there. A job that fails is submitted once more.
    ///
    /// Returns `site` with the job's id.
    pub(crate) fn complete(
        &self,
        client: &Client,
        site: &Site,
        abandoned: &Abandoned,
    ) -> Result<Site, JobError> {
        match self.attempt(client, site, abandoned) {
            Err(JobError::Failed { .. }) => self.attempt(client, site, abandoned),
            outcome => outcome,
        }
    }

    fn attempt(&self, client: &Client, site: &Site, abandoned: &Abandoned) -> Result<Site, JobError> {
        let submitted = client.json(&self.submit.at(site)?)?;
        // Such an id would lead to another path (RFC 3986 §5.2.4), even percent-encoded.
        let id = text(self.id.find(&submitted)).filter(|id| id != "." && id != "..");
        let id = id.ok_or_else(|| JobError::NoId { at: self.id.clone() })?;
        let site = site.clone().with("job.id", id);
        let outcome = self.wait(client, &site, abandoned);
        if let (Err(error), Some(cancel)) = (&outcome, &self.cancel)
            && error.is_interrupted()
        {
            // The run ends whatever comes of it; a job that goes on costs the API, not us.
            let request = cancel.request.at(&site)?;
            let _ = cancel.client.send(&request, Vec::new(), |_| Ok(()));
        }
        outcome.map(|()| site)
    }

    fn wait(&self, client: &Client, site: &Site, abandoned: &Abandoned) -> Result<(), JobError> {
        let request = self.poll.at(site)?;
        let begun = client.clock().elapsed();
        loop {
            let answer = client.json(&request)?;
            let state =
                text(self.state.find(&answer)).ok_or_else(|| JobError::NoState { at: self.state.clone() })?;
            if self.done.contains(&state) {
                return Ok(());
            }
            if self.failed.contains(&state) {
                let message = self.message.iter().find_map(|place| text(place.find(&answer)));
                return Err(JobError::Failed { state, message });
            }
            if client.clock().elapsed().saturating_sub(begun) >= self.timeout {
                return Err(JobError::TooSlow { state, waited: self.timeout });
            }
            if abandoned.is_set() || client.clock().sleep(self.every) == Wake::Interrupted {
                return Err(JobError::Interrupted);
            }
        }
    }
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
    /// The run was asked to stop.
    #[error("the run was asked to stop")]
    Interrupted,
}

impl JobError {
    /// Whether the run was asked to stop.
    pub fn is_interrupted(&self) -> bool {
        match self {
            Self::Interrupted => true,
            Self::Request(error) => error.reason() == StopReason::Interrupted,
            _ => false,
        }
    }
}
