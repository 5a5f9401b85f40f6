//! The page of a report.

use std::{fmt::Write, time::Duration};

use longhaul_core::{Secrets, event::Fault};

use super::{
    html::{Escaped, shortened, table},
    recorder::{Kind, Recording},
    svg::{LANES, Slices},
};
use crate::{
    commands::run::Outcome,
    exit::Exit,
    terminal::{
        counts::REJECTED_TOKEN,
        findings,
        numbers::{counted, duration, grouped, size},
    },
};

/// What a report shows.
#[derive(Debug)]
pub(super) struct Contents<'a> {
    /// When the run started, for people.
    pub(super) started: String,
    /// How long it took.
    pub(super) took: Duration,
    /// What was recorded.
    pub(super) recording: Recording,
    /// The pulls of the run.
    pub(super) outcomes: &'a [Outcome],
    /// Why the run is not complete, and the exit code.
    pub(super) failure: Option<(String, Exit)>,
    /// Requests, tokens and commits.
    pub(super) figures: Vec<(&'static str, String)>,
    /// The configuration without secrets.
    pub(super) configuration: String,
    /// What is replaced in texts that quote the API.
    pub(super) secrets: &'a Secrets,
}

/// How many pulls and kinds of faults are listed, and how many bytes of the configuration.
const MOST_PULLS: usize = 50;
const MOST_FAULTS: usize = 20;
const MOST_CONFIGURATION: usize = 30_000;

impl Contents<'_> {
    /// The page. Everything that it needs is in it.
    pub(super) fn page(&self) -> String {
        let mut out = String::with_capacity(64 * 1024);
        out.push_str(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\">\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
             <title>longhaul run</title><style>",
        );
        out.push_str(include_str!("style.css"));
        out.push_str("</style></head><body>");
        for part in [
            self.head(),
            self.cards(),
            self.over_time(),
            self.pulls(),
            self.faults(),
            self.latency(),
            self.slowest(),
            self.configuration(),
        ] {
            out.push_str(&part);
            out.push('\n');
        }
        out.push_str("</body></html>\n");
        out
    }

    /// `text` without secrets. Text is cut afterwards, because half of a secret would not be found.
    fn redacted(&self, text: &str) -> String {
        self.secrets.redact_from(text, Secrets::SHORTEST)
    }

    fn head(&self) -> String {
        let (class, ended) = match &self.failure {
            None if self.outcomes.iter().any(|outcome| outcome.is_sample) => {
                ("dim", "a sample, not complete".to_owned())
            }
            None => ("good", "complete".to_owned()),
            Some((error, exit)) => ("bad", format!("exit code {}: {}", exit.code(), self.redacted(error))),
        };
        format!(
            "<h1>longhaul run</h1><p class=\"{class}\">{}</p><p class=\"dim\">Started {}, took {}. longhaul {}.</p>",
            Escaped(&ended),
            Escaped(&self.started),
            duration(self.took),
            env!("CARGO_PKG_VERSION"),
        )
    }

    fn cards(&self) -> String {
        let Recording { records, written, received, .. } = self.recording;
        let millis = u64::try_from(self.took.as_millis()).unwrap_or(u64::MAX).max(1);
        let own = [
            ("records in this run", grouped(records)),
            ("records per second", grouped(records.saturating_mul(1000) / millis)),
            ("written", size(written)),
            ("received", size(received)),
        ];
        let cards = own.iter().chain(&self.figures).map(|(name, value)| {
            format!("<div><b>{}</b><span>{}</span></div>", Escaped(value), Escaped(name))
        });
        format!("<div class=\"cards\">{}</div>", cards.collect::<String>())
    }

    fn over_time(&self) -> String {
        let (slices, width) = self.recording.timeline.until(self.took);
        let slices = Slices { slices, width };
        let (chart, top) = slices.records();
        let mut out = format!(
            "<h2>Records over time</h2><p class=\"dim\">At most {} per second.</p>{chart}{}<p class=\"key\">",
            counted(top, "record"),
            slices.scale()
        );
        for (name, class) in
            [("records", "records")].into_iter().chain(LANES.map(|lane| (lane.name, lane.class)))
        {
            // Writing to a string does not fail.
            let _ = write!(out, "<span><i class=\"{class}\"></i>{name}</span>");
        }
        out.push_str("</p>");
        if let Some((chart, top)) = slices.rate_left() {
            let _ = write!(
                out,
                "<h2>What was left of the rate limit</h2><p class=\"dim\">At most {}.</p>{chart}{}",
                grouped(top),
                slices.scale()
            );
        }
        out
    }

    fn pulls(&self) -> String {
        let head = ["stream", "result", "records", "pages", "time", "end", "written to"];
        let rows = self.outcomes.iter().take(MOST_PULLS).map(|outcome| {
            let summary = &outcome.summary;
            let found = findings::clauses(summary);
            let result = match &outcome.error {
                Some((error, _)) => self.redacted(error),
                None if outcome.is_sample => "a sample, not complete".to_owned(),
                None if found.is_empty() => "complete".to_owned(),
                None => found.join("; "),
            };
            let end = summary.end.as_ref().map(ToString::to_string).unwrap_or_default();
            vec![
                outcome.stream.clone(),
                result,
                grouped(summary.records),
                grouped(summary.pages),
                duration(outcome.took),
                end,
                self.redacted(&outcome.destinations.join(", ")),
            ]
        });
        let table = table(&head, &[1, 5, 6], rows);
        format!("<h2>Streams</h2>{table}{}", more(self.outcomes.len(), MOST_PULLS, "pull"))
    }

    fn faults(&self) -> String {
        let faults = &self.recording.faults;
        if faults.is_empty() {
            return "<h2>Faults</h2><p>None.</p>".to_owned();
        }
        let rows = faults
            .iter()
            .map(|(fault, (count, first))| vec![describe(*fault), grouped(*count), self.redacted(first)]);
        let table = table(&["fault", "times", "the first one"], &[2], rows);
        let left_out = more(faults.len(), MOST_FAULTS, "kind");
        format!("<h2>Faults</h2><p class=\"dim\">The run recovered from these.</p>{table}{left_out}")
    }

    fn latency(&self) -> String {
        let latency = &self.recording.latency;
        let classes = latency.classes();
        let most = classes.iter().map(|(_, count)| *count).max().unwrap_or(1).max(1);
        let rows = classes.iter().map(|(bound, count)| {
            format!(
                "<tr><td class=\"n\">{}</td><td class=\"bar\"><i class=\"records\" style=\"width:{}%\"></i></td>\
                 <td class=\"n\">{}</td></tr>",
                bound.map_or("more".to_owned(), |bound| format!("up to {}", duration(bound))),
                count * 100 / most,
                grouped(*count)
            )
        });
        let rows: String = rows.collect();
        let [half, most_of, nearly_all] = [50, 95, 99].map(|percent| duration(latency.within(percent)));
        format!(
            "<h2>Response times</h2><p class=\"dim\">Half within {half}, 95 % within {most_of}, 99 % within {nearly_all}, \
             all within {}. From the request to the last byte.</p><table><tbody>{rows}</tbody></table>",
            duration(latency.longest)
        )
    }

    fn slowest(&self) -> String {
        let rows = self.recording.slowest.iter().map(|slow| {
            vec![
                self.redacted(&slow.url),
                slow.status.to_string(),
                duration(slow.took),
                size(slow.bytes),
                duration(slow.at),
            ]
        });
        let table = table(&["URL", "status", "took", "size", "arrived after"], &[], rows);
        format!("<h2>Slowest responses</h2>{table}")
    }

    fn configuration(&self) -> String {
        let configuration = self.redacted(&self.configuration);
        let shown = shortened(&configuration, MOST_CONFIGURATION);
        format!("<h2>Configuration</h2><pre>{}</pre>", Escaped(&shown))
    }
}

