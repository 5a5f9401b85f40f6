//! The effective configuration as text.

use std::fmt::Write;

use longhaul_core::http::secret::sounds_secret;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    load::{keys, stack::Stack},
    tree,
    values::{
        http_url::{self, HIDDEN},
        kind::Kind,
    },
};

/// One line per value, sorted by key: `key = value  # origin`. Secrets are shown as `"***"`.
pub(super) fn listing(stack: &Stack) -> String {
    let mut text = String::new();
    for (path, value) in tree::leaves(&stack.values()) {
        let hidden = keys::is_secret(&path) || keys::find_kind(&path) == Some(Kind::Command);
        let value = if hidden { HIDDEN.into() } else { Value::deserialize(value).unwrap_or_default() };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{} = {}  # {}", tree::dotted(&path), masked(value), stack.origin(&path));
    }
    text
}

/// `text` without the values of parameters in the query of a URL or path that have the names of secrets. Placeholders stay.
fn without_parameters(text: &str) -> String {
    let Some((before, query)) = text.split_once('?') else { return text.to_owned() };
    let shown = query.split('&').map(|parameter| match parameter.split_once('=') {
        Some((name, value)) if sounds_secret(name) && !value.is_empty() && !value.contains('{') => {
            format!("{name}={HIDDEN}")
        }
        _ => parameter.to_owned(),
    });
    format!("{before}?{}", shown.collect::<Vec<_>>().join("&"))
}

/// `value` without secrets in lists of tables and in URLs.
fn masked(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().map(masked).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| {
                let value = if sounds_secret(&name) { HIDDEN.into() } else { masked(value) };
                (name, value)
            })
            .collect(),
        Value::String(text) => without_parameters(&http_url::without_password(&text)).into(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::masked;

    #[test]
    fn secrets_inside_a_value_are_hidden() {
        let value = json!([{ "url": "postgres://me:hunter2@db/x", "Password": "hunter2", "table": "t" }]);
        let shown = json!([{ "url": "postgres://me:***@db/x", "Password": "***", "table": "t" }]);
        assert_eq!(masked(value), shown);
        let value = json!("/feed?a=1&token=hunter2&api_key={each.key}&token=");
        assert_eq!(masked(value), json!("/feed?a=1&token=***&api_key={each.key}&token="));
    }
}
