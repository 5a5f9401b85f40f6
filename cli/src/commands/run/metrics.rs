//! The outcome of a run as metrics, in the text format of Prometheus.

use std::{fmt::Write, path::Path, time::Duration};

use jiff::Timestamp;
use longhaul_core::event::Fault;

use super::{Outcome, output_file::METRICS};
use crate::{
    exit::Exit,
    session::Session,
    terminal::{counts::Counts, failure::Failure},
};

/// Checks that the metrics can be written, before anything is sent.
pub(super) fn check(session: &Session, path: &Path) -> Result<(), Failure> {
    METRICS.check(session, path)
}

/// Writes the metrics to `path`, completely or not at all.
pub(super) fn write(
    session: &Session,
    path: &Path,
    outcomes: &[Outcome],
    failure: Option<&Failure>,
) -> Result<(), Failure> {
    let exit = failure.map_or(Exit::Complete, |failure| failure.exit);
    let ended = Timestamp::try_from(session.clock.now()).unwrap_or(session.now);
    let pulls =
        pulls(outcomes, |pull, is_complete| last_success(session, pull, is_complete.then_some(ended)));
    let run = Run { started: session.now, ended, exit, counts: &session.progress.counts(), pulls: &pulls };
    METRICS.write(session, path, run.text().as_bytes())
}

/// When the pull was last complete. One whose state is not saved is complete only `now`.
fn last_success(session: &Session, pull: &str, now: Option<Timestamp>) -> Option<Timestamp> {
    let saved =
        session.state_file(pull).ok().and_then(|file| file.load().ok()).and_then(|state| state.complete);
    saved.map(|complete| complete.at).or(now)
}

/// A pull of the run. If it was resumed and then continued to the present, that is both together.
struct Pull<'a> {
    stream: &'a str,
    id: &'a str,
    is_complete: bool,
    last_success: Option<Timestamp>,
    took: Duration,
    records: u64,
    pages: u64,
    duplicates: u64,
    missing: u64,
    skipped: u64,
}

fn pulls(outcomes: &[Outcome], last_success: impl Fn(&str, bool) -> Option<Timestamp>) -> Vec<Pull<'_>> {
    let mut pulls: Vec<Pull<'_>> = Vec::new();
    for Outcome { stream, pull: id, summary, took, error, .. } in outcomes {
        let is_complete = error.is_none();
        let known = pulls.iter().position(|pull| pull.id == id);
        let index = known.unwrap_or_else(|| {
            let (none, took) = (0, Duration::ZERO);
            pulls.push(Pull {
                stream,
                id,
                is_complete,
                last_success: None,
                took,
                records: none,
                pages: none,
                duplicates: none,
                missing: none,
                skipped: none,
            });
            pulls.len() - 1
        });
        let pull = &mut pulls[index];
        pull.is_complete &= is_complete;
        pull.took += *took;
        pull.records += summary.records;
        pull.pages += summary.pages;
        pull.duplicates += summary.repeated;
        pull.missing += summary.missing;
        pull.skipped += summary.skipped;
    }
    for pull in &mut pulls {
        pull.last_success = last_success(pull.id, pull.is_complete);
    }
    pulls
}

/// What the metrics say about a run.
struct Run<'a> {
    started: Timestamp,
    ended: Timestamp,
    exit: Exit,
    counts: &'a Counts,
    pulls: &'a [Pull<'a>],
}

impl Run<'_> {
    fn text(&self) -> String {
        let mut text = Text(String::new());
        self.of_run(&mut text);
        self.of_streams(&mut text);
        text.0
    }

    fn of_run(&self, text: &mut Text) {
        let Self { started, ended, exit, counts, .. } = self;
        let whole = |value: f64| vec![(String::new(), value)];
        let seconds = ended.duration_since(*started).as_secs_f64().max(0.0);
        text.family("run_start_timestamp_seconds", GAUGE, "When the last run started", whole(unix(*started)));
        text.family("run_duration_seconds", GAUGE, "How long the last run took", whole(seconds));
        text.family(
            "run_exit_code",
            GAUGE,
            "Exit code of the last run; 0 is complete",
            whole(exit.code().into()),
        );
        text.family("requests_total", COUNTER, "Requests of the last run", whole(number(counts.requests)));
        let retried =
            counts.retried.iter().map(|(fault, times)| (label("fault", &name(*fault)), number(*times)));
        text.family("retries_total", COUNTER, "Attempts that failed and were repeated", retried.collect());
        text.family("tokens_total", COUNTER, "Access tokens issued", whole(number(counts.tokens)));
        let rejected = whole(number(counts.rejected_tokens));
        text.family("tokens_rejected_total", COUNTER, "How often the API rejected an access token", rejected);
        let waited = whole(counts.waited.as_secs_f64());
        text.family(
            "wait_seconds_total",
            COUNTER,
            "Time spent waiting for the API or before a retry",
            waited,
        );
        text.family("commits_total", COUNTER, "Commits of all sinks", whole(number(counts.commits)));
        let committing = whole(counts.committing.as_secs_f64());
        text.family("commit_seconds_total", COUNTER, "Time spent on commits", committing);
    }

    fn of_streams(&self, text: &mut Text) {
        let each = |value: &dyn Fn(&Pull<'_>) -> f64| -> Vec<(String, f64)> {
            self.pulls.iter().map(|pull| (labels(pull), value(pull))).collect()
        };
        let complete = each(&|pull| f64::from(u8::from(pull.is_complete)));
        text.family("stream_complete", GAUGE, "Whether the stream is complete", complete);
        let succeeded = self.pulls.iter().filter_map(|pull| Some((labels(pull), unix(pull.last_success?))));
        let help = "When the stream was last complete";
        text.family("stream_last_success_timestamp_seconds", GAUGE, help, succeeded.collect());
        let took = each(&|pull| pull.took.as_secs_f64());
        text.family("stream_duration_seconds", GAUGE, "How long the pull took", took);
        text.family("stream_records_total", COUNTER, "Records", each(&|pull| number(pull.records)));
        text.family("stream_pages_total", COUNTER, "Pages", each(&|pull| number(pull.pages)));
        let duplicates = each(&|pull| number(pull.duplicates));
        text.family("stream_duplicates_total", COUNTER, "Duplicates that were dropped", duplicates);
        let missing = each(&|pull| number(pull.missing));
        text.family(
            "stream_missing_records",
            GAUGE,
            "Records that the API reported and did not send",
            missing,
        );
        let skipped = each(&|pull| number(pull.skipped));
        text.family("stream_skipped_total", COUNTER, "Partitions that an answer rule left out", skipped);
    }
}

