//! The placeholders that the requests of a stream may have.

use longhaul_core::sink::{UnknownPlaceholder, Variables};
use serde_json::Value;

use crate::sections::{each::Each, stream::Stream};

/// A request of a stream.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RequestOf {
    /// It asks how far the API has data, before there is a window or a parent.
    Available,
    /// It is any of them: what is said here is in all requests of a stream.
    All,
    /// It submits the job, which has no id yet.
    Submit,
    /// It is about the job, or about the pages.
    Others,
}

/// The placeholders that a request may have. Their values are not known yet.
pub fn known(stream: &Stream, request: RequestOf) -> Variables {
    let mut names = vec!["date"];
    if stream.window.is_some() && !matches!(request, RequestOf::Available | RequestOf::All) {
        names.extend(["window.start", "window.end", "window.last"]);
    }
    if stream.job.is_some() && request == RequestOf::Others {
        names.push("job.id");
        if stream.job.as_ref().is_some_and(|job| job.url.is_some()) {
            names.push("job.url");
        }
    }
    let asks = stream.window.as_ref().is_some_and(|window| window.available.is_some());
    let is_before_parents = request == RequestOf::Available || request == RequestOf::All && asks;
    let each = stream.each.as_ref().filter(|_| !is_before_parents);
    let each = each.map(Each::placeholders).unwrap_or_default();
    let known = names.into_iter().fold(Variables::new("", ""), |known, name| known.with(name, ""));
    each.into_iter().fold(known, |known, name| known.with(name, ""))
}

/// Checks the placeholders in all strings of `value`.
///
/// # Errors
/// One of them is not known.
pub fn check_all(value: &Value, known: &Variables) -> Result<(), UnknownPlaceholder> {
    match value {
        Value::String(text) => known.expand(text).map(drop),
        Value::Array(elements) => elements.iter().try_for_each(|element| check_all(element, known)),
        Value::Object(members) => members.values().try_for_each(|member| check_all(member, known)),
        _ => Ok(()),
    }
}

/// What to do about an unknown placeholder.
pub const HINT: &str = "write a brace that is meant for the server twice: `{{`";
