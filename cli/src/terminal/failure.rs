//! A failed command: the error, the exit code and the hint.

use std::error::Error;

use longhaul_core::{
    client::{AttemptError, BodyFault, RequestError, answer::Then, auth::AuthError, retry::StopReason},
    http::{template::TemplateError, transport::TransportErrorKind},
    listing::PageError,
    pull::{ParentError, PullError, job::JobError},
    sink::SinkErrorKind,
    state::{StateError, Summary},
};

use crate::{
    config::ConfigError,
    exit::Exit,
    stop::Reason,
    terminal::{findings, hints, storage},
};

/// A failed command, for `report` to print.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) exit: Exit,
    /// The error, with its causes.
    pub(crate) error: Box<dyn Error + Send + Sync>,
    /// Where the cause was configured.
    pub(crate) origin: Option<String>,
    /// What to do next.
    pub(crate) hint: Option<String>,
    /// Other errors that were found at the same time.
    pub(crate) others: Vec<Failure>,
}

impl Failure {
    /// A failure of usage or configuration.
    pub(crate) fn usage(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Exit::Usage, error)
    }

    /// A failure with this exit code.
    pub(crate) fn new(exit: Exit, error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { exit, error: error.into(), origin: None, hint: None, others: Vec::new() }
    }

    /// Adds a hint.
    #[must_use]
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// The pull of `stream` is not complete, and these pages are saved. `stopped` is why the run was stopped, if it was.
    pub(crate) fn of_pull(stream: &str, error: PullError, saved: &Summary, stopped: Option<Reason>) -> Self {
        if let PullError::Findings { summary } = &error {
            let clause = format!("{stream}: {}", findings::clauses(summary).join("; "));
            let hint = "the run is not complete: to accept these records, run it again without --strict; to pull them again, add --fresh";
            return Self::new(Exit::Api, clause).hint(hint);
        }
        if let PullError::Sink { source, .. } | PullError::NotContinued { source, .. } = &error
            && let Some(parent) = source.source().and_then(|cause| cause.downcast_ref::<ParentError>())
        {
            let hint = "a parent must have a value for each placeholder: correct the places in `each.values`";
            return Self::new(Exit::Api, parent.clone()).hint(hint);
        }
        let exit = exit_of_pull(&error, stopped);
        let mut hint = hints::pull(&error, exit, stream);
        if saved.pages > 0 && hints::may_be_expired(&error) {
            hint = format!("{hint}; if its cursor has expired, start again: longhaul run {stream} --fresh");
        }
        let error = StreamError { stream: stream.to_owned(), source: error };
        Self { hint: Some(hint), ..Self::new(exit, error) }
    }

    /// A page of `stream` could not be fetched for a check or preview. `which` says which one: `first`.
    pub(crate) fn of_page(
        which: &'static str,
        stream: &str,
        error: PullError,
        stopped: Option<Reason>,
    ) -> Self {
        let exit = exit_of_pull(&error, stopped);
        let hint = match (&error, exit) {
            (PullError::Job(JobError::TooSlow { .. }), _) => {
                format!("raise `streams.{stream}.job.timeout`, or run the same command again later")
            }
            (_, Exit::TryLater) => hints::repeat(&error),
            (_, Exit::Signal(_)) => hints::REPEAT.to_owned(),
            _ => hints::pull(&error, exit, stream),
        };
        let error = FetchError { which, stream: stream.to_owned(), source: error };
        Self::new(exit, error).hint(hint)
    }

    /// The saved state of `stream` cannot be used.
    pub(crate) fn of_state(stream: &str, error: StateError) -> Self {
        let (hint, exit) = (hints::state(&error, stream), exit_of_state(&error));
        Self::new(exit, error).hint(hint)
    }

    /// There is no access token.
    pub(crate) fn of_token(error: AuthError, stopped: Option<Reason>) -> Self {
        let exit = exit_of_auth(&error, stopped);
        let hint = hints::auth(&error);
        Self { hint: Some(hint), ..Self::new(exit, error) }
    }
}

impl From<ConfigError> for Failure {
    fn from(mut error: ConfigError) -> Self {
        let others = error.take_others().into_iter().map(Self::from).collect();
        let (origin, hint) = (error.where_written(), error.hint().map(str::to_owned));
        Self { origin, hint, others, ..Self::usage(error) }
    }
}

/// Whether the pull may have failed because a cursor or link has expired, without a hint of the API or the user.
pub(crate) fn may_be_expired(error: &PullError) -> bool {
    let PullError::Page(PageError::Request(request)) = error else { return false };
    let has_hint = request.refusal().is_some_and(|refusal| refusal.hint.is_some());
    let restarts = request.reason() == StopReason::Ruled(Then::Restart);
    hints::may_be_expired(error) || (restarts && !has_hint)
}

