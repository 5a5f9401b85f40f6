//! The outcome of a run as JSON, for scripts.

use std::path::Path;

use serde_json::Value;

use super::{
    Outcome,
    output_file::SUMMARY,
    summary_format::{PullFormat, SummaryFormat, VERSION},
};
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
    let of_fault = |error| Failure::new(Exit::Fault, error);
    let outcome = serde_json::to_value(outcome(session, outcomes, failure)).map_err(of_fault)?;
    let text = serde_json::to_string_pretty(&redacted(outcome, &session.screen)).map_err(of_fault)?;
    SUMMARY.write(session, path, format!("{text}\n").as_bytes())
}

/// Checks that the summary can be written, before anything is sent.
pub(in crate::commands) fn check(session: &Session, path: &Path) -> Result<(), Failure> {
    SUMMARY.check(session, path)
}

fn outcome<'o>(session: &Session, outcomes: &'o [Outcome], failure: Option<&Failure>) -> SummaryFormat<'o> {
    let counts = session.progress.counts();
    SummaryFormat {
        version: VERSION,
        exit_code: failure.map_or(Exit::Complete, |failure| failure.exit).code(),
        begun: session.now.to_string(),
        requests: counts.requests,
        retries: counts.retried.values().sum(),
        tokens: counts.tokens,
        tokens_died: counts.rejected_tokens,
        seconds_waited: counts.waited.as_secs_f64(),
        commits: counts.commits,
        seconds_committing: counts.committing.as_secs_f64(),
        resumable: outcomes.iter().any(|outcome| outcome.resumable),
        pulls: outcomes.iter().map(of_pull).collect(),
    }
}

fn of_pull(outcome: &Outcome) -> PullFormat<'_> {
    let Outcome { stream, destinations, summary, took, error, resumable, is_sample, .. } = outcome;
    PullFormat {
        stream,
        complete: error.is_none() && !is_sample,
        sample: *is_sample,
        records: summary.records,
        pages: summary.pages,
        windows: summary.windows,
        partitions: summary.partitions,
        repeated_dropped: summary.repeated,
        unchanged_dropped: summary.unchanged,
        filtered: summary.filtered,
        missing: summary.missing,
        totals_changed: summary.totals_changed,
        short_pages: summary.short_pages,
        unmatched_columns: &summary.unmatched_columns,
        skipped: summary.skipped,
        end: summary.end.as_ref(),
        seconds: took.as_secs_f64(),
        files: destinations,
        exit_code: error.as_ref().map_or(Exit::Complete, |(_, exit)| *exit).code(),
        error: error.as_ref().map(|(error, _)| error.as_str()),
        resumable: *resumable,
    }
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
