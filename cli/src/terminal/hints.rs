//! The hint below an error: what to do.

use std::error::Error;

use longhaul_core::{
    client::{
        AttemptError, BodyFault, Misdirection, RequestError, RowProblem, answer::Then, auth::AuthError,
        retry::StopReason,
    },
    http::{
        origins::{ForeignOrigin, WayOut},
        template::TemplateError,
        transport::{TransportError, TransportErrorKind},
    },
    listing::PageError,
    pull::{BookmarkError, PullError, job::JobError},
    sink::{SinkError, SinkErrorKind},
    state::StateError,
};

use crate::{
    exit::Exit,
    terminal::{page_hints::page, storage},
};

/// What is always possible.
pub(super) const REPEAT: &str = "run the same command again";

pub(super) fn pull(error: &PullError, exit: Exit, stream: &str) -> String {
    match error {
        PullError::Page(PageError::Request(error)) => request(error, exit, stream),
        PullError::Page(PageError::Body(fault)) => body(fault, stream),
        PullError::Page(PageError::ForeignOrigin(origin)) => foreign_origin(origin, stream),
        PullError::Page(error) => page(error, stream),
        PullError::Bookmark(BookmarkError::Missing { at, .. }) => format!(
            "to leave out records without it, set `streams.{stream}.where = [{{ at = \"{at}\", exists = true }}]`; or choose another `incremental.at`"
        ),
        PullError::Bookmark(BookmarkError::NoTime { .. }) => format!(
            "remove `streams.{stream}.incremental.lookback`, or choose another `at` with a time"
        ),
        PullError::Bookmark(_) => format!(
            "choose another `streams.{stream}.incremental.at`; or, if the API sends records in order, set `order = \"as_sent\"`"
        ),
        PullError::Start(_) => format!("check `streams.{stream}.incremental.param`"),
        PullError::NotAnObject { .. } => format!("remove `streams.{stream}.each.add`"),
        PullError::FieldExists { .. } => {
            format!("give the field another name in `streams.{stream}.each.add`")
        }
        PullError::Job(error) => job(error, exit, stream),
        PullError::Template(error) => template(error, stream),
        PullError::TooDeep { window } if window.is_shortest() => {
            "narrow the request so that it has fewer results: windows are halved at whole seconds, so this one cannot be \
             halved again"
                .to_owned()
        }
        PullError::TooDeep { .. } => format!(
            "lower `streams.{stream}.window.min_slice`, or narrow the request so that it has fewer results"
        ),
        PullError::CannotRollBack { name } => format!(
            "set `streams.{stream}.unique`, so that duplicates are dropped, or use a sink other than `{name}`"
        ),
        PullError::Lost { .. }
        | PullError::Ahead { .. }
        | PullError::NoReceipt { .. }
        | PullError::NotContinued { .. } => {
            format!("discard what was pulled so far and start again: longhaul run {stream} --fresh")
        }
        PullError::State(error) => state(error, stream),
        PullError::Sink { name, source } => sink(name, source, stream),
        _ => "please report this".to_owned(),
    }
}

fn template(error: &TemplateError, stream: &str) -> String {
    match error {
        TemplateError::Header(_) => format!("check the headers of `streams.{stream}`"),
        TemplateError::Resource(_) => format!(
            "choose another value in `streams.{stream}.each.values`, or write the placeholder without `+`"
        ),
        _ => format!("check the path in `streams.{stream}`"),
    }
}

/// Whether a page was refused as if its cursor had expired, which APIs report with various status codes.
pub(super) fn may_be_expired(error: &PullError) -> bool {
    let PullError::Page(PageError::Request(error)) = error else { return false };
    !matches!(error.reason(), StopReason::Ruled(_))
        && error.refusal().is_some_and(|refusal| {
            refusal.hint.is_none() && [400, 404, 409, 410, 422].contains(&refusal.status.as_u16())
        })
}

