//! The file with the exchanges of a recording: one per line, each with a check of it and all lines before it.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{error::RecordingError, exchange::Exchange};
use crate::fingerprint::fingerprint;

const NAME: &str = "exchanges.ndjson";

/// Writes the lines.
#[derive(Debug)]
pub(super) struct Writer {
    file: File,
    /// The check of the last line.
    pub(super) check: String,
    /// How many lines there are.
    pub(super) count: u64,
}

#[derive(Serialize)]
struct Written<'a> {
    check: &'a str,
    exchange: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Found<'a> {
    check: String,
    #[serde(borrow)]
    exchange: &'a RawValue,
}

impl Writer {
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        let mut options = File::options();
        options.create_new(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self { file: options.open(folder.join(NAME))?, check: String::new(), count: 0 })
    }

    /// Adds a line, in one write: a run that is killed leaves all of it or nothing.
    pub(super) fn add(&mut self, exchange: &Exchange) -> io::Result<()> {
        let exchange = serde_json::value::to_raw_value(exchange)?;
        let check = check(&self.check, &exchange);
        let mut line = serde_json::to_vec(&Written { check: &check, exchange: &exchange })?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        (self.check, self.count) = (check, self.count + 1);
        Ok(())
    }
}

fn check(before: &str, exchange: &RawValue) -> String {
    format!("{:032x}", fingerprint(format!("{before} {}", exchange.get()).as_bytes()))
}

/// Where a line is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    start: u64,
    length: usize,
}

/// The lines of a recording, all checked.
#[derive(Debug)]
pub(super) struct Reader {
    path: PathBuf,
    file: Mutex<File>,
}

/// What is at the end of the lines.
#[derive(Debug)]
pub(super) struct End {
    pub(super) check: String,
    pub(super) count: u64,
}

impl Reader {
    /// Reads and checks all lines, and passes each to `visit`.
    pub(super) fn open(
        folder: &Path,
        mut visit: impl FnMut(Line, Exchange),
    ) -> Result<(Self, End), RecordingError> {
        let path = folder.join(NAME);
        let unreadable = |source| RecordingError::Unreadable { path: path.clone(), source };
        let damaged = |problem| RecordingError::Damaged { path: path.clone(), problem };
        let file = File::open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => damaged("is missing"),
            _ => unreadable(error),
        })?;
        let mut lines = BufReader::new(file);
        let (mut text, mut end) = (Vec::new(), End { check: String::new(), count: 0 });
        let mut start = 0;
        loop {
            text.clear();
            let length = lines.read_until(b'\n', &mut text).map_err(unreadable)?;
            if length == 0 {
                break;
            }
            if text.last() != Some(&b'\n') {
                return Err(damaged("is cut off"));
            }
            let found: Found<'_> = serde_json::from_slice(&text).map_err(|_| damaged("was changed"))?;
            if check(&end.check, found.exchange) != found.check {
                return Err(damaged("was changed"));
            }
            let exchange = serde_json::from_str(found.exchange.get()).map_err(|_| damaged("was changed"))?;
            visit(Line { start, length }, exchange);
            end = End { check: found.check, count: end.count + 1 };
            start += length as u64;
        }
        let file = Mutex::new(lines.into_inner());
        Ok((Self { path, file }, end))
    }

    /// Reads a line again.
    pub(super) fn read(&self, line: Line) -> Result<Exchange, RecordingError> {
        let mut text = vec![0; line.length];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let read = file.seek(SeekFrom::Start(line.start)).and_then(|_| file.read_exact(&mut text));
        read.map_err(|source| RecordingError::Unreadable { path: self.path.clone(), source })?;
        let changed = || RecordingError::Damaged { path: self.path.clone(), problem: "was changed" };
        let found: Found<'_> = serde_json::from_slice(&text).map_err(|_| changed())?;
        serde_json::from_str(found.exchange.get()).map_err(|_| changed())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}
