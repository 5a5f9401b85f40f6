//! The progress of a pull, for people.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use longhaul_core::{
    Clock,
    event::{Event, Fault, Observer, Pause},
    state::Summary,
};

use crate::terminal::{
    numbers::{counted, duration, grouped},
    report::Chain,
    screen::Screen,
};

/// The time between two log lines if there is no progress line.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// Counts the events of a run, shows the progress line, and logs faults.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    clock: Arc<dyn Clock>,
    counts: Arc<Mutex<Counts>>,
    screen: Screen,
    line: Arc<Mutex<ProgressBar>>,
}

/// What has happened so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// The current stream.
    pub(crate) stream: String,
    /// The records of that stream.
    pub(crate) records: u64,
    /// The pages of that stream.
    pub(crate) pages: u64,
    /// The requests of the run, including those to the token endpoint.
    pub(crate) requests: u64,
    /// The tokens issued during the run.
    pub(crate) tokens: u64,
    /// The tokens that the API rejected.
    pub(crate) rejected_tokens: u64,
    /// How long the run waited, for the API or before a retry.
    pub(crate) waited: Duration,
    /// The number of commits.
    pub(crate) commits: u64,
    /// How long they took.
    pub(crate) committing: Duration,
    /// The attempts that failed and were retried, by kind of fault.
    pub(crate) retried: BTreeMap<Fault, u64>,
    /// The records that an earlier run pulled.
    resumed: u64,
    started: Duration,
    last_logged: Duration,
    waiting: Option<Waiting>,
}

#[derive(Clone, Debug)]
struct Waiting {
    until: Duration,
    reason: String,
}

impl Progress {
    /// Shows the progress on `screen`.
    pub(crate) fn new(clock: Arc<dyn Clock>, screen: Screen) -> Self {
        let line = Arc::new(Mutex::new(ProgressBar::hidden()));
        Self { clock, counts: Arc::default(), screen, line }
    }

    /// Starts a stream. `before` is what an earlier run pulled.
    pub(crate) fn start(&self, stream: &str, before: &Summary) {
        let now = self.clock.elapsed();
        let mut counts = self.lock();
        (counts.stream, counts.records, counts.pages) = (stream.to_owned(), before.records, before.pages);
        counts.resumed = before.records;
        (counts.started, counts.last_logged, counts.waiting) = (now, now, None);
        drop(counts);
        let line = self.screen.bars().add(ProgressBar::new_spinner().with_style(self.style()));
        line.enable_steady_tick(Duration::from_millis(100));
        *self.line.lock().unwrap_or_else(PoisonError::into_inner) = line;
    }

    /// Ends the stream, and returns how long it took.
    pub(crate) fn end(&self) -> Duration {
        self.line.lock().unwrap_or_else(PoisonError::into_inner).finish_and_clear();
        self.clock.elapsed().saturating_sub(self.lock().started)
    }

    /// What has happened so far.
    pub(crate) fn counts(&self) -> Counts {
        self.lock().clone()
    }