/// The hint never leads anyone to send the token to an origin that they have not named.
fn foreign_origin(origin: &ForeignOrigin, stream: &str) -> String {
    let found = origin.found();
    match origin.way_out() {
        Some(WayOut::Keep) => format!(
            "if the API is behind a proxy that changes its scheme or port, set `streams.{stream}.pages.origin = \"keep\"`"
        ),
        Some(WayOut::Public) => format!(
            "the link is signed, so it needs no credentials: add `{found}` to `api.public_origins`, to which none are sent"
        ),
        None => format!(
            "check `api.base_url` and `streams.{stream}.pages`, or ask the API's operator about `{found}`"
        ),
    }
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
        _ if error.reason() == StopReason::Interrupted => format!("resume with: longhaul run {stream}"),
        (Some(AttemptError::Credential(error)), _) => auth(error),
        (Some(AttemptError::Failed(error)), Exit::TryLater) => match transport(error, "api.base_url") {
            Some(hint) => format!("{hint}; then resume with: longhaul run {stream}"),
            None => format!("resume with: longhaul run {stream}"),
        },
        (Some(AttemptError::Unreadable(BodyFault::NoLines)), Exit::TryLater) => format!(
            "if this API sends nothing when there are no records, set `streams.{stream}.records_missing = \"empty\"`; otherwise, resume with: longhaul run {stream}"
        ),
        (_, Exit::Signal(_) | Exit::TryLater) => format!("resume with: longhaul run {stream}"),
        (Some(AttemptError::Misdirected(Misdirection::ForeignOrigin(origin))), _)
            if origin.way_out() == Some(WayOut::Public) =>
        {
            foreign_origin(origin, stream)
        }
        (Some(AttemptError::Misdirected(_)), _) => {
            format!("check `api.base_url` and `streams.{stream}.path`; use the final address, without redirects")
        }
        (Some(AttemptError::FreshCredential(_) | AttemptError::RejectedCredential(_)), _) => {
            "the API does not accept this token: check `auth`, and that `api.base_url` belongs to the same system".to_owned()
        }
        (Some(AttemptError::Failed(error)), _) if error.kind() == TransportErrorKind::Disk => disk(stream),
        (Some(AttemptError::Failed(error)), _) => transport(error, "api.base_url")
            .unwrap_or_else(|| format!("check `streams.{stream}`")),
        (Some(AttemptError::Unreadable(fault)), _) => body(fault, stream),
        (Some(AttemptError::Refused { refusal, .. }), _) => match refusal.status.as_u16() {
            403 => "the credentials are valid but lack a permission or scope for this request".to_owned(),
            404 => format!("check `api.base_url` and `streams.{stream}.path`"),
            _ => format!("check the request in `streams.{stream}` against the API's documentation"),
        },
        _ => format!("check `streams.{stream}`"),
    }
}

/// The hint for a command that has nothing to resume.
pub(super) fn repeat(error: &PullError) -> String {
    let PullError::Page(PageError::Request(error)) = error else { return REPEAT.to_owned() };
    let hint = match error.last_error() {
        Some(AttemptError::Failed(error)) => transport(error, "api.base_url"),
        Some(AttemptError::Credential(error)) => auth_transport(error),
        _ => None,
    };
    hint.map_or_else(|| REPEAT.to_owned(), |hint| format!("{hint}; then {REPEAT}"))
}

/// The hint for a body that cannot be read.
fn body(fault: &BodyFault, stream: &str) -> String {
    match fault {
        BodyFault::Undecodable { .. } => format!(
            "check `streams.{stream}.path`, or request JSON with a query parameter or header; for NDJSON or CSV, set `streams.{stream}.format`"
        ),
        BodyFault::Encoded { .. } => format!(
            "set `streams.{stream}.headers = {{ Accept-Encoding = \"identity\" }}`, or check for a proxy that compresses answers"
        ),
        BodyFault::JsonInstead { expected, .. } => {
            let format = expected.to_ascii_lowercase();
            format!(
                "check the request in `streams.{stream}`; if this is a page, remove `format = \"{format}\"`"
            )
        }
        BodyFault::Line { .. } => {
            format!("check that the API sends NDJSON; for one JSON value, remove `streams.{stream}.format`")
        }
        BodyFault::Row { problem: RowProblem::Length { .. }, .. } => format!(
            "check `streams.{stream}.csv.delimiter`; if it is correct, report the row to the API's operator"
        ),
        BodyFault::Row { problem: RowProblem::SameName(_), .. } => format!(
            "name the columns in the request, if the API can; if there is no header line, set `streams.{stream}.csv.header`"
        ),
        BodyFault::Row { problem: RowProblem::IsHeader, .. } => {
            format!("remove `streams.{stream}.csv.header`")
        }
        BodyFault::Row { problem: RowProblem::Empty, .. } => format!(
            "set `streams.{stream}.csv.empty_lines` to `\"records\"` if it is a record, or to `\"ignore\"`"
        ),
        BodyFault::Row { problem: RowProblem::OtherDelimiter { named, .. }, .. } => {
            format!("set `streams.{stream}.csv.delimiter = \"{}\"`", named.escape_debug())
        }
        BodyFault::Row { problem: RowProblem::NotUtf8, .. } => {
            "request UTF-8; or ask the API's operator to send the charset in `Content-Type`".to_owned()
        }
        BodyFault::Disk(_) => disk(stream),
        _ => "report this to the API's operator".to_owned(),
    }
}

