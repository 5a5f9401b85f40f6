//! The transport of a replay.

use std::{
    env,
    io::{self, Write},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use http::{HeaderMap, StatusCode};

use super::{
    body::LoadError,
    clock::ReplayClock,
    error::RecordingError,
    exchange::{Outcome, StoredBody, restored},
    opened::{Absent, Recording},
};
use crate::http::{
    request::{Expects, Request},
    transport::{HEAD, Response, Transport, TransportError, TransportErrorKind},
};

/// Answers requests from a recording. Nothing is sent.
#[derive(Debug)]
pub struct ReplayTransport {
    recording: Arc<Recording>,
    clock: Arc<ReplayClock>,
    /// The folder for bodies that do not fit in memory.
    spool_folder: Option<PathBuf>,
    is_interrupted: AtomicBool,
}

impl ReplayTransport {
    /// Answers from `recording`, and sets `clock` to the time of each answer. Bodies that do not fit in memory go to
    /// `spool_folder`, if it exists; otherwise, to the system's folder for temporary files.
    pub fn new(recording: Arc<Recording>, clock: Arc<ReplayClock>, spool_folder: Option<PathBuf>) -> Self {
        Self { recording, clock, spool_folder, is_interrupted: AtomicBool::new(false) }
    }

    fn answer(
        &self,
        status: u16,
        headers: &[(String, String)],
        body: Option<&StoredBody>,
        expects: Expects,
        mut buffer: Vec<u8>,
    ) -> Result<Response, TransportError> {
        let changed = || {
            let path = self.recording.lines().path().to_owned();
            damaged(RecordingError::Damaged { path, problem: "was changed" })
        };
        let status = StatusCode::from_u16(status).map_err(|_| changed())?;
        let headers: HeaderMap = restored(headers).ok_or_else(changed)?;
        buffer.clear();
        match body {
            None => Ok(Response::new(status, headers, buffer)),
            Some(stored) if stored.is_spooled && expects == Expects::Lines => {
                let folder = self.spool_folder.clone().filter(|folder| folder.is_dir());
                let file = tempfile::tempfile_in(folder.unwrap_or_else(env::temp_dir)).map_err(on_disk)?;
                let mut spooling = Spooling { head: buffer, file };
                self.recording.body(stored, &mut spooling).map_err(not_loaded)?;
                let Spooling { head, file } = spooling;
                let spooled = Some(file.try_into().map_err(on_disk)?);
                Ok(Response { status, headers, body: head, spooled })
            }
            Some(stored) => {
                self.recording.body(stored, &mut buffer).map_err(not_loaded)?;
                Ok(Response::new(status, headers, buffer))
            }
        }
    }
}

impl Transport for ReplayTransport {
    fn send(&self, request: &Request, buffer: Vec<u8>) -> Result<Response, TransportError> {
        if self.is_interrupted.load(Ordering::SeqCst) {
            return Err(TransportError::new(TransportErrorKind::BrokenOff));
        }
        let exchange = self.recording.next(request).map_err(|absent| match absent {
            Absent::Missing(missing) => TransportError::new(TransportErrorKind::NotRecorded).because(missing),
            Absent::Damaged(error) => damaged(error),
        })?;
        self.clock.advance_to(exchange.ended());
        match exchange.outcome {
            Outcome::Answer { status, headers, body } => {
                self.answer(status, &headers, body.as_ref(), request.expects, buffer)
            }
            Outcome::Fault { kind, cause } => {
                let error = TransportError::new(kind);
                Err(match cause {
                    Some(cause) => error.because(cause),
                    None => error,
                })
            }
        }
    }

    fn interrupt(&self) {
        self.is_interrupted.store(true, Ordering::SeqCst);
    }
}

fn damaged(error: RecordingError) -> TransportError {
    TransportError::new(TransportErrorKind::Unreplayable).because(error)
}

fn on_disk(error: io::Error) -> TransportError {
    TransportError::new(TransportErrorKind::Disk).because(error)
}

fn not_loaded(error: LoadError) -> TransportError {
    match error {
        LoadError::Recording(error) => damaged(error),
        LoadError::Write(error) => on_disk(error),
    }
}

/// A body that goes to disk, while its start stays in memory.
struct Spooling {
    head: Vec<u8>,
    file: std::fs::File,
}

impl Write for Spooling {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        let missing = HEAD.saturating_sub(self.head.len()).min(written);
        self.head.extend_from_slice(&bytes[..missing]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
