//! Records the events of a run for its report.

use std::{
    collections::BTreeMap,
    error::Error,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use longhaul_core::{
    Clock,
    event::{Event, Fault, Observer},
};

use super::{latency::Latency, timeline::Timeline};
use crate::terminal::report::Chain;

/// Records the events of a run. The memory it takes does not grow with the run.
#[derive(Debug)]
pub(super) struct Recorder {
    clock: Arc<dyn Clock>,
    started: Duration,
    recording: Mutex<Recording>,
}

/// What was recorded.
#[derive(Clone, Debug, Default)]
pub(super) struct Recording {
    /// What happened when.
    pub(super) timeline: Timeline,
    /// How long responses took.
    pub(super) latency: Latency,
    /// The slowest responses, slowest first.
    pub(super) slowest: Vec<Slow>,
    /// The faults that the run recovered from, by kind: how many, and the first one.
    pub(super) faults: BTreeMap<Kind, (u64, String)>,
    /// The size of all responses.
    pub(super) received: u64,
    /// The size of the records that were written, as lines.
    pub(super) written: u64,
    /// The records that this run wrote.
    pub(super) records: u64,
}

/// A kind of fault.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Kind {
    /// An attempt failed.
    Attempt(Fault),
    /// The API refused a token.
    RejectedToken,
}

/// A slow response.
#[derive(Clone, Debug)]
pub(super) struct Slow {
    /// When it had arrived, counted from the start of the run.
    pub(super) at: Duration,
    /// How long it took.
    pub(super) took: Duration,
    /// Its size in bytes.
    pub(super) bytes: u64,
    /// Its status.
    pub(super) status: u16,
    /// The URL of the request, without its secret parts.
    pub(super) url: String,
}

/// How many of the slowest responses are recorded.
const SLOWEST: usize = 10;

impl Recorder {
    /// Starts to record.
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        let started = clock.elapsed();
        Self { clock, started, recording: Mutex::default() }
    }

    /// What was recorded, and how long the run took.
    pub(super) fn take(&self) -> (Recording, Duration) {
        (mem::take(&mut *self.lock()), self.now())
    }

    fn now(&self) -> Duration {
        self.clock.elapsed().saturating_sub(self.started)
    }

    fn lock(&self) -> MutexGuard<'_, Recording> {
        self.recording.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Recorder {
    fn on(&self, event: &Event<'_>) {
        let now = self.now();
        let mut recording = self.lock();
        match event {
            Event::Answered { url, status, bytes, took } => {
                recording.received += bytes;
                recording.latency.add(*took);
                let slow = || Slow {
                    at: now,
                    took: *took,
                    bytes: *bytes,
                    status: status.as_u16(),
                    url: url.to_string(),
                };
                recording.add_slow(*took, slow);
            }
            Event::RateReported { left } => {
                let slice = recording.timeline.at(now);
                slice.left = Some(slice.left.map_or(*left, |least| least.min(*left)));
            }
            Event::TokenIssued { .. } => recording.timeline.at(now).tokens += 1,
            Event::TokenRejected { cause } => recording.add_fault(now, Kind::RejectedToken, *cause),
            Event::Retrying { fault, cause, wait } => {
                recording.add_fault(now, Kind::Attempt(*fault), *cause);
                recording.timeline.span(now, *wait, |slice, part| slice.backing_off += part);
            }
            Event::Holding { wait, .. } => {
                recording.timeline.span(now, *wait, |slice, part| slice.held += part);
            }
            Event::PageWritten { records, bytes } => {
                recording.written += *bytes as u64;
                recording.records += *records as u64;
                let slice = recording.timeline.at(now);
                slice.pages += 1;
                slice.records += *records as u64;
            }
            _ => {}
        }
    }
}

impl Recording {
    fn add_fault(&mut self, now: Duration, kind: Kind, cause: &(dyn Error + 'static)) {
        self.timeline.at(now).faults += 1;
        let (count, _) = self.faults.entry(kind).or_insert_with(|| (0, Chain(cause).to_string()));
        *count += 1;
    }

    fn add_slow(&mut self, took: Duration, slow: impl FnOnce() -> Slow) {
        let place = self.slowest.partition_point(|other| other.took >= took);
        if place < SLOWEST {
            self.slowest.insert(place, slow());
            self.slowest.truncate(SLOWEST);
        }
    }
}
