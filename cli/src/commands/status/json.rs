//! The status of a pull as JSON.

use longhaul_core::state::State;
use serde_json::{Value, json};

/// The status of a pull. Times are in UTC (RFC 3339).
pub(super) fn of_pull(stream: &str, pull: &str, state: &State, holder: Option<&str>) -> Value {
    let status = match (holder, &state.unfinished, &state.complete) {
        (Some(_), ..) => "running",
        (None, Some(_), _) => "stopped",
        (None, None, Some(_)) => "complete",
        (None, None, None) => "never_run",
    };
    let complete = state.complete.as_ref().map(|complete| {
        json!({
            "at": complete.at.to_string(),
            "records": complete.summary.records,
            "pages": complete.summary.pages,
        })
    });
    let unfinished = state.unfinished.as_ref().map(|pull| {
        let saved = pull.checkpoint.so_far();
        json!({
            "started": pull.started.to_string(),
            "saved": pull.saved.to_string(),
            "records": saved.records,
            "pages": saved.pages,
        })
    });
    json!({
        "stream": stream,
        "pull": pull,
        "status": status,
        "holder": holder,
        "complete": complete,
        "unfinished": unfinished,
        "watermark": state.watermark.map(|watermark| watermark.to_string()),
    })
}