/// Names the stream.
#[derive(Debug, thiserror::Error)]
#[error("the stream `{stream}` is not complete")]
struct StreamError {
    stream: String,
    source: PullError,
}

/// Names the page and the stream.
#[derive(Debug, thiserror::Error)]
#[error("could not fetch the {which} page of `{stream}`")]
struct FetchError {
    which: &'static str,
    stream: String,
    source: PullError,
}

fn exit_of_pull(error: &PullError, stopped: Option<Reason>) -> Exit {
    match error {
        PullError::Page(PageError::Request(error)) => exit_of_request(error, stopped),
        PullError::Job(error) => exit_of_job(error, stopped),
        PullError::State(error) => exit_of_state(error),
        PullError::NoReceipt { .. } | PullError::Page(PageError::Body(BodyFault::Disk(_))) => Exit::State,
        PullError::Page(_)
        | PullError::Bookmark(_)
        | PullError::TooDeep { .. }
        | PullError::NotAnObject { .. }
        | PullError::FieldExists { .. } => Exit::Api,
        PullError::Template(error) => exit_of_template(error),
        PullError::Start(_) => Exit::Usage,
        PullError::Sink { source, .. } if source.kind() == SinkErrorKind::Config => Exit::Usage,
        PullError::Sink { source, .. } if source.kind() == SinkErrorKind::Unreachable => Exit::TryLater,
        PullError::Sink { .. }
        | PullError::NotContinued { .. }
        | PullError::CannotRollBack { .. }
        | PullError::Lost { .. }
        | PullError::Ahead { .. } => Exit::Sink,
        _ => Exit::Fault,
    }
}

fn exit_of_request(error: &RequestError, stopped: Option<Reason>) -> Exit {
    match (error.reason(), error.last_error()) {
        (StopReason::NoCredential, Some(AttemptError::Credential(error))) => exit_of_auth(error, stopped),
        (StopReason::Exhausted | StopReason::WaitTooLong(_), _) => Exit::TryLater,
        (StopReason::Unauthorized, _) => Exit::Authentication,
        (StopReason::Interrupted, _) => stopped.map_or(Exit::TryLater, Reason::exit),
        (_, Some(AttemptError::Failed(error))) => match error.kind() {
            TransportErrorKind::Disk | TransportErrorKind::Unreplayable => Exit::State,
            TransportErrorKind::NotStored => Exit::Sink,
            _ => Exit::Api,
        },
        (_, Some(AttemptError::Unreadable(BodyFault::Disk(_)))) => Exit::State,
        _ => Exit::Api,
    }
}

/// A URL is wrong because the configuration is. What a header cannot contain came from the API.
fn exit_of_template(error: &TemplateError) -> Exit {
    match error {
        TemplateError::Url(_) => Exit::Usage,
        _ => Exit::Api,
    }
}

fn exit_of_job(error: &JobError, stopped: Option<Reason>) -> Exit {
    match error {
        JobError::Request(error) => exit_of_request(error, stopped),
        JobError::Interrupted => stopped.map_or(Exit::TryLater, Reason::exit),
        JobError::TooSlow { .. } | JobError::Undecided(_) => Exit::TryLater,
        JobError::Template(error) => exit_of_template(error),
        JobError::State(error) => exit_of_state(error),
        _ => Exit::Api,
    }
}

fn exit_of_state(error: &StateError) -> Exit {
    match error {
        StateError::Unreadable { source, .. } | StateError::Unwritable { source, .. } => {
            storage::exit(source)
        }
        _ => Exit::State,
    }
}

fn exit_of_auth(error: &AuthError, stopped: Option<Reason>) -> Exit {
    match error {
        AuthError::Refused { source } if !hints::is_about_credentials(source) => Exit::Api,
        AuthError::Misdirected { .. } => Exit::Api,
        AuthError::Unavailable { .. } => Exit::TryLater,
        AuthError::Interrupted => stopped.map_or(Exit::TryLater, Reason::exit),
        _ => Exit::Authentication,
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    #[test]
    fn a_full_disk_is_not_a_question_of_permissions() {
        for (kind, fix) in [
            (ErrorKind::StorageFull, "make room in `state_dir`"),
            (ErrorKind::QuotaExceeded, "make room in `state_dir`"),
            (ErrorKind::FileTooLarge, "raise the limit on the size of files (`ulimit -f`)"),
            (ErrorKind::PermissionDenied, "check `state_dir` and its permissions"),
        ] {
            let error = StateError::Unwritable { path: "x".into(), source: kind.into() };
            let failure = Failure::of_state("users", error);
            assert_eq!(failure.exit, Exit::State);
            assert_eq!(failure.hint, Some(format!("{fix}, then resume with: longhaul run users")));
        }
    }
}
