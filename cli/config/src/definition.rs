//! The keys that define a pull. If they change, an unfinished pull cannot be resumed.

use std::collections::BTreeMap;

use figment::value::Dict;
use longhaul_core::state::fingerprint;
use serde::Deserialize;
use serde_json::Value;

use crate::tree;

/// The keys that decide which records a stream has. Its other keys may change while a pull is unfinished: above all those
/// that settle where a listing ends and what a response means, because a pull stops to ask for them.
const OF_A_STREAM: [&str; 33] = [
    "content_type",
    "csv",
    "each",
    "form",
    "format",
    "headers",
    "incremental.at",
    "incremental.from",
    "incremental.next",
    "incremental.order",
    "incremental.param",
    "job.submit",
    "method",
    "pages.method",
    "pages.param",
    "pages.relative_to",
    "pages.repeats",
    "pages.size",
    "pages.size_param",
    "pages.start",
    "pages.type",
    "path",
    "query",
    "records",
    "table",
    "text",
    "unique",
    "where",
    "window.format",
    "window.from",
    "window.slice",
    "window.timezone",
    "window.to",
];

/// The keys that decide which API is asked, and as which client or user.
const OF_ALL: [&str; 4] = ["api.base_url", "api.headers", "auth.client_id", "auth.username"];

/// The keys that decide how the pages of a stream look, besides those above.
const OF_PAGES: [&str; 3] = ["job", "pages", "records_missing"];

/// A fingerprint of what decides how the pages of `stream` look.
pub(super) fn of_pages(values: &Dict, stream: &str) -> String {
    let keys = OF_PAGES.iter().chain(OF_A_STREAM.iter().filter(|key| !key.starts_with("window.")));
    let defined = values_of(values, keys.map(|key| format!("streams.{stream}.{key}")).chain(of_all()));
    one_fingerprint(&defined)
}

fn one_fingerprint(defined: &BTreeMap<String, String>) -> String {
    let lines = defined.iter().map(|(key, value)| format!("{key} {value}\n"));
    fingerprint(&lines.collect::<String>())
}

/// The keys of a stream that decide which records its requests find.
const OF_REQUESTS: [&str; 10] =
    ["body", "each", "form", "headers", "method", "path", "query", "records", "text", "where"];

/// The keys that decide what the value means that the records of a stream reach, besides those.
const OF_INCREMENTAL: [&str; 4] =
    ["incremental.at", "incremental.next", "incremental.order", "incremental.param"];

/// A fingerprint of what decides what the value means that the records of `stream` reach.
pub(super) fn of_incremental(values: &Dict, stream: &str) -> String {
    let keys = OF_INCREMENTAL.iter().map(|key| format!("streams.{stream}.{key}"));
    one_fingerprint(&values_of(values, keys.chain(of_requests(stream))))
}

/// The keys that decide which records the requests of `stream` find.
fn of_requests(stream: &str) -> impl Iterator<Item = String> {
    let of_stream = OF_REQUESTS.iter().map(move |key| format!("streams.{stream}.{key}"));
    of_stream.chain(["api.base_url", "api.headers"].map(str::to_owned))
}

/// Whether `key`, of a definition of the pull of `stream`, decides which records its requests find. A job is submitted by
/// one of them.
pub fn decides_records(stream: &str, key: &str) -> bool {
    of_requests(stream)
        .chain([format!("streams.{stream}.job.submit")])
        .any(|table| is_at_or_below(key, &table))
}

/// The keys that define the pull of `stream` into `sinks`, each with a fingerprint of its value. The fingerprint is
/// long enough to detect a change, and too short to reveal the value, which may be a secret.
pub(super) fn definition(values: &Dict, stream: &str, sinks: &[&str]) -> BTreeMap<String, String> {
    let of_stream = OF_A_STREAM.iter().map(|key| format!("streams.{stream}.{key}"));
    let of_sinks = sinks.iter().map(|sink| format!("sinks.{sink}"));
    values_of(values, of_stream.chain(of_sinks).chain(of_all()))
}

fn of_all() -> impl Iterator<Item = String> {
    OF_ALL.iter().map(|key| (*key).to_owned())
}

/// The values of these keys and of those below them, each as a fingerprint.
fn values_of(values: &Dict, tables: impl Iterator<Item = String>) -> BTreeMap<String, String> {
    let tables: Vec<_> = tables.collect();
    let defines = |key: &String| tables.iter().any(|table| is_at_or_below(key, table));
    let leaves = tree::leaves(values).into_iter().map(|(path, value)| (tree::dotted(&path), value));
    leaves
        .filter(|(key, _)| defines(key))
        .map(|(key, value)| {
            let value = Value::deserialize(value).unwrap_or_default();
            (key, fingerprint(&value.to_string()))
        })
        .collect()
}

fn is_at_or_below(key: &str, table: &str) -> bool {
    key.strip_prefix(table).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use figment::{
        Figment,
        providers::{Format, Toml},
    };

    use super::*;

    #[test]
    fn requests_and_sinks_define_a_pull() {
        let text = "api.base_url = 'https://x'\napi.timeout = '1m'\nauth.client_secret = 's3cret'\n\
                    sinks.out.path = 'a'\nsinks.other.path = 'b'\nstreams.users.path = '/users'\n\
                    streams.users.concurrency = 4\nstreams.users.pages.size = 100\nstreams.users2.path = '/x'\n";
        let values = Figment::from(Toml::string(text)).extract().unwrap();
        let definition = definition(&values, "users", &["out"]);
        let keys: Vec<_> = definition.keys().map(String::as_str).collect();
        assert_eq!(
            keys,
            ["api.base_url", "sinks.out.path", "streams.users.pages.size", "streams.users.path"]
        );
        assert!(definition.values().all(|fingerprint| fingerprint.len() == 8));
    }
}
