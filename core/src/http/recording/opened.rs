//! A recording, to replay.

use std::{
    collections::{HashMap, VecDeque},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{
    body::{Bodies, LoadError},
    error::RecordingError,
    exchange::{Exchange, Key, StoredBody, StoredRequest},
    lines::{Line, Reader},
    manifest::{Manifest, Recorded},
    missing::Missing,
    recorder::state_folder,
    redaction::Redaction,
};
use crate::http::{request::Request, secret::Secrets};

/// A recording that is being replayed: each exchange is used once. Shared by all threads of a run.
#[derive(Debug)]
pub struct Recording {
    folder: PathBuf,
    manifest: Manifest,
    bodies: Bodies,
    lines: Reader,
    redaction: Redaction,
    /// The exchanges that are left, by their requests, in the order of the recording.
    left: Mutex<HashMap<Key, Occurrences>>,
    count: u64,
}

#[derive(Debug, Default)]
struct Occurrences {
    lines: VecDeque<(Line, Token)>,
    used: u64,
}

/// What the outcome says about the token of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Token {
    /// It had been accepted before, or is accepted by this outcome, or is the first one.
    Known,
    /// It came from a renewal, and no request had succeeded with it yet.
    Unproved,
}

impl Recording {
    /// Opens the recording in `folder`, and checks all its requests. The bodies are checked when they are read. `secrets` are
    /// those of the replay.
    pub fn open(folder: &Path, secrets: Secrets) -> Result<Self, RecordingError> {
        let manifest = Manifest::read(folder)?;
        let mut left: HashMap<Key, Occurrences> = HashMap::new();
        let mut proved = 1;
        let (lines, end) = Reader::open(folder, |line, exchange| {
            let token = exchange.request.token;
            if exchange.is_success() {
                proved = token.max(proved);
            }
            let is_unproved = token > proved && !exchange.is_redirect();
            let token = if is_unproved { Token::Unproved } else { Token::Known };
            left.entry(exchange.request.key()).or_default().lines.push_back((line, token));
        })?;
        if let Some(ended) = &manifest.ended
            && (ended.exchanges, &ended.check) != (end.count, &end.check)
        {
            let problem = if end.count < ended.exchanges { "is cut off" } else { "was changed" };
            return Err(RecordingError::Damaged { path: lines.path().to_owned(), problem });
        }
        Ok(Self {
            folder: folder.to_owned(),
            bodies: Bodies::of(folder),
            lines,
            redaction: Redaction::new(secrets),
            left: Mutex::new(left),
            count: end.count,
            manifest,
        })
    }

    /// The recorded run.
    pub fn run(&self) -> &Recorded {
        &self.manifest.run
    }

    /// Whether the recorded run ended by itself. Otherwise it was killed.
    pub fn is_complete(&self) -> bool {
        self.manifest.ended.is_some()
    }

    /// The number of exchanges.
    pub fn exchanges(&self) -> u64 {
        self.count
    }

    /// The folder with what was saved of the streams when the run started.
    pub fn state_folder(&self) -> PathBuf {
        state_folder(&self.folder)
    }

    /// Whether the API refuses `request` next, and its token is a renewed one that was never accepted. So it is final.
    pub(crate) fn refuses_renewed_token(&self, request: &Request) -> bool {
        let key = StoredRequest::new(request, &self.redaction).key();
        let left = self.left();
        let next = left.get(&key).and_then(|occurrences| occurrences.lines.front());
        next.is_some_and(|(_, token)| *token == Token::Unproved)
    }

    /// The next exchange of `request`.
    pub(super) fn next(&self, request: &Request) -> Result<Exchange, Absent> {
        let request = StoredRequest::new(request, &self.redaction);
        let (line, used) = {
            let mut left = self.left();
            let occurrences = left.entry(request.key()).or_default();
            let line = occurrences.lines.pop_front();
            occurrences.used += u64::from(line.is_some());
            (line, occurrences.used)
        };
        match line {
            Some((line, _)) => self.lines.read(line).map_err(Absent::Damaged),
            None => Err(Absent::Missing(self.missing(&request, used))),
        }
    }

    pub(super) fn body(&self, stored: &StoredBody, into: &mut dyn std::io::Write) -> Result<(), LoadError> {
        self.bodies.load(stored, into)
    }

    pub(super) fn lines(&self) -> &Reader {
        &self.lines
    }

    /// Says what is missing, and what the recording has instead.
    fn missing(&self, request: &StoredRequest, used: u64) -> Missing {
        let mut missing = Missing::new(request, used);
        // It was read before, so it is as good as it was.
        let _ = Reader::open(&self.folder, |_, exchange| missing.compare(request, &exchange.request));
        missing
    }

    fn left(&self) -> MutexGuard<'_, HashMap<Key, Occurrences>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a recording has no exchange of a request.
#[derive(Debug)]
pub(super) enum Absent {
    Missing(Missing),
    Damaged(RecordingError),
}
