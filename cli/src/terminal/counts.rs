//! What has happened in a run, in numbers and words.

use std::{collections::BTreeMap, fmt::Write, time::Duration};

use indicatif::DecimalBytes;
use longhaul_core::event::Fault;

use crate::terminal::{
    expected::Expected,
    numbers::{counted, duration, grouped},
};

/// What has happened so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// The current stream.
    pub(crate) stream: String,
    /// The records of that stream.
    pub(crate) records: u64,
    /// The pages of that stream.
    pub(crate) pages: u64,
    /// The size of the records that this run pulled of it, in bytes.
    pub(crate) bytes: u64,
    /// The requests of the run, including those to the token endpoint.
    pub(crate) requests: u64,
    /// The tokens issued during the run.
    pub(crate) tokens: u64,
    /// How often the API rejected a token. With several workers, a token can be rejected several times.
    pub(crate) rejected_tokens: u64,
    /// How long the run waited, for the API or before a retry.
    pub(crate) waited: Duration,
    /// The number of commits.
    pub(crate) commits: u64,
    /// How long they took.
    pub(crate) committing: Duration,
    /// The attempts that failed and were retried, by kind of fault.
    pub(crate) retried: BTreeMap<Fault, u64>,
    /// How far the stream is.
    pub(super) expected: Expected,
    /// The records that an earlier run pulled.
    pub(super) resumed: u64,
    pub(super) started: Duration,
    pub(super) last_logged: Duration,
    pub(super) waiting: Option<Waiting>,
}

#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub(super) until: Duration,
    pub(super) reason: String,
}

/// The narrowest bar.
const SHORTEST_BAR: usize = 8;
/// The widest bar.
const LONGEST_BAR: usize = 24;
/// Before this time, the rate says little about the rest.
const TOO_EARLY: Duration = Duration::from_secs(2);

impl Counts {
    /// One line for logs: the stream, records, pages, rate, time, and the reason for a wait.
    pub(super) fn describe(&self, now: Duration) -> String {
        let mut line = format!(
            "{}: {} in {}, {}/s, {}",
            self.stream,
            counted(self.records, "record"),
            counted(self.pages, "page"),
            grouped(self.rate(now)),
            duration(self.whole_seconds(now)),
        );
        if let Some((left, reason)) = self.wait(now) {
            // Writing to a string does not fail.
            let _ = write!(line, ", waiting {left} ({reason})");
        }
        line
    }

    /// One line for a terminal of this width. What matters least is left out first, so that it never wraps.
    pub(super) fn line(&self, now: Duration, width: usize) -> String {
        let done = self.expected.done(self.records);
        let percent = done.map(|done| format!("{:.0} %", (done * 100.0).floor()));
        let elapsed = duration(self.whole_seconds(now));
        let left = self.left(now).map(|left| format!("{} left", duration(left)));
        let wait = self.wait(now).map(|(left, _)| format!("waiting {left}"));
        let reason = self.wait(now).map(|(_, reason)| format!("({reason})"));
        let faults = Some(self.faults()).filter(|faults| *faults > 0);
        let faults = faults.map(|faults| counted(faults, "fault") + " survived");
        // In the order of the line, each with its rank: the first is left out last.
        let parts = [
            (0, Some(self.stream.clone())),
            (1, percent),
            (2, Some(counted(self.records, "record"))),
            (7, Some(DecimalBytes(self.bytes).to_string()).filter(|_| self.bytes > 0)),
            (5, Some(format!("{}/s", grouped(self.rate(now))))),
            (6, Some(elapsed)),
            (3, left),
            (8, faults),
            (4, wait),
            (9, reason),
        ];
        let mut parts: Vec<_> = parts.into_iter().filter_map(|(rank, part)| Some((rank, part?))).collect();
        let length = |parts: &[(u8, String)]| {
            parts
                .iter()
                .map(|(_, part)| console::measure_text_width(part) + 2)
                .sum::<usize>()
                .saturating_sub(2)
        };
        while parts.len() > 1 && length(&parts) > width {
            let least = parts.iter().map(|(rank, _)| *rank).max();
            parts.retain(|(rank, _)| Some(*rank) != least);
        }
        let free = width.saturating_sub(length(&parts) + 2);
        if let Some(done) = done.filter(|_| parts.len() > 1 && free >= SHORTEST_BAR) {
            parts.insert(1, (0, bar(done, free.min(LONGEST_BAR))));
        }
        let line = parts.into_iter().map(|(_, part)| part).collect::<Vec<_>>().join("  ");
        console::truncate_str(&line, width, "…").into_owned()
    }

    /// What the run recovered from. `None` if nothing was in its way.
    pub(crate) fn survived(&self) -> Option<String> {
        let kinds = self.kinds_of_faults();
        if kinds.is_empty() {
            return None;
        }
        let mut line = format!("recovered from {} ({})", counted(self.faults(), "fault"), kinds.join(", "));
        if !self.waited.is_zero() {
            // Writing to a string does not fail.
            let _ = write!(line, ", waited {}", duration(self.waited));
        }
        Some(line)
    }

    /// The number of faults that the run recovered from.
    pub(crate) fn faults(&self) -> u64 {
        self.retried.values().sum::<u64>() + self.rejected_tokens
    }