/// The hint for a disk on which an answer cannot be stored.
fn disk(stream: &str) -> String {
    format!(
        "make room for it in `state_dir` (or in the folder for temporary files, if there is no state yet), then resume with: longhaul run {stream}"
    )
}

pub(super) fn job(error: &JobError, exit: Exit, stream: &str) -> String {
    match error {
        JobError::Request(error) => request(error, exit, stream),
        JobError::State(error) => state(error, stream),
        JobError::NoId { .. } => format!("set `streams.{stream}.job.id` to the JSON pointer of the id"),
        JobError::NoState { .. } => {
            format!("set `streams.{stream}.job.state` to the JSON pointer of the state")
        }
        JobError::NoUrl { .. } => format!(
            "check `streams.{stream}.job.url`; if the job has no data, set `streams.{stream}.job.skipped` to a condition \
             that only a job without data meets"
        ),
        JobError::PartWithoutUrl { .. } => format!(
            "check `streams.{stream}.job.url`; if a part of the job failed, submit the job again: longhaul run {stream} \
             --fresh"
        ),
        JobError::SameUrl { .. } => {
            format!("check `streams.{stream}.job.url`, or report this to the API's operator")
        }
        JobError::MoreFiles { .. } => {
            format!(
                "ask for all files in one answer, such as with a larger page in `streams.{stream}.job.poll`"
            )
        }
        JobError::TooSlow { .. } => {
            format!("raise `streams.{stream}.job.timeout`, or resume later with: longhaul run {stream}")
        }
        JobError::Undecided(_) => {
            format!("submit the job again and resume with: longhaul run {stream}")
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
        StateError::Unreadable { source, .. } | StateError::Unwritable { source, .. } => {
            format!("{}, then resume with: longhaul run {stream}", storage::state_folder(source))
        }
        _ => format!("check `state_dir` and its permissions, then resume with: longhaul run {stream}"),
    }
}

/// The hint for a request that was not answered, unless waiting is all there is to do. `key` holds its address.
fn transport(error: &TransportError, key: &str) -> Option<String> {
    let hint = match error.kind() {
        TransportErrorKind::UnknownHost => format!(
            "check the host in `{key}`, or the `region` that it follows from, and whether a proxy is needed (`api.proxy`)"
        ),
        TransportErrorKind::NotConnected if error.proxy().is_some() => {
            "check the proxy in `api.proxy` or `HTTPS_PROXY`".to_owned()
        }
        TransportErrorKind::NotConnected => format!(
            "check the host and port in `{key}`, and that the server is up; if a proxy is needed, set `api.proxy`"
        ),
        TransportErrorKind::ProxyRefused => {
            "check the user and password of the proxy in `api.proxy` or `HTTPS_PROXY`, and whether it may connect to \
             this host; the hosts in `NO_PROXY` are reached without it"
                .to_owned()
        }
        TransportErrorKind::Untrusted => {
            "if your own proxy signs the connections, set `api.ca_file` to its certificate".to_owned()
        }
        TransportErrorKind::Unidentified => {
            "set `api.client_cert` and `api.client_key` to a certificate that the server accepts, and its key".to_owned()
        }
        TransportErrorKind::SelfSigned => "give the server a certificate that is signed by an authority, and set \
             `api.ca_file` to the certificate of that authority"
            .to_owned(),
        TransportErrorKind::NotTls => format!("check the port and `https` in `{key}`"),
        TransportErrorKind::OldTls => {
            "ask the API's operator for TLS 1.2 or 1.3; older versions are not secure".to_owned()
        }
        TransportErrorKind::Overlong => format!(
            "the server does not speak HTTP correctly: check `{key}`, or report it to the API's operator"
        ),
        TransportErrorKind::TooLarge => "request smaller pages, or raise `api.max_page`".to_owned(),
        TransportErrorKind::Archive => {
            "request each file by itself, or uncompressed: longhaul reads zip archives with one file".to_owned()
        }
        TransportErrorKind::Undecodable => {
            "request UTF-8; or ask the API's operator to send the charset that the answer really has in `Content-Type`".to_owned()
        }
        TransportErrorKind::NotStored => {
            "make room in the folder of --record, or run it again without --record".to_owned()
        }
        TransportErrorKind::NotRecorded => {
            "a replay needs the requests of the recorded run, which ended with the last one recorded: check the \
             streams and the configuration, or record another run"
                .to_owned()
        }
        TransportErrorKind::Unreplayable => "copy the recording again, or record another run".to_owned(),
        TransportErrorKind::Endless => {
            "the API must send `Content-Length` or chunks (HTTP/1.1): check for a proxy that removes them, or report it to the API's operator".to_owned()
        }
        _ => return None,
    };
    Some(hint)
}

/// The hint for a request for a token that was not answered.
fn auth_transport(error: &AuthError) -> Option<String> {
    let (AuthError::Refused { source } | AuthError::Unavailable { source }) = error else { return None };
    match source.last_error() {
        Some(AttemptError::Failed(error)) => transport(error, "auth.token_url"),
        _ => None,
    }
}

pub(super) fn auth(error: &AuthError) -> String {
    if let Some(hint) = auth_transport(error) {
        return hint;
    }
    match error {
        AuthError::Refused { source } if !is_about_credentials(source) => {
            "check that `auth.token_url` is the address of the token endpoint, without a redirect"
        }
        AuthError::Refused { source } if source.refusal().is_some_and(|refusal| refusal.hint.is_some()) => {
            return source.refusal().and_then(|refusal| refusal.hint.clone()).unwrap_or_default();
        }
        AuthError::Refused { .. } | AuthError::Denied { .. } => {
            "check the credentials in `auth`, and `auth.token_url`; `longhaul config` shows where they come from"
        }
        AuthError::Malformed { .. } => {
            "check that `auth.token_url` is the address of the token endpoint, and `auth.response` the places of its answer"
        }
        AuthError::Misdirected { .. } => {
            "check `auth.response.base_url`; credentials go only to the origins of `api.base_url` and `api.allowed_origins`"
        }
        AuthError::Unusable { .. } => "check the file and its folder, then run the same command again",
        _ => "run the same command again later",
    }
    .to_owned()
}

pub(super) fn sink(name: &str, error: &SinkError, stream: &str) -> String {
    match error.kind() {
        SinkErrorKind::Config => format!("correct `sinks.{name}` in the configuration"),
        SinkErrorKind::Unavailable => {
            let fix = storage::full_disk(error).unwrap_or("fix the problem");
            format!("{fix}, then resume with: longhaul run {stream}")
        }
        SinkErrorKind::Unreachable => unreachable_store(error, stream),
        SinkErrorKind::Rejected => {
            format!("correct what the sink rejects, then resume with: longhaul run {stream}")
        }
        _ => broken_sink(name),
    }
}

/// The hint for a store that does not answer, or keeps failing.
fn unreachable_store(error: &(dyn Error + 'static), stream: &str) -> String {
    let mut causes = std::iter::successors(Some(error), |cause| (*cause).source());
    let request = causes.find_map(|cause| cause.downcast_ref::<RequestError>());
    let fix = match request.and_then(RequestError::last_error) {
        Some(AttemptError::Failed(error)) => transport(error, "stores.s3.endpoint"),
        _ => None,
    };
    match fix {
        Some(fix) => format!("{fix}; then resume with: longhaul run {stream}"),
        None => format!("resume with: longhaul run {stream}"),
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
