//! Checks that requests use the placeholders of their parents and windows.

use longhaul_core::{Body, Template};

use crate::config::{ConfigError, Each, Loaded, Stream};

/// Checks that one of `requests` has a placeholder of the parents of the stream, if it has parents.
pub(super) fn check_parent_is_used(
    loaded: &Loaded,
    name: &str,
    stream: &Stream,
    requests: &[&Template],
) -> Result<(), ConfigError> {
    let known = stream.each.as_ref().map(Each::placeholders).unwrap_or_default();
    let written: Vec<_> = known.iter().map(|name| format!("{{{name}}}")).collect();
    let reserved: Vec<_> = known.iter().map(|name| format!("{{+{name}}}")).collect();
    let has = |text: &str| written.iter().chain(&reserved).any(|placeholder| text.contains(placeholder));
    if written.is_empty() || requests.iter().any(|request| is_in(request, has)) {
        return Ok(());
    }
    let names =
        written.iter().map(|placeholder| format!("`{placeholder}`")).collect::<Vec<_>>().join(" and ");
    let key = format!("streams.{name}.each");
    let clause = format!("`{key}`: no request contains {names}, so each parent would give the same records");
    Err(loaded.error_at(&key, clause).with_hint("put the placeholder in `path`, `query` or `body`"))
}

/// Checks that one of `requests` has a time of the window of the stream, if it has a window.
pub(super) fn check_window_is_used(
    loaded: &Loaded,
    name: &str,
    stream: &Stream,
    requests: &[&Template],
) -> Result<(), ConfigError> {
    let has = |text: &str| text.contains("{window.");
    if stream.window.is_none() || requests.iter().any(|request| is_in(request, has)) {
        return Ok(());
    }
    let key = format!("streams.{name}.window");
    let clause = format!(
        "`{key}`: no request contains `{{window.start}}` or `{{window.end}}`, so each window would give the same records"
    );
    Err(loaded.error_at(&key, clause).with_hint("put the placeholders in `path`, `query` or `body`"))
}

/// Whether any text of the request is such a text.
fn is_in(request: &Template, is_such: impl Fn(&str) -> bool + Copy) -> bool {
    let in_body = match &request.body {
        Body::Empty | Body::Stream(_) => false,
        Body::Json(body) => is_such(&body.to_string()),
        Body::Form(fields) => fields.iter().any(|(_, value)| is_such(value)),
        Body::Text { text, .. } => is_such(text),
    };
    let mut headers = request.headers.values().filter_map(|value| value.to_str().ok());
    in_body
        || headers.any(is_such)
        || is_such(&request.path)
        || request.query.iter().any(|(_, value)| is_such(value))
}
