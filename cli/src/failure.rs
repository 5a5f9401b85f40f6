//! A command that did not succeed: what happened, the exit code, and what to do next.

use std::error::Error;

use longhaul_core::{
    client::{AttemptError, Misdirection, RequestError, auth::AuthError, retry::StopReason},
    http::transport::TransportErrorKind,
    listing::PageError,
    pull::{PullError, job::JobError},
    sink::{SinkError, SinkErrorKind},
    state::StateError,
};

use crate::{config::ConfigError, exit::Exit, signal::Reason};

/// What `report` prints.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) exit: Exit,
    /// What happened, with its causes.
    pub(crate) error: Box<dyn Error + Send + Sync>,
    /// Where in the configuration the cause was written.
    pub(crate) written: Option<String>,
    /// What to do next.
    pub(crate) hint: Option<String>,
}

impl Failure {
    /// A failure of usage or configuration.
    pub(crate) fn usage(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Exit::Usage, error)
    }

    /// A failure with this exit code.
    pub(crate) fn new(exit: Exit, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { exit, error: error.into(), written: None, hint: None }
    }

    /// The same failure with what to do next.
    #[must_use]
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// A pull of `stream` that is not complete. `stopped` is why the run was stopped, if it was.
    pub(crate) fn of_pull(stream: &str, error: PullError, stopped: Option<Reason>) -> Self {
        let exit = exit_of_pull(&error, stopped);
        let hint = hint_for_pull(&error, exit, stream);
        let error = StreamError { stream: stream.to_owned(), source: error };
        Self { hint: Some(hint), ..Self::new(exit, error) }
    }

    /// A first page of `stream` that was only to be looked at.
    pub(crate) fn of_first_page(stream: &str, error: PullError, stopped: Option<Reason>) -> Self {
        let exit = exit_of_pull(&error, stopped);
        let hint = match (&error, exit) {
            (PullError::Job(JobError::TooSlow { .. }), _) => {
                format!("run the same command again later, or raise `streams.{stream}.job.timeout`")
            }
            (_, Exit::TryLater | Exit::Signal(_)) => "run the same command again".to_owned(),
            _ => hint_for_pull(&error, exit, stream),
        };
        let error = FirstPageError { stream: stream.to_owned(), source: error };
        Self::new(exit, error).hint(hint)
    }

    /// The state of `stream` cannot be used.
    pub(crate) fn of_state(stream: &str, error: StateError) -> Self {
        let hint = hint_for_state(&error, stream);
        Self::new(Exit::State, error).hint(hint)
    }

    /// A token that could not be had.
    pub(crate) fn of_token(error: AuthError, stopped: Option<Reason>) -> Self {
        let exit = exit_of_auth(&error, stopped);
        let hint = hint_for_auth(&error);
        Self { hint: Some(hint), ..Self::new(exit, error) }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        let (written, hint) = (error.where_written(), error.hint().map(str::to_owned));
        Self { written, hint, ..Self::usage(error) }
    }
}

/// Which stream it was.
#[derive(Debug, thiserror::Error)]
#[error("the stream `{stream}` is not complete")]
struct StreamError {
    stream: String,
    source: PullError,
}

/// Of which stream nothing could be shown.
#[derive(Debug, thiserror::Error)]
#[error("the first page of the stream `{stream}` could not be had")]
struct FirstPageError {
    stream: String,
    source: PullError,
}

fn exit_of_pull(error: &PullError, stopped: Option<Reason>) -> Exit {
    match error {
        PullError::Page(PageError::Request(error)) => exit_of_request(error, stopped),
        PullError::Job(error) => exit_of_job(error, stopped),
        PullError::Page(_) | PullError::TooDeep { .. } => Exit::Api,
        PullError::Url(_) => Exit::Usage,
        PullError::Sink { source, .. } if source.kind() == SinkErrorKind::Config => Exit::Usage,
        PullError::Sink { .. }
        | PullError::CannotGoBack { .. }
        | PullError::Lost { .. }
        | PullError::Ahead { .. } => Exit::Sink,
        PullError::State(_) | PullError::NoReceipt { .. } => Exit::State,
        _ => Exit::Fault,
    }
}

