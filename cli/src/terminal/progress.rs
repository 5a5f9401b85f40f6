//! The progress of a pull, for people.

use std::{
    fmt::Write,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use log::Level;
use longhaul_core::{
    Clock,
    event::{Event, Fault, Observer, Pause},
    state::Summary,
};

use crate::terminal::{
    counts::{Counts, Waiting},
    expected::Expected,
    numbers::{counted, duration},
    report::Chain,
    screen::{REQUESTS, Screen, width},
};

/// The time between two log lines if there is no progress line.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// Counts the events of a run, shows the progress line, and logs faults.
///
/// While the line is drawn, the screen is locked, and the counts are read. So nothing that uses the screen, such as the log,
/// may be used while the counts are locked.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    clock: Arc<dyn Clock>,
    counts: Arc<Mutex<Counts>>,
    screen: Screen,
    line: Arc<Mutex<ProgressBar>>,
}

impl Progress {
    /// Shows the progress on `screen`.
    pub(crate) fn new(clock: Arc<dyn Clock>, screen: Screen) -> Self {
        let line = Arc::new(Mutex::new(ProgressBar::hidden()));
        Self { clock, counts: Arc::default(), screen, line }
    }

    /// Starts a stream. `before` is what an earlier run pulled.
    pub(crate) fn start(&self, stream: &str, before: &Summary, expected: Expected) {
        let now = self.clock.elapsed();
        let mut counts = self.lock();
        (counts.stream, counts.records, counts.pages) = (stream.to_owned(), before.records, before.pages);
        (counts.resumed, counts.bytes, counts.expected) = (before.records, 0, expected);
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
            // The spinner, a blank, and a column that stays free, so that no terminal wraps the line.
            let _ = out.write_str(&counts.line(clock.elapsed(), width().saturating_sub(3)));
        };
        ProgressStyle::with_template("{spinner} {progress}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner())
            .with_key("progress", describe)
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

    /// The level at which a fault that the run recovers from is logged. A progress line counts them instead.
    fn level(&self, usual: Level) -> Level {
        if self.screen.is_terminal() { Level::Debug } else { usual }
    }

    /// Logs the progress at intervals if there is no progress line.
    fn log_at_intervals(&self) {
        if self.screen.is_terminal() {
            return;
        }
        let now = self.clock.elapsed();
        let mut counts = self.lock();
        if now.saturating_sub(counts.last_logged) < LOG_INTERVAL {
            return;
        }
        counts.last_logged = now;
        let line = counts.describe(now);
        drop(counts);
        log::info!("{line}");
    }
}

impl Observer for Progress {
    fn on(&self, event: &Event<'_>) {
        match event {
            Event::Sending { method, url } => {
                log::debug!(target: REQUESTS, "{method} {url}");
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
                let level = self.level(Level::Info);
                log::log!(level, "the token was rejected and renewed: {}", Chain(*cause));
            }
            Event::Retrying { fault, cause, wait } => {
                *self.lock().retried.entry(*fault).or_default() += 1;
                let level = self.level(Level::Warn);
                log::log!(level, "{}; retrying in {}", Chain(*cause), duration(*wait));
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
                let pages = counts.pages;
                drop(counts);
                log::debug!("committed after page {pages}, in {}", duration(*took));
            }
            Event::PageWritten { records, bytes } => {
                let mut counts = self.lock();
                counts.records += *records as u64;
                counts.pages += 1;
                counts.bytes += *bytes as u64;
                let page = counts.pages;
                drop(counts);
                let (records, bytes) = (counted(*records as u64, "record"), counted(*bytes as u64, "byte"));
                log::debug!("page {page}: {records}, {bytes}");
                self.log_at_intervals();
            }
            Event::PartitionComplete { id } => self.lock().expected.complete(*id),
            Event::TotalReported { records } => self.lock().expected.report(*records),
            _ => {}
        }
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
    use std::{sync::mpsc, thread};

    use longhaul_tests::ManualClock;

    use super::*;
    use crate::args::Global;

    #[test]
    fn the_counts_can_be_read_while_the_screen_is_locked() {
        let clock = ManualClock::new();
        clock.advance(LOG_INTERVAL);
        let screen = Screen::set_up(&Global::default(), None);
        let progress = Progress::new(clock, screen.clone());
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            screen.bars().suspend(|| {
                let observer = progress.clone();
                thread::spawn(move || observer.on(&Event::PageWritten { records: 1, bytes: 1 }));
                while progress.counts().pages == 0 {
                    thread::yield_now();
                }
            });
            sender.send(()).unwrap();
        });
        receiver.recv_timeout(Duration::from_secs(60)).expect("the threads do not wait for each other");
    }

    #[test]
    fn only_a_pause_that_the_api_asked_for_is_its_own() {
        let reasons = [Pause::Requested, Pause::RateLimit].map(reason_of);
        assert_eq!(reasons, ["the API asked for a pause", "the rate limit is reached"]);
    }
}
