//! Checks that requests use the placeholders of their parents, and no others of that kind.

use longhaul_core::{Body, Template, suggest};
use serde_json::Value;

use crate::config::{ConfigError, Each, Loaded, Stream};

/// Checks the placeholders `{each.NAME}` of these requests, each with its key.
pub(super) fn check(
    loaded: &Loaded,
    name: &str,
    stream: &Stream,
    requests: &[(&str, &Template)],
) -> Result<(), ConfigError> {
    let known = stream.each.as_ref().map(Each::placeholders).unwrap_or_default();
    let mut used = false;
    for (table, request) in requests {
        let body = match &request.body {
            Body::Empty => Vec::new(),
            Body::Json(body) => strings(body),
            Body::Form(fields) => fields.iter().map(|(_, value)| value.as_str()).collect(),
            Body::Text { text, .. } => vec![text.as_str()],
        };
        let query = request.query.iter().map(|(_, value)| ("query", value.as_str()));
        let body = body.into_iter().map(|text| ("body", text));
        for (below, text) in [("path", request.path.as_str())].into_iter().chain(query).chain(body) {
            for placeholder in placeholders(text) {
                used = true;
                if !known.iter().any(|known| known == placeholder) {
                    let key = format!("streams.{name}.{table}{below}");
                    let clause = if known.is_empty() {
                        format!("`{key}`: `{{{placeholder}}}` requires `streams.{name}.each`")
                    } else {
                        let suggestion = suggest::closest(placeholder, &known);
                        format!("`{key}`: `{{{placeholder}}}` is not a known placeholder{suggestion}")
                    };
                    return Err(loaded.error_at(&key, clause));
                }
            }
        }
    }
    if used || known.is_empty() {
        return Ok(());
    }
    let names = known.iter().map(|name| format!("`{{{name}}}`")).collect::<Vec<_>>().join(" and ");
    let key = format!("streams.{name}.each");
    let clause = format!("`{key}`: no request contains {names}, so each parent would give the same records");
    Err(loaded.error_at(&key, clause).with_hint("put the placeholder in `path`, `query` or `body`"))
}

/// The placeholders in `text` that stand for values of parents.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    let starts = text.match_indices("{each.").map(|(start, _)| &text[start + 1..]);
    starts.filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// All strings in `value`.
fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(elements) => elements.iter().flat_map(strings).collect(),
        Value::Object(members) => members.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}
