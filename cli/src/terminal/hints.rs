//! The hint below an error: what to do.

use longhaul_core::{
    client::{
        AttemptError, BodyFault, Misdirection, RequestError, answer::Then, auth::AuthError, retry::StopReason,
    },
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
            format!(
                "the next links of the API form a loop; check `streams.{stream}.pages`, or report the loop to the API's operator"
            )
        }
        PullError::Page(PageError::ForeignOrigin(_)) => FOREIGN_ORIGIN.to_owned(),
        PullError::Page(
            PageError::Elsewhere { .. } | PageError::Absent { .. } | PageError::NoArray { .. },
        ) => {
            format!("set `streams.{stream}.records` to the JSON pointer of the records in a page")
        }
        PullError::Page(PageError::SameRecords { .. }) => {
            format!(
                "check that the API supports the parameter in `streams.{stream}.pages.param`; if it does, set `page_count`"
            )
        }
        PullError::Page(PageError::NextElsewhere { at, .. } | PageError::FullWithoutNext { at, .. }) => {
            let at = first_place(at);
            format!(
                "name the place of the next page in `streams.{stream}.pages`; or, if pages without one are complete, add `end = [{{ at = \"{at}\", exists = false }}]` there"
            )
        }
        PullError::Page(PageError::MoreMissing { at, .. }) => {
            let at = first_place(at);
            format!(
                "if a page without it is the last one, set `streams.{stream}.pages.end = [{{ at = \"{at}\", exists = false }}]`"
            )
        }
        PullError::Page(PageError::ShortButContinues { .. }) => {
            format!(
                "if a short page is not the last one, remove `short = true` from `streams.{stream}.pages.end`"
            )
        }
        PullError::Page(PageError::TooManyEmpty { .. }) => {
            format!("check `streams.{stream}.pages`; if this is expected, raise its `max_empty`")
        }
        PullError::Page(PageError::EmptyBeforeEnd { .. }) => {
            format!(
                "if an empty page is the end after all, remove `ends_at_total` from `streams.{stream}.pages`"
            )
        }
        PullError::Page(PageError::NotOnly { .. }) => format!(
            "set `streams.{stream}.pages` to how to find the next page, or to `type = \"single\"` if there is only one page"
        ),
        PullError::Page(PageError::RecordsMissing { .. }) => format!(
            "if this API omits the records when there are none, set `streams.{stream}.records_missing = \"empty\"`"
        ),
        PullError::Page(PageError::ErrorInstead { .. }) => {
            format!(
                "check the request in `streams.{stream}`: the API reports an error, although the status is a success"
            )
        }
        PullError::Page(_) => format!("check `streams.{stream}.pages`"),
        PullError::NotAnObject { .. } => format!("remove `streams.{stream}.each.add`"),
        PullError::FieldExists { .. } => {
            format!("give the field another name in `streams.{stream}.each.add`")
        }
        PullError::Job(error) => job(error, exit, stream),
        PullError::Url(_) => format!("check the path in `streams.{stream}`"),
        PullError::TooDeep { .. } => format!(
            "lower `streams.{stream}.window.min_slice`, or narrow the request so that it has fewer results"
        ),
        PullError::CannotRollBack { name } => format!(
            "set `streams.{stream}.unique`, so that duplicates are dropped, or use a sink other than `{name}`"
        ),
        PullError::Lost { .. } | PullError::Ahead { .. } | PullError::NoReceipt { .. } => {
            format!("discard what was pulled so far and start again: longhaul run {stream} --fresh")
        }
        PullError::State(error) => state(error, stream),
        PullError::Sink { name, source } => sink(name, source, stream),
        _ => "please report this".to_owned(),
    }
}

const FOREIGN_ORIGIN: &str = "if the API really continues there, add that origin to `api.allowed_origins`: it will receive the token and the configured headers";

/// The first of the places that a message names in backticks.
fn first_place(places: &str) -> &str {
    places.split('`').nth(1).unwrap_or(places)
}

