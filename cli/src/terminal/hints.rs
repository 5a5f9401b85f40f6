//! The hint below an error: what to do about it.

use longhaul_core::{
    client::{AttemptError, Misdirection, RequestError, auth::AuthError},
    http::transport::TransportErrorKind,
    listing::PageError,
    pull::{PullError, job::JobError},
    sink::{SinkError, SinkErrorKind},
    state::StateError,
};

use crate::exit::Exit;

pub(super) fn pull(error: &PullError, exit: Exit, stream: &str) -> String {
    match error {
        PullError::Page(PageError::Request(error)) => request(error, exit, stream),
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
        PullError::Page(PageError::NextElsewhere { .. }) => {
            format!("set the place of the next page in `streams.{stream}.pages`")
        }
        PullError::Page(PageError::NotOnly { .. }) => format!(
            "say in `streams.{stream}.pages` how to find the next page, or that there is none: `type = \"single\"`"
        ),
        PullError::Page(PageError::RecordsMissing { .. }) => format!(
            "if this API leaves the records out when there are none, set `streams.{stream}.records_missing = \"empty\"`"
        ),
        PullError::Page(PageError::ErrorInstead { .. }) => {
            format!("the API refused the request of `streams.{stream}` with a status of success")
        }
        PullError::Page(_) => format!("check `streams.{stream}.pages`"),
        PullError::Job(error) => job(error, exit, stream),
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
        PullError::State(error) => state(error, stream),
        PullError::Sink { name, source } => sink(name, source, stream),
        _ => "please report this".to_owned(),
    }
}

const FOREIGN_ORIGIN: &str = "if the API really goes on there, add that origin to `api.allowed_origins`: \
                              it will be sent the token and the configured headers";

pub(super) fn request(error: &RequestError, exit: Exit, stream: &str) -> String {
    match (error.last_error(), exit) {
        (Some(AttemptError::Credential(error)), _) => auth(error),
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

pub(super) fn job(error: &JobError, exit: Exit, stream: &str) -> String {
    match error {
        JobError::Request(error) => request(error, exit, stream),
        JobError::State(error) => state(error, stream),
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

pub(super) fn state(error: &StateError, stream: &str) -> String {
    match error {
        StateError::Damaged { .. } | StateError::Foreign { .. } => {
            format!(
                "put the file back as it was, or drop what it says and begin anew: longhaul run {stream} --fresh"
            )
        }
        _ => format!("check `state_dir` and who may write there, then run it again: longhaul run {stream}"),
    }
}

pub(super) fn auth(error: &AuthError) -> String {
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

pub(super) fn sink(name: &str, error: &SinkError, stream: &str) -> String {
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

/// Whether the token endpoint rejected the credentials. If it did not answer, or redirected, they may be right.
pub(super) fn is_about_credentials(error: &RequestError) -> bool {
    error.refusal().is_some_and(|refusal| !refusal.status.is_redirection())
}