fn exit_of_request(error: &RequestError, stopped: Option<Reason>) -> Exit {
    match (error.reason(), error.last_error()) {
        (StopReason::NoCredential, Some(AttemptError::Credential(error))) => exit_of_auth(error, stopped),
        (StopReason::Exhausted | StopReason::WaitTooLong(_), _) => Exit::TryLater,
        (StopReason::Unauthorized, _) => Exit::Authentication,
        (StopReason::Interrupted, _) => stopped.map_or(Exit::TryLater, Reason::exit),
        _ => Exit::Api,
    }
}

fn exit_of_job(error: &JobError, stopped: Option<Reason>) -> Exit {
    match error {
        JobError::Request(error) => exit_of_request(error, stopped),
        JobError::Interrupted => stopped.map_or(Exit::TryLater, Reason::exit),
        JobError::TooSlow { .. } => Exit::TryLater,
        JobError::Url(_) => Exit::Usage,
        JobError::State(_) => Exit::State,
        _ => Exit::Api,
    }
}

fn exit_of_auth(error: &AuthError, stopped: Option<Reason>) -> Exit {
    match error {
        AuthError::Refused { source } if !is_about_credentials(source) => Exit::Api,
        AuthError::Unavailable { .. } => Exit::TryLater,
        AuthError::Interrupted => stopped.map_or(Exit::TryLater, Reason::exit),
        _ => Exit::Authentication,
    }
}

/// What is refused without an answer, or by a redirect, is the server's trouble and not the credentials'.
fn is_about_credentials(error: &RequestError) -> bool {
    error.refusal().is_some_and(|refusal| !refusal.status.is_redirection())
}

fn hint_for_pull(error: &PullError, exit: Exit, stream: &str) -> String {
    match error {
        PullError::Page(PageError::Request(error)) => hint_for_request(error, exit, stream),
        PullError::Page(PageError::Repeated { .. }) => {
            format!("the API leads in circles; check `streams.{stream}.pages`, and tell whoever runs the API")
        }
        PullError::Page(PageError::ForeignOrigin(_)) => FOREIGN_ORIGIN.to_owned(),
        PullError::Page(
            PageError::Elsewhere { .. } | PageError::Absent { .. } | PageError::NoArray { .. },
        ) => {
            format!("`streams.{stream}.records` says where a page holds its records, as a JSON pointer")
        }
        PullError::Page(PageError::SameRecords { .. }) => {
            format!(
                "does the API look at what `streams.{stream}.pages.param` names? if so, give it `page_count`"
            )
        }
        PullError::Page(_) => format!("check `streams.{stream}.pages`"),
        PullError::Job(error) => hint_for_job(error, exit, stream),
        PullError::Url(_) => format!("check the path in `streams.{stream}`"),
        PullError::TooDeep { .. } => format!(
            "lower `streams.{stream}.window.min_slice`, or narrow the request so that it has fewer results"
        ),
        PullError::CannotGoBack { name } => format!(
            "give `streams.{stream}` a `unique` key, so that repeated records are dropped, or another sink than `{name}`"
        ),
        PullError::Lost { .. } | PullError::Ahead { .. } | PullError::NoReceipt { .. } => {
            format!("drop what was pulled so far and begin anew: longhaul run {stream} --fresh")
        }
        PullError::State(error) => hint_for_state(error, stream),
        PullError::Sink { name, source } => hint_for_sink(name, source, stream),
        _ => "please report this".to_owned(),
    }
}

const FOREIGN_ORIGIN: &str = "if the API really goes on there, add that origin to `api.allowed_origins`: \
                              it will be sent the token and the configured headers";

