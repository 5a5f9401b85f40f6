//! Sinks in memory that record their calls.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use longhaul_core::sink::{
    Batch, Destination, Mark, OpenSink, Opened, Receipt, Sink, SinkError, SinkErrorKind, Variables,
};

/// The calls of the sinks of a run, in order.
#[derive(Clone, Debug, Default)]
pub struct CallLog(Arc<Mutex<Vec<(String, Call)>>>);

/// A call of a sink.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Call {
    /// It was opened.
    Open,
    /// It was opened at this commit, and so rolled back to it.
    RollBack(Mark),
    /// These records were written.
    Write(Vec<String>),
    /// It was committed.
    Commit(Mark),
    /// It was finished.
    Finish,
    /// It was dropped without being finished.
    DropUnfinished,
}

/// The steps at which a sink can fail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SinkStep {
    /// While it is opened.
    Open,
    /// At the second batch, after a successful one.
    Write,
    /// At the commit.
    Commit,
    /// At the finish.
    Finish,
}

/// A sink that records its calls in a [`CallLog`], and fails on request.
#[derive(Clone, Debug)]
pub struct RecordingSink {
    name: String,
    calls: CallLog,
    fails_at: Option<SinkStep>,
    rollback: Rollback,
}

/// Whether the sink loses the records after a commit when it is opened again at that commit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Rollback {
    Supported,
    Unsupported,
}

impl CallLog {
    /// A sink that records its calls here, under `name`.
    pub fn sink(&self, name: &str) -> RecordingSink {
        RecordingSink {
            name: name.to_owned(),
            calls: self.clone(),
            fails_at: None,
            rollback: Rollback::Supported,
        }
    }

    /// All calls, with the names of the sinks.
    pub fn all(&self) -> Vec<(String, Call)> {
        self.lock().clone()
    }

    /// The calls of the sink `name`.
    pub fn of(&self, name: &str) -> Vec<Call> {
        self.lock().iter().filter(|(sink, _)| sink == name).map(|(_, call)| call.clone()).collect()
    }

    /// The records of the sink `name` that were not rolled back, in order.
    pub fn records(&self, name: &str) -> Vec<String> {
        let (mut records, mut commits) = (Vec::new(), HashMap::new());
        for call in self.of(name) {
            match call {
                Call::Write(more) => records.extend(more),
                Call::Commit(mark) => {
                    commits.insert(mark.0, records.len());
                }
                Call::RollBack(mark) => records.truncate(commits[&mark.0]),
                Call::Open | Call::Finish | Call::DropUnfinished => {}
            }
        }
        records
    }

    /// Whether any sink was finished.
    pub fn any_finished(&self) -> bool {
        self.lock().iter().any(|(_, call)| *call == Call::Finish)
    }

    fn record(&self, name: &str, call: Call) {
        self.lock().push((name.to_owned(), call));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(String, Call)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RecordingSink {
    /// Makes the sink fail at `step`.
    #[must_use]
    pub fn failing_at(self, step: SinkStep) -> Self {
        Self { fails_at: Some(step), ..self }
    }

    /// Makes the sink unable to roll back: every record is durable at once.
    #[must_use]
    pub fn without_rollback(self) -> Self {
        Self { rollback: Rollback::Unsupported, ..self }
    }

    fn fail_at(&self, step: SinkStep) -> Result<(), SinkError> {
        if self.fails_at == Some(step) {
            return Err(SinkError::new(SinkErrorKind::Unavailable, "the disk is full"));
        }
        Ok(())
    }
}

impl OpenSink for RecordingSink {
    fn destination(&self, _: &Variables) -> Result<Destination, SinkError> {
        Ok(Destination::Elsewhere(self.name.clone()))
    }

    fn open(&self, _: &Variables, from: Option<(&Receipt, Mark)>) -> Result<Opened, SinkError> {
        let (call, at) = match (from, self.rollback) {
            (None, _) => (Call::Open, Mark::START),
            (Some((_, mark)), Rollback::Supported) => (Call::RollBack(mark), mark),
            (Some((_, mark)), Rollback::Unsupported) => (Call::Open, mark.next()),
        };
        self.calls.record(&self.name, call);
        self.fail_at(SinkStep::Open)?;
        let sink = OpenRecording { sink: self.clone(), written: 0, finished: false };
        Ok(Opened { sink: Box::new(sink), at })
    }
}

#[derive(Debug)]
struct OpenRecording {
    sink: RecordingSink,
    written: u32,
    finished: bool,
}

impl Sink for OpenRecording {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        if self.written > 0 {
            self.sink.fail_at(SinkStep::Write)?;
        }
        self.written += 1;
        let records = batch.records().map(|record| String::from_utf8_lossy(record).into_owned());
        self.sink.calls.record(&self.sink.name, Call::Write(records.collect()));
        Ok(())
    }

    fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        self.sink.calls.record(&self.sink.name, Call::Commit(mark));
        self.sink.fail_at(SinkStep::Commit)?;
        Ok(Receipt(self.written.to_string()))
    }

    fn finish(mut self: Box<Self>) -> Result<(), SinkError> {
        self.finished = true;
        self.sink.calls.record(&self.sink.name, Call::Finish);
        self.sink.fail_at(SinkStep::Finish)
    }
}

impl Drop for OpenRecording {
    fn drop(&mut self) {
        if !self.finished {
            self.sink.calls.record(&self.sink.name, Call::DropUnfinished);
        }
    }
}