    fn style(&self) -> ProgressStyle {
        let (clock, counts) = (Arc::clone(&self.clock), Arc::clone(&self.counts));
        let describe = move |_: &ProgressState, out: &mut dyn Write| {
            let counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
            // A pull continues even if the progress line cannot be drawn.
            let _ = out.write_str(&counts.describe(clock.elapsed()));
        };
        ProgressStyle::with_template("{spinner} {wide_progress}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner())
            .with_key("wide_progress", describe)
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, wait: Duration, reason: String) {
        let until = self.clock.elapsed().saturating_add(wait);
        let mut counts = self.lock();
        counts.waited = counts.waited.saturating_add(wait);
        counts.waiting = Some(Waiting { until, reason });
    }

    /// Logs the progress at intervals if there is no progress line.
    fn log_at_intervals(&self, counts: &mut Counts) {
        let now = self.clock.elapsed();
        if now.saturating_sub(counts.last_logged) >= LOG_INTERVAL && self.screen.bars().is_hidden() {
            counts.last_logged = now;
            log::info!("{}", counts.describe(now));
        }
    }
}

impl Observer for Progress {
    fn on(&self, event: &Event<'_>) {
        match event {
            Event::Sending { method, url } => {
                log::trace!("{method} {url}");
                let mut counts = self.lock();
                counts.requests += 1;
                counts.waiting = None;
            }
            Event::TokenIssued { lifetime } => {
                self.lock().tokens += 1;
                match lifetime {
                    Some(lifetime) => log::debug!("got a token, valid for {}", duration(*lifetime)),
                    None => log::debug!("got a token, lifetime unknown"),
                }
            }
            Event::RefreshTokenNotSaved { file: None } => log::warn!(
                "the server replaced the refresh token, and the old one may be invalid for the next run; \
                 to save new ones, set `auth.refresh_token = {{ file = … }}`"
            ),
            Event::RefreshTokenNotSaved { file: Some((path, cause)) } => log::warn!(
                "cannot save the new refresh token in `{}`: {cause}; this run continues, but the next one may need \
                 another",
                path.display()
            ),
            Event::TokenRejected { cause } => {
                self.lock().rejected_tokens += 1;
                log::info!("the token was rejected and renewed: {}", Chain(*cause));
            }
            Event::Retrying { fault, cause, wait } => {
                *self.lock().retried.entry(*fault).or_default() += 1;
                log::warn!("{}; retrying in {}", Chain(*cause), duration(*wait));
                self.wait(*wait, reason(*fault));
            }
            Event::Holding { pause, wait } => {
                self.wait(*wait, reason_of(*pause).to_owned());
            }
            Event::Resubmitting => {
                log::warn!("submitting the job again; an earlier submission may have reached the API, too");
            }
            Event::Committed { took } => {
                let mut counts = self.lock();
                counts.commits += 1;
                counts.committing += *took;
                log::debug!("committed after page {}, in {}", counts.pages, duration(*took));
            }
            Event::PageWritten { records, bytes } => {
                let mut counts = self.lock();
                counts.records += *records as u64;
                counts.pages += 1;
                log::debug!(
                    "page {}: {}, {}",
                    counts.pages,
                    counted(*records as u64, "record"),
                    counted(*bytes as u64, "byte")
                );
                self.log_at_intervals(&mut counts);
            }
            _ => {}
        }
    }
}

impl Counts {
    /// One line: the stream, records, pages, rate, time, and the reason for a wait.
    fn describe(&self, now: Duration) -> String {
        let time = now.saturating_sub(self.started);
        let rate =
            (self.records - self.resumed) * 1000 / u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1);
        let mut line = format!(
            "{}: {} in {}, {}/s, {}",
            self.stream,
            counted(self.records, "record"),
            counted(self.pages, "page"),
            grouped(rate),
            duration(Duration::from_secs(time.as_secs())),
        );
        if let Some(waiting) = self.waiting.as_ref().filter(|waiting| waiting.until > now) {
            let left = Duration::from_secs(waiting.until.saturating_sub(now).as_secs() + 1);
            // Writing to a string does not fail.
            let _ = write!(line, ", waiting {} ({})", duration(left), waiting.reason);
        }
        line
    }
}

/// Why nothing is sent for some time.
fn reason_of(pause: Pause) -> &'static str {
    match pause {
        Pause::Requested => "the API asked for a pause",
        Pause::RateLimit => "the rate limit is reached",
    }
}

/// A short reason for the progress line. The log has the whole cause.
fn reason(fault: Fault) -> String {
    match fault {
        Fault::Status(status) => format!("the server answered {status}"),
        Fault::UnreadableAnswer => "the answer could not be read".to_owned(),
        _ => "the connection was lost".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_progress_line_says_who_wants_a_pause() {
        for (pause, reason) in
            [(Pause::Requested, "the API asked for a pause"), (Pause::RateLimit, "the rate limit is reached")]
        {
            let waiting =
                Some(Waiting { until: Duration::from_secs(4), reason: reason_of(pause).to_owned() });
            let counts = Counts { stream: "calls".to_owned(), waiting, ..Counts::default() };
            assert_eq!(
                counts.describe(Duration::from_secs(1)),
                format!("calls: 0 records in 0 pages, 0/s, 1 s, waiting 4 s ({reason})")
            );
        }
    }

    #[test]
    fn the_progress_line_shows_the_reason_and_the_rest_of_a_wait() {
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
}