fn hint_for_request(error: &RequestError, exit: Exit, stream: &str) -> String {
    match (error.last_error(), exit) {
        (Some(AttemptError::Credential(error)), _) => hint_for_auth(error),
        (_, Exit::Signal(_) | Exit::TryLater) => format!("run it again: longhaul run {stream}"),
        (Some(AttemptError::Misdirected(Misdirection::ForeignOrigin(_))), _) => FOREIGN_ORIGIN.to_owned(),
        (Some(AttemptError::Misdirected(_)), _) => {
            format!("check `api.base_url` and `streams.{stream}.path`: is the address the final one?")
        }
        (Some(AttemptError::FreshCredential(_) | AttemptError::DeadCredential(_)), _) => {
            "the API does not take this token: check `auth`, and that `api.base_url` belongs to the same system".to_owned()
        }
        (Some(AttemptError::Failed(error)), _) => match error.kind() {
            TransportErrorKind::Untrusted => {
                "if a proxy of your own signs the connections, name its certificate in `api.ca_file`".to_owned()
            }
            TransportErrorKind::TooLarge => "ask for smaller pages, or raise `api.max_page`".to_owned(),
            _ => format!("check `streams.{stream}`"),
        },
        (Some(AttemptError::Refused { refusal, .. }), _) => match refusal.status.as_u16() {
            403 => "the credentials are valid but lack a permission or scope for this request".to_owned(),
            404 => format!("check `api.base_url` and `streams.{stream}.path`"),
            _ => format!("check the request in `streams.{stream}` against the API's documentation"),
        },
        _ => format!("check `streams.{stream}`"),
    }
}

fn hint_for_job(error: &JobError, exit: Exit, stream: &str) -> String {
    match error {
        JobError::Request(error) => hint_for_request(error, exit, stream),
        JobError::State(error) => hint_for_state(error, stream),
        JobError::NoId { .. } => format!("`streams.{stream}.job.id` says where the id is, as a JSON pointer"),
        JobError::NoState { .. } => {
            format!("`streams.{stream}.job.state` says where the state is, as a JSON pointer")
        }
        JobError::TooSlow { .. } => {
            format!("run it again later, or raise `streams.{stream}.job.timeout`: longhaul run {stream}")
        }
        JobError::Failed { .. } => {
            format!("check what the job is asked for in `streams.{stream}.job.submit`")
        }
        _ => format!("run it again: longhaul run {stream}"),
    }
}

fn hint_for_state(error: &StateError, stream: &str) -> String {
    match error {
        StateError::Damaged { .. } | StateError::Foreign { .. } => {
            format!(
                "put the file back as it was, or drop what it says and begin anew: longhaul run {stream} --fresh"
            )
        }
        _ => format!("check `state_dir` and who may write there, then run it again: longhaul run {stream}"),
    }
}

fn hint_for_auth(error: &AuthError) -> String {
    match error {
        AuthError::Refused { source } if !is_about_credentials(source) => {
            "check that `auth.token_url` is the address of the token endpoint, without a redirect"
        }
        AuthError::Refused { .. } => {
            "check `auth.client_id`, `auth.client_secret` and `auth.token_url`; `longhaul config` shows where they come from"
        }
        AuthError::Malformed { .. } => "check that `auth.token_url` is the address of the token endpoint",
        _ => "run the same command again later",
    }
    .to_owned()
}

fn hint_for_sink(name: &str, error: &SinkError, stream: &str) -> String {
    match error.kind() {
        SinkErrorKind::Config => format!("correct `sinks.{name}` in the configuration"),
        SinkErrorKind::Unavailable => format!("mend the cause, then run it again: longhaul run {stream}"),
        SinkErrorKind::Rejected => {
            format!("correct what the sink rejects, then run it again: longhaul run {stream}")
        }
        _ => broken_sink(name),
    }
}

/// What to do about a sink that went wrong by itself.
pub(crate) fn broken_sink(name: &str) -> String {
    format!("this is a fault of the sink `{name}`; please report it to its author")
}
