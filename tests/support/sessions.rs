//! Records with arrays in arrays, for the option `rows` of sinks.

use serde_json::{Value, json};

/// Two conversations with sessions, and one without.
pub const CONVERSATIONS: [&str; 3] = [
    r#"{"id":"c1","parties":[{"purpose":"agent","sessions":[{"n":1,"at":"2026-01-01T00:00:00.000Z"},{"n":2}]},{"purpose":"acd","sessions":[]}]}"#,
    r#"{"id":"c2","parties":[]}"#,
    r#"{"id":"c3","parties":[{"sessions":[{"n":3,"price":1.10}]}]}"#,
];

/// The options `more`, and those for one row for each session, with values from every level.
pub fn with_session_rows(mut more: Value) -> Value {
    more["rows"] = json!("/parties/*/sessions/*");
    more["columns"] = json!([
        "^/id",
        "^^/purpose",
        { "at": "/n", "type": "integer" },
        { "at": "/at", "type": "timestamp" }
    ]);
    more
}
