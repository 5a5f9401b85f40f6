//! The outcome of a run as JSON, for scripts.

use std::path::Path;

use serde_json::{Value, json};

use super::{Outcome, output_file::SUMMARY};
use crate::{
    exit::Exit,
    session::Session,
    terminal::{failure::Failure, screen::Screen},
};

/// Writes the outcome to `path`, completely or not at all.
pub(in crate::commands) fn write(
    session: &Session,
    path: &Path,
    outcomes: &[Outcome],
    failure: Option<&Failure>,
) -> Result<(), Failure> {
    let outcome = redacted(outcome(session, outcomes, failure), &session.screen);
    let text = serde_json::to_string_pretty(&outcome).map_err(|error| Failure::new(Exit::Fault, error))?;
    SUMMARY.write(session, path, format!("{text}\n").as_bytes())
}

/// Checks that the summary can be written, before anything is sent.
pub(in crate::commands) fn check(session: &Session, path: &Path) -> Result<(), Failure> {
    SUMMARY.check(session, path)
}

fn outcome(session: &Session, outcomes: &[Outcome], failure: Option<&Failure>) -> Value {
    let counts = session.progress.counts();
    json!({
        "version": 1,
        "exit_code": failure.map_or(Exit::Complete, |failure| failure.exit).code(),
        "begun": session.now.to_string(),
        "requests": counts.requests,
        "retries": counts.retried.values().sum::<u64>(),
        "tokens": counts.tokens,
        "tokens_died": counts.rejected_tokens,
        "seconds_waited": counts.waited.as_secs_f64(),
        "commits": counts.commits,
        "seconds_committing": counts.committing.as_secs_f64(),
        "resumable": outcomes.iter().any(|outcome| outcome.resumable),
        "pulls": outcomes.iter().map(of_pull).collect::<Vec<_>>(),
    })
}

fn of_pull(outcome: &Outcome) -> Value {
    json!({
        "stream": outcome.stream,
        "complete": outcome.error.is_none() && !outcome.is_sample,
        "sample": outcome.is_sample,
        "records": outcome.summary.records,
        "pages": outcome.summary.pages,
        "windows": outcome.summary.windows,
        "partitions": outcome.summary.partitions,
        "repeated_dropped": outcome.summary.repeated,
        "unchanged_dropped": outcome.summary.unchanged,
        "filtered": outcome.summary.filtered,
        "missing": outcome.summary.missing,
        "totals_changed": outcome.summary.totals_changed,
        "short_pages": outcome.summary.short_pages,
        "unmatched_columns": outcome.summary.unmatched_columns,
        "skipped": outcome.summary.skipped,
        "end": outcome.summary.end,
        "seconds": outcome.took.as_secs_f64(),
        "files": outcome.destinations,
        "exit_code": outcome.error.as_ref().map_or(Exit::Complete, |(_, exit)| *exit).code(),
        "error": outcome.error.as_ref().map(|(error, _)| error),
        "resumable": outcome.resumable,
    })
}

/// `value` without secrets in its texts.
fn redacted(value: Value, screen: &Screen) -> Value {
    match value {
        Value::String(text) => screen.redact(&text).into(),
        Value::Array(values) => values.into_iter().map(|value| redacted(value, screen)).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, redacted(value, screen))).collect()
        }
        other => other,
    }
}
