//! The placeholders that the requests of a stream may have.

use std::path::Path;

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

/// The placeholders that the path of a sink may have. Relative paths are below `folder`.
pub fn of_sinks(name: &str, stream: &Stream, folder: &Path) -> Variables {
    let of_window = stream.window.iter().flat_map(|_| ["window.start", "window.end"]);
    let names = ["date", "partition"].into_iter().chain(of_window).map(str::to_owned);
    let of_parent = stream.each.as_ref().map(Each::placeholders).unwrap_or_default();
    let with = |known: Variables, name: String| {
        let itself = format!("{{{name}}}");
        known.with(name, itself)
    };
    names.chain(of_parent).fold(Variables::new(name, folder), with)
}

/// Checks the placeholders in all strings of `value`.
///
/// # Errors
/// Every one that is not known.
pub fn check_all(value: &Value, known: &Variables) -> Result<(), UnknownPlaceholder> {
    let (elements, members) = match value {
        Value::String(text) => return known.expand(text).map(drop),
        Value::Array(elements) => (elements.iter(), None),
        Value::Object(members) => ([].iter(), Some(members.values())),
        _ => return Ok(()),
    };
    let values = elements.chain(members.into_iter().flatten());
    let unknown = values.filter_map(|value| check_all(value, known).err()).reduce(UnknownPlaceholder::and);
    unknown.map_or(Ok(()), Err)
}

/// What to do about an unknown placeholder that has no value here, but elsewhere or with another configuration of the stream
/// `name`. `message` says which one it is.
pub fn hint(name: &str, stream: &Stream, message: &str) -> Option<String> {
    let names = |placeholders: &[&str]| {
        placeholders.iter().any(|placeholder| message.contains(&format!("`{{{placeholder}}}`")))
    };
    if names(&["window.start", "window.end", "window.last"]) {
        return Some(match stream.window {
            None => format!("add a table `[streams.{name}.window]`, whose windows have these times"),
            Some(_) => {
                "a window is only known in `path`, `query`, `body` and the path of a sink, and its last \
                        time only in requests"
                    .to_owned()
            }
        });
    }
    if names(&["job.id", "job.url"]) {
        return Some(match &stream.job {
            None => format!("add a table `[streams.{name}.job]`, whose job has this value"),
            Some(job) if names(&["job.url"]) && job.url.is_none() => {
                format!("set `streams.{name}.job.url` to its place in the answer")
            }
            Some(_) => "a job is only known in `poll`, `cancel` and the requests for its results".to_owned(),
        });
    }
    // A name that is only misspelt has a suggestion, and `{+each.id}` may stand elsewhere.
    let is_of_parent = message.contains("`{each.") && !message.contains("did you mean");
    let is_of_parent = is_of_parent && !message.contains("may stand only in a path");
    is_of_parent.then(|| format!("name it in `streams.{name}.each`, which says where parents come from"))
}

/// What to do about any other unknown placeholder in a request.
pub const HINT: &str = "write a brace that is meant for the server twice: `{{`";