pub(super) fn request(error: &RequestError, exit: Exit, stream: &str) -> String {
    if let Some(hint) = error.refusal().and_then(|refusal| refusal.hint.as_ref()) {
        return hint.clone();
    }
    match error.reason() {
        StopReason::Ruled(Then::Restart) => {
            return format!(
                "its cursor expires too often; start again, with smaller windows if possible: longhaul run {stream} --fresh"
            );
        }
        StopReason::Ruled(Then::Split) => {
            return format!("set `streams.{stream}.window`, so that there is a window to halve");
        }
        StopReason::Ruled(then) => {
            return format!("`api.answers` says `then = \"{then}\"`, which has no meaning for this request");
        }
        _ => {}
    }
    match (error.last_error(), exit) {
        (Some(AttemptError::Credential(error)), _) => auth(error),
        (_, Exit::Signal(_) | Exit::TryLater) => format!("resume with: longhaul run {stream}"),
        (Some(AttemptError::Misdirected(Misdirection::ForeignOrigin(_))), _) => FOREIGN_ORIGIN.to_owned(),
        (Some(AttemptError::Misdirected(_)), _) => {
            format!("check `api.base_url` and `streams.{stream}.path`; use the final address, without redirects")
        }
        (Some(AttemptError::FreshCredential(_) | AttemptError::RejectedCredential(_)), _) => {
            "the API does not accept this token: check `auth`, and that `api.base_url` belongs to the same system".to_owned()
        }
        (Some(AttemptError::Failed(error)), _) => match error.kind() {
            TransportErrorKind::Untrusted => {
                "if your own proxy signs the connections, set `api.ca_file` to its certificate".to_owned()
            }
            TransportErrorKind::Overlong => {
                "the server does not speak HTTP correctly: check `api.base_url`, or report it to the API's operator".to_owned()
            }
            TransportErrorKind::TooLarge => "request smaller pages, or raise `api.max_page`".to_owned(),
            _ => format!("check `streams.{stream}`"),
        },
        (Some(AttemptError::Unreadable(BodyFault::Undecodable { .. })), _) => format!(
            "only JSON can be read: check `streams.{stream}.path`, or request JSON with a query parameter or header"
        ),
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
        JobError::NoId { .. } => format!("set `streams.{stream}.job.id` to the JSON pointer of the id"),
        JobError::NoState { .. } => {
            format!("set `streams.{stream}.job.state` to the JSON pointer of the state")
        }
        JobError::TooSlow { .. } => {
            format!("raise `streams.{stream}.job.timeout`, or resume later with: longhaul run {stream}")
        }
        JobError::Failed { .. } => {
            format!("check the request in `streams.{stream}.job.submit`")
        }
        _ => format!("resume with: longhaul run {stream}"),
    }
}

pub(super) fn state(error: &StateError, stream: &str) -> String {
    match error {
        StateError::Damaged { .. } | StateError::Foreign { .. } | StateError::Missing { .. } => {
            format!("restore the file, or discard it and start again: longhaul run {stream} --fresh")
        }
        _ => format!("check `state_dir` and its permissions, then resume with: longhaul run {stream}"),
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
        SinkErrorKind::Unavailable => format!("fix the problem, then resume with: longhaul run {stream}"),
        SinkErrorKind::Rejected => {
            format!("correct what the sink rejects, then resume with: longhaul run {stream}")
        }
        _ => broken_sink(name),
    }
}

/// The hint for a bug in a sink.
pub(crate) fn broken_sink(name: &str) -> String {
    format!("this is a bug in the sink `{name}`; please report it to its author")
}

/// Whether the token endpoint rejected the credentials. They may be correct if it did not answer, or redirected.
pub(super) fn is_about_credentials(error: &RequestError) -> bool {
    error.refusal().is_some_and(|refusal| !refusal.status.is_redirection())
}