const GAUGE: &str = "gauge";
const COUNTER: &str = "counter";

struct Text(String);

impl Text {
    /// Adds a metric with its samples, each with its labels. A metric without a sample is left out.
    fn family(&mut self, name: &str, kind: &str, help: &str, samples: Vec<(String, f64)>) {
        if samples.is_empty() {
            return;
        }
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "# HELP longhaul_{name} {help}.\n# TYPE longhaul_{name} {kind}");
        for (labels, value) in samples {
            let _ = writeln!(self.0, "longhaul_{name}{labels} {value}");
        }
    }
}

/// A pull into other sinks than the configured ones, or of another range, is told apart by its id.
fn labels(pull: &Pull<'_>) -> String {
    let stream = escaped(pull.stream);
    if pull.id == pull.stream {
        return label("stream", &stream);
    }
    format!("{{stream=\"{stream}\",pull=\"{}\"}}", escaped(pull.id))
}

fn label(name: &str, value: &str) -> String {
    format!("{{{name}=\"{value}\"}}")
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn name(fault: Fault) -> String {
    match fault {
        Fault::Status(status) => status.to_string(),
        Fault::Connection => "connection".to_owned(),
        Fault::UnreadableAnswer => "unreadable_answer".to_owned(),
        _ => "other".to_owned(),
    }
}

fn unix(time: Timestamp) -> f64 {
    time.as_duration().as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "all numbers of Prometheus are of this kind")]
fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use longhaul_core::state::Summary;

    use super::*;

    #[test]
    fn metrics_are_in_the_text_format_of_prometheus() {
        let mut counts = Counts::default();
        (counts.requests, counts.tokens, counts.rejected_tokens, counts.commits) = (12, 2, 1, 3);
        (counts.waited, counts.committing) = (Duration::from_millis(2500), Duration::from_millis(20));
        counts.retried = BTreeMap::from([(Fault::Status(503), 2), (Fault::Connection, 1)]);
        let summary = Summary { records: 40, pages: 4, repeated: 1, ..Summary::default() };
        let complete = Outcome { summary, took: Duration::from_millis(1250), ..Outcome::of("users") };
        let failed = Outcome {
            pull: "calls@csv".to_owned(),
            error: Some(("broken".to_owned(), Exit::Api)),
            ..Outcome::of("calls")
        };
        let summary = Summary { records: 2, ..Summary::default() };
        let again = Outcome { summary, ..Outcome::of("users") };
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let outcomes = [complete, failed, again];
        let at = time("2026-01-01T00:00:02Z");
        let pulls = pulls(&outcomes, |_, is_complete| is_complete.then_some(at));
        let run = Run {
            started: time("2026-01-01T00:00:00Z"),
            ended: time("2026-01-01T00:00:04.5Z"),
            exit: Exit::Api,
            counts: &counts,
            pulls: &pulls,
        };
        let text = run.text();
        for line in [
            "# HELP longhaul_run_exit_code Exit code of the last run; 0 is complete.\n# TYPE longhaul_run_exit_code gauge\nlonghaul_run_exit_code 4\n",
            "longhaul_run_start_timestamp_seconds 1767225600\n",
            "longhaul_run_duration_seconds 4.5\n",
            "# TYPE longhaul_requests_total counter\nlonghaul_requests_total 12\n",
            "longhaul_retries_total{fault=\"503\"} 2\n",
            "longhaul_retries_total{fault=\"connection\"} 1\n",
            "longhaul_wait_seconds_total 2.5\n",
            "longhaul_commit_seconds_total 0.02\n",
            "longhaul_stream_complete{stream=\"users\"} 1\nlonghaul_stream_complete{stream=\"calls\",pull=\"calls@csv\"} 0\n",
            "gauge\nlonghaul_stream_last_success_timestamp_seconds{stream=\"users\"} 1767225602\n# HELP",
            "longhaul_stream_records_total{stream=\"users\"} 42\n",
            "longhaul_stream_duplicates_total{stream=\"users\"} 1\n",
        ] {
            assert!(text.contains(line), "no `{line}` in\n{text}");
        }
        for line in text.lines() {
            assert!(
                line.starts_with("# ") || line.split_once(' ').unwrap().1.parse::<f64>().is_ok(),
                "{line}"
            );
        }
    }

    #[test]
    fn labels_are_escaped() {
        assert_eq!(escaped("a\"b\\c\nd"), r#"a\"b\\c\nd"#);
    }
}
