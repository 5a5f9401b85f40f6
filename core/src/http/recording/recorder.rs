//! Records the exchanges of a run.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tempfile::NamedTempFile;

use super::{
    body::Bodies,
    error::RecordingError,
    exchange::{Exchange, Outcome, StoredRequest, stored},
    lines::Writer,
    manifest::{Ended, Manifest, Recorded},
    redaction::Redaction,
};
use crate::{
    clock::Clock,
    http::{
        request::Request,
        secret::Secrets,
        transport::{Response, Transport, TransportError, TransportErrorKind},
    },
};

/// Writes a recording. Shared by all threads of a run.
#[derive(Debug)]
pub struct Recorder {
    folder: PathBuf,
    manifest: Manifest,
    bodies: Bodies,
    lines: Mutex<Writer>,
    redaction: Redaction,
    clock: Arc<dyn Clock>,
    next_file: AtomicU64,
    redacted: AtomicU64,
}

/// How much was recorded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Totals {
    /// The number of exchanges.
    pub exchanges: u64,
    /// The number of bodies in which a secret was replaced.
    pub redacted: u64,
}

impl Recorder {
    /// Starts a recording in `folder`, which must be empty or not exist. The times of `clock` start with the run.
    pub fn create(
        folder: &Path,
        run: Recorded,
        secrets: Secrets,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RecordingError> {
        let unwritable = |source| RecordingError::Unwritable { path: folder.to_owned(), source };
        let bodies = Bodies::of(folder);
        create_private(folder).map_err(unwritable)?;
        if fs::read_dir(folder).map_err(unwritable)?.next().is_some() {
            return Err(RecordingError::NotEmpty { path: folder.to_owned() });
        }
        let manifest = Manifest::new(run);
        let create = || {
            create_private(bodies.folder())?;
            create_private(&state_folder(folder))?;
            let lines = Writer::create(folder)?;
            // Last, because a folder with it is a recording.
            manifest.write(folder)?;
            Ok(lines)
        };
        let lines = Mutex::new(create().map_err(unwritable)?);
        Ok(Self {
            folder: folder.to_owned(),
            bodies,
            lines,
            manifest,
            redaction: Redaction::new(secrets),
            clock,
            next_file: AtomicU64::new(1),
            redacted: AtomicU64::default(),
        })
    }

    /// The folder for what is saved of the streams when the run starts.
    pub fn state_folder(&self) -> PathBuf {
        state_folder(&self.folder)
    }

    /// Adds the configuration of the run, as text for people.
    pub fn describe(&self, configuration: &str) -> Result<(), RecordingError> {
        let text = self.redaction.text(configuration);
        let write = || {
            let mut new = NamedTempFile::new_in(&self.folder)?;
            new.write_all(text.as_bytes())?;
            new.persist(self.folder.join("configuration.txt"))?;
            Ok(())
        };
        write().map_err(|source| RecordingError::Unwritable { path: self.folder.clone(), source })
    }

    /// Records that the run ended.
    pub fn finish(&self, exit_code: u8) -> Result<Totals, RecordingError> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = Ended { exit_code, exchanges: lines.count, check: lines.check.clone() };
        let mut manifest = self.manifest.clone();
        manifest.ended = Some(ended);
        let unwritable = |source| RecordingError::Unwritable { path: self.folder.clone(), source };
        manifest.write(&self.folder).map_err(unwritable)?;
        Ok(Totals { exchanges: lines.count, redacted: self.redacted.load(Ordering::Relaxed) })
    }

    /// Removes the recording if nothing was recorded, so that the same folder can be used again. Returns whether it did.
    pub fn discard_if_empty(&self) -> Result<bool, RecordingError> {
        if self.lines.lock().unwrap_or_else(PoisonError::into_inner).count > 0 {
            return Ok(false);
        }
        let path = &self.folder;
        let emptied = fs::read_dir(path).and_then(|mut entries| {
            entries.try_for_each(|entry| {
                let path = entry?.path();
                if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
            })
        });
        emptied.map(|()| true).map_err(|source| RecordingError::Unwritable { path: path.clone(), source })
    }

    fn record(
        &self,
        request: &Request,
        sent: Duration,
        outcome: &mut Result<Response, TransportError>,
    ) -> io::Result<()> {
        let ended = self.clock.elapsed();
        let outcome = match outcome {
            Ok(response) => {
                let file = self.next_file.fetch_add(1, Ordering::Relaxed);
                let body = self.bodies.store(file, response, &self.redaction)?;
                if body.as_ref().is_some_and(|body| body.is_redacted) {
                    self.redacted.fetch_add(1, Ordering::Relaxed);
                }
                let headers = stored(&response.headers, &self.redaction);
                Outcome::Answer { status: response.status.as_u16(), headers, body }
            }
            Err(error) => {
                let cause =
                    std::error::Error::source(error).map(|cause| self.redaction.text(&cause.to_string()));
                Outcome::Fault { kind: error.kind(), cause }
            }
        };
        let request = StoredRequest::new(request, &self.redaction);
        let exchange = Exchange::new(request, sent, ended, outcome);
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).add(&exchange)
    }
}

pub(super) fn state_folder(recording: &Path) -> PathBuf {
    recording.join("state")
}

/// Creates a folder that only its owner can enter, if it does not exist.
fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Sends requests by another transport, and records them with their outcomes.
#[derive(Debug)]
pub struct RecordingTransport {
    inner: Arc<dyn Transport>,
    recorder: Arc<Recorder>,
    is_interrupted: AtomicBool,
}

impl RecordingTransport {
    /// Sends requests by `inner`.
    pub fn new(inner: Arc<dyn Transport>, recorder: Arc<Recorder>) -> Self {
        Self { inner, recorder, is_interrupted: AtomicBool::new(false) }
    }
}

impl Transport for RecordingTransport {
    fn send(&self, request: &Request, buffer: Vec<u8>) -> Result<Response, TransportError> {
        let sent = self.recorder.clock.elapsed();
        let mut outcome = self.inner.send(request, buffer);
        // A request that is aborted because the run stops says nothing about the API.
        if outcome.is_err() && self.is_interrupted.load(Ordering::SeqCst) {
            return outcome;
        }
        match self.recorder.record(request, sent, &mut outcome) {
            Ok(()) => outcome,
            Err(error) => Err(TransportError::new(TransportErrorKind::NotStored).because(error)),
        }
    }

    fn interrupt(&self) {
        self.is_interrupted.store(true, Ordering::SeqCst);
        self.inner.interrupt();
    }
}