/// How many are not listed.
fn more(all: usize, listed: usize, noun: &str) -> String {
    let left = all.saturating_sub(listed);
    if left == 0 {
        String::new()
    } else {
        format!("<p class=\"dim\">and {}</p>", counted(left as u64, &format!("more {noun}")))
    }
}

fn describe(kind: Kind) -> String {
    match kind {
        Kind::Attempt(Fault::Status(status @ 200..300)) => format!("error with status {status}"),
        Kind::Attempt(Fault::Status(status)) => format!("status {status}"),
        Kind::Attempt(Fault::UnreadableAnswer) => "response that could not be read".to_owned(),
        Kind::Attempt(_) => "connection lost".to_owned(),
        Kind::RejectedToken => REJECTED_TOKEN.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use longhaul_core::{event::Fault, state::Summary};

    use super::*;
    use crate::commands::run::report::recorder::Slow;

    #[test]
    fn the_page_of_the_longest_run_is_at_most_300_kib() {
        let mut recording = Recording::default();
        for second in 0..1000 {
            let time = Duration::from_secs(second * 60);
            recording.latency.add(Duration::from_millis(1 << (second % 20)));
            recording.timeline.span(time, Duration::from_secs(40), |slice, part| slice.held += part);
            recording.timeline.span(time, Duration::from_secs(40), |slice, part| slice.backing_off += part);
            let slice = recording.timeline.at(time);
            (slice.records, slice.pages, slice.faults, slice.tokens) = (123_456_789, 1_234_567, 1, 1);
            slice.left = Some(second + 1);
        }
        let text = "a long text & more ".repeat(100);
        let status = |status| (Kind::Attempt(Fault::Status(status)), (7, text.clone()));
        recording.faults = (400..600).map(status).collect();
        let slow =
            Slow { at: Duration::ZERO, took: Duration::ZERO, bytes: 1, status: 200, url: text.clone() };
        recording.slowest = vec![slow; 10];
        let outcome = || Outcome {
            stream: "conversations".to_owned(),
            destinations: vec![text.clone()],
            summary: Summary::default(),
            took: Duration::ZERO,
            error: Some((text.clone(), Exit::Api)),
            resumable: true,
            is_sample: false,
            pull: String::new(),
        };
        let outcomes: Vec<_> = (0..1000).map(|_| outcome()).collect();
        let contents = Contents {
            started: String::new(),
            took: Duration::from_secs(60_000),
            recording,
            outcomes: &outcomes,
            failure: Some((text.clone(), Exit::Api)),
            figures: Vec::new(),
            secrets: &Secrets::default(),
            configuration: "api.key = \"value\"  # longhaul.toml:5\n".repeat(10_000),
        };
        let page = contents.page();
        assert!(page.len() <= 300 * 1024, "{}", page.len());
        assert!(page.contains("<p class=\"dim\">and 950 more pulls</p>"));
        assert!(page.contains("<p class=\"dim\">and 180 more kinds</p>"));
    }
}
