//! Asynchronous jobs: submit, poll until the results are ready, then page through them.

mod error;
mod results;
mod state;

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use url::Url;

use self::error::is_unknown;
pub(crate) use self::results::Files;
pub use self::{error::JobError, state::JobState};
use crate::{
    cancel::CancelSignal,
    client::{Answer, BodyFault, Client, Document, answer::Rules},
    clock::Wake,
    event::Event,
    http::{
        place::{PlaceError, Places},
        request::Request,
        template::Template,
    },
    shown_url::ShownUrl,
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
    /// Where the answer to a poll has the state, if states have names.
    pub state: Option<Places>,
    /// The states that mean that the results are ready.
    pub done: Vec<JobState>,
    /// The states that mean that there will be no results.
    pub failed: Vec<JobState>,
    /// The states that mean that there is no data, so that the partition is complete without records.
    pub skipped: Vec<JobState>,
    /// Where the last answer has the address of the results, or of each of several files: `{job.url}`.
    pub url: Option<Places>,
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
    pub(crate) fn complete(
        &self,
        submission: &Submission<'_>,
        submitted: Option<String>,
    ) -> Result<JobEnd, JobError> {
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
    ///
    /// Returns `None` if there is no data.
    pub fn preview<T, E: From<JobError>>(
        &self,
        client: &Client,
        variables: &Variables,
        look: impl FnOnce(&Variables) -> Result<T, E>,
    ) -> Result<Option<T>, E> {
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
        let outcome = match self.complete(&submission, None) {
            Ok(JobEnd::Ready(variables)) => look(&variables).map(Some),
            Ok(JobEnd::NoData) => Ok(None),
            Err(error) => Err(error.into()),
        };
        if let Some(id) = locked().take() {
            self.cancel(&variables.clone().with("job.id", id));
        }
        outcome
    }

    /// Whether the API has deleted the job in `variables`, or its results.
    pub(crate) fn is_gone(&self, client: &Client, variables: &Variables) -> bool {
        let Ok(request) = self.poll.at(variables) else { return false };
        match client.send_while(|| true, &self.rules, &request, Vec::new(), |answer| self.read(answer)) {
            Ok(answer) => {
                let named = self.name(&answer).ok().flatten();
                JobState::any(&self.failed, &answer, named.as_deref()).unwrap_or_default()
            }
            Err(error) => is_unknown(&error),
        }
    }

    fn attempt(&self, submission: &Submission<'_>) -> Result<JobEnd, JobError> {
        let request = self.submit.at(&submission.variables)?;
        let submitted = match self.send(submission, &request, |answer| Document::read_any(answer.response)) {
            Ok(answer) => answer,
            Err(JobError::Request(error)) if error.is_undecided() => {
                (submission.save)(Some(UNKNOWN))?;
                return Err(JobError::Undecided(error));
            }
            Err(error) => return Err(error),
        };
        // This id would change the path (RFC 3986 §5.2.4), even percent-encoded.
        let id = submitted.text(&self.id)?.filter(|id| id != "." && id != "..");
        let id = id.ok_or_else(|| JobError::NoId { at: self.id.to_string() })?;
        (submission.save)(Some(&id))?;
        self.follow(submission, id)
    }

    fn follow(&self, submission: &Submission<'_>, id: String) -> Result<JobEnd, JobError> {
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
        outcome
    }

    /// Cancels the job in `variables`, if the API can cancel jobs. Errors are ignored, because the run no longer needs the
    /// job.
    fn cancel(&self, variables: &Variables) {
        let Some(cancel) = &self.cancel else { return };
        let Ok(request) = cancel.request.at(variables) else { return };
        let _ = cancel.client.send(&request, Vec::new(), |_| Ok(()));
    }

    /// Sends `request` until `read` can read the answer, or until the pull is cancelled.
    fn send(
        &self,
        submission: &Submission<'_>,
        request: &Request,
        read: impl Fn(Answer) -> Result<Document, BodyFault>,
    ) -> Result<Document, JobError> {
        let client = submission.client;
        let mut request = request.clone();
        // The API may have named the address itself.
        request.url = client.without_credential(client.origins().admit(request.url)?);
        let is_wanted = || !submission.cancelled.is_set();
        Ok(client.send_while(is_wanted, &self.rules, &request, Vec::new(), read)?)
    }

    /// Reads the answer to a poll. If no state has a name, the status alone may decide.
    fn read(&self, answer: Answer) -> Result<Document, BodyFault> {
        match self.state {
            Some(_) => Document::read(answer.response),
            None => Document::read_any(answer.response),
        }
    }

    /// The name of the job's state.
    fn name(&self, answer: &Document) -> Result<Option<String>, PlaceError> {
        self.state.as_ref().map_or(Ok(None), |at| answer.text(at))
    }

    fn wait(&self, submission: &Submission<'_>, variables: &Variables) -> Result<JobEnd, JobError> {
        let request = self.poll.at(variables)?;
        let clock = submission.client.clock();
        let started = clock.elapsed();
        loop {
            let (state, wait) = match self.send(submission, &request, |answer| self.read(answer)) {
                Ok(answer) => {
                    let named = self.name(&answer)?;
                    if let Some(end) = self.end(submission, variables, &answer, named.as_deref())? {
                        return Ok(end);
                    }
                    if let (None, Some(at)) = (&named, &self.state) {
                        return Err(JobError::NoState { at: at.to_string() });
                    }
                    let state = named.unwrap_or_else(|| answer.status.to_string());
                    (state, answer.retry_after(clock.now()).unwrap_or_default())
                }
                // A rule says to wait, which a job may do for longer than a request.
                Err(JobError::Request(error)) if error.is_not_ready() => {
                    ("not ready".to_owned(), Duration::ZERO)
                }
                Err(error) => return Err(error),
            };
            if clock.elapsed().saturating_sub(started) >= self.timeout {
                return Err(JobError::TooSlow { state, waited: self.timeout });
            }
            let wait = wait.max(self.every).min(self.timeout);
            if submission.cancelled.is_set() || clock.sleep(wait) == Wake::Interrupted {
                return Err(JobError::Interrupted);
            }
        }
    }

    /// How the job ended, if it has.
    fn end(
        &self,
        submission: &Submission<'_>,
        variables: &Variables,
        answer: &Document,
        named: Option<&str>,
    ) -> Result<Option<JobEnd>, JobError> {
        let redact = |text: &str| submission.client.redact(text);
        let has_no_data = || JobState::any(&self.skipped, answer, named);
        if JobState::any(&self.done, answer, named)? {
            let variables = variables.clone();
            let id = redact(&shown(variables.get("job.id").unwrap_or_default()));
            let ready = match &self.url {
                Some(places) => match results::with_urls(variables, &id, answer, places) {
                    Err(JobError::NoUrl { .. }) if has_no_data()? => return Ok(Some(JobEnd::NoData)),
                    ready => ready?,
                },
                None => variables,
            };
            return Ok(Some(JobEnd::Ready(ready)));
        }
        if has_no_data()? {
            return Ok(Some(JobEnd::NoData));
        }
        if JobState::any(&self.failed, answer, named)? {
            let message = self.message.as_ref().map(|at| answer.text(at)).transpose()?.flatten();
            let state = named.map_or_else(|| answer.status.to_string(), redact);
            return Err(JobError::Failed { state, message: message.as_deref().map(redact) });
        }
        Ok(None)
    }
}

/// The id of a job for messages. If it is an address, its query may contain secrets.
fn shown(id: &str) -> String {
    match Url::parse(id) {
        Ok(url) => ShownUrl::from(&url).to_string(),
        Err(_) => id.split('?').next().unwrap_or_default().to_owned(),
    }
}

/// How a job ended.
#[derive(Debug)]
pub(crate) enum JobEnd {
    /// Its results are ready. These are the variables with its id and the addresses of the results.
    Ready(Variables),
    /// There is no data.
    NoData,
}