    /// The kinds of these faults, such as `3 × 429`.
    pub(crate) fn kinds_of_faults(&self) -> Vec<String> {
        let retried = self.retried.iter().map(|(fault, count)| (name(*fault), *count));
        let rejected =
            Some((REJECTED_TOKEN.to_owned(), self.rejected_tokens)).filter(|(_, count)| *count > 0);
        retried.chain(rejected).map(|(name, count)| format!("{} × {name}", grouped(count))).collect()
    }

    fn whole_seconds(&self, now: Duration) -> Duration {
        Duration::from_secs(now.saturating_sub(self.started).as_secs())
    }

    fn rate(&self, now: Duration) -> u64 {
        let time = now.saturating_sub(self.started);
        (self.records - self.resumed) * 1000 / u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
    }

    /// The rest of a wait, and its reason.
    fn wait(&self, now: Duration) -> Option<(String, &str)> {
        let waiting = self.waiting.as_ref().filter(|waiting| waiting.until > now)?;
        let left = Duration::from_secs(waiting.until.saturating_sub(now).as_secs() + 1);
        Some((duration(left), &waiting.reason))
    }

    /// How long the rest takes, if it goes on as it did.
    fn left(&self, now: Duration) -> Option<Duration> {
        let elapsed = now.saturating_sub(self.started);
        let (first, done) = (self.expected.done_at_start(self.resumed), self.expected.done(self.records)?);
        let (since, rest) = (done - first, 1.0 - done);
        if elapsed < TOO_EARLY || since < 0.001 {
            return None;
        }
        Some(Duration::from_secs(elapsed.mul_f64(rest / since).as_secs() + 1))
    }
}

fn bar(done: f64, width: usize) -> String {
    let inside = width - 2;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a share of a small number"
    )]
    let full = ((inside as f64 * done) as usize).min(inside);
    format!("[{}{}]", "=".repeat(full), " ".repeat(inside - full))
}

/// The name of a fault that only a new token resolves.
pub(crate) const REJECTED_TOKEN: &str = "rejected token";

/// The name of a fault.
fn name(fault: Fault) -> String {
    match fault {
        Fault::Status(status @ 200..300) => format!("error with status {status}"),
        Fault::Status(status) => status.to_string(),
        Fault::Connection => "lost connection".to_owned(),
        Fault::UnreadableAnswer => "unreadable answer".to_owned(),
        _ => "other fault".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_for_logs_shows_the_reason_and_the_rest_of_a_wait() {
        let waiting =
            Some(Waiting { until: Duration::from_secs(40), reason: "the server answered 429".to_owned() });
        let counts =
            Counts { stream: "calls".to_owned(), records: 12_000, pages: 12, waiting, ..Counts::default() };
        assert_eq!(
            counts.describe(Duration::from_secs(12)),
            "calls: 12,000 records in 12 pages, 1,000/s, 12 s, waiting 29 s (the server answered 429)"
        );
        assert_eq!(
            counts.describe(Duration::from_secs(60)),
            "calls: 12,000 records in 12 pages, 200/s, 1 min 0 s"
        );
    }

    #[test]
    fn the_line_fits_into_any_terminal() {
        let mut expected = Expected::new(None, None, 0);
        expected.report(48_000);
        let waiting =
            Some(Waiting { until: Duration::from_secs(40), reason: "the server answered 429".to_owned() });
        let counts = Counts {
            stream: "conversations".to_owned(),
            records: 12_000,
            bytes: 3_400_000,
            expected,
            retried: [(Fault::Status(429), 3)].into(),
            ..Counts::default()
        };
        let line = |width| counts.line(Duration::from_secs(12), width);
        assert_eq!(
            line(120),
            "conversations  [=====                 ]  25 %  12,000 records  3.40 MB  1,000/s  12 s  37 s left  3 faults survived"
        );
        assert_eq!(
            line(80),
            "conversations  [=     ]  25 %  12,000 records  3.40 MB  1,000/s  12 s  37 s left"
        );
        assert_eq!(line(37), "conversations  25 %  12,000 records");
        assert_eq!(line(10), "conversat…");
        let waits = Counts { waiting, ..counts.clone() };
        assert_eq!(
            waits.line(Duration::from_secs(12), 80),
            "conversations  25 %  12,000 records  1,000/s  12 s  37 s left  waiting 29 s"
        );
        for width in 1..130 {
            let line = waits.line(Duration::from_secs(12), width);
            assert!(console::measure_text_width(&line) <= width, "{width}: {line}");
        }
        let unknown = Counts { stream: "x".to_owned(), records: 1, ..Counts::default() };
        assert_eq!(unknown.line(Duration::from_secs(1), 80), "x  1 record  1/s  1 s");
    }

    #[test]
    fn what_a_run_survived_is_one_line() {
        assert_eq!(Counts::default().survived(), None);
        let counts = Counts {
            retried: [(Fault::Status(200), 1), (Fault::Status(429), 3), (Fault::Connection, 1)].into(),
            rejected_tokens: 2,
            waited: Duration::from_secs(13),
            ..Counts::default()
        };
        assert_eq!(
            counts.survived().unwrap(),
            "recovered from 7 faults (1 × error with status 200, 3 × 429, 1 × lost connection, 2 × rejected token), waited 13 s"
        );
        let rejected = Counts { rejected_tokens: 1, ..Counts::default() };
        assert_eq!(rejected.survived().unwrap(), "recovered from 1 fault (1 × rejected token)");
    }
}
