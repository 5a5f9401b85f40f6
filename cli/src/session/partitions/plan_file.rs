//! The file of a plan: a header, and a line for each partition.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Seek, Write},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use longhaul_core::{partition::PartitionId, state::checkpoint::Extent, window::Window};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::session::partitions::files::{Summed, sha256};

/// The version of the format that this program writes, and the only one that it reads.
const VERSION: u32 = 1;

/// What the checksum of a plan is while it is summed up.
const UNKNOWN: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// The first line of a plan. It contains no secrets: settings are only there as short fingerprints.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    version: u32,
    /// A fingerprint of the configuration of all streams.
    fingerprint: String,
    /// The SHA-256 of the plan, with zeros in this place. Workers refuse a plan that was changed.
    sha256: String,
    /// The time that relative times refer to.
    pub(crate) now: Timestamp,
    /// The streams, in order.
    pub(crate) streams: Vec<StreamHeader>,
}

/// What a plan says about a stream as a whole.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StreamHeader {
    /// Its name.
    pub(crate) name: String,
    /// How many partitions it has. A plan with fewer lines is cut off.
    pub(crate) partitions: u64,
    /// The sinks that it goes to.
    pub(crate) sinks: Vec<String>,
    /// The range of time, resolved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) range: Option<Window>,
    /// How many parents it has, and a sum of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parents: Option<Extent>,
    /// The values of the placeholders that all partitions share.
    pub(crate) placeholders: BTreeMap<String, String>,
    /// Short fingerprints of the settings that define what is pulled. A worker must have the same ones.
    pub(crate) definition: BTreeMap<String, String>,
}

/// A line of a plan: a partition, with all that a worker needs.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Line {
    /// The id. It is that of `{partition}`; in a plan of several streams, the stream's name and a dot come before it.
    pub(crate) id: String,
    /// The stream.
    pub(crate) stream: String,
    /// The slice of time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) window: Option<Window>,
    /// The number of the parent, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parent: Option<u64>,
    /// The values of the parent for placeholders, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) values: Option<Box<RawValue>>,
    /// The fields of the parent that each record gets, as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) add: Option<Box<RawValue>>,
}

impl Header {
    /// The header of a plan of these streams.
    pub(crate) fn new(now: Timestamp, streams: Vec<StreamHeader>) -> Self {
        let definitions: Vec<_> = streams.iter().map(|stream| (&stream.name, &stream.definition)).collect();
        // Maps of texts can always be serialized.
        let fingerprint = sha256(&serde_json::to_vec(&definitions).unwrap_or_default())[..32].to_owned();
        Self { version: VERSION, fingerprint, sha256: UNKNOWN.to_owned(), now, streams }
    }

    /// The same without its checksum, so that it can be written again.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn unsealed(self) -> Self {
        Self { sha256: UNKNOWN.to_owned(), ..self }
    }

    /// How many partitions the plan has. A plan that was changed may have any number.
    pub(crate) fn partitions(&self) -> u64 {
        self.streams.iter().fold(0, |sum, stream| sum.saturating_add(stream.partitions))
    }

    /// The id of a partition of the stream `name` in this plan.
    pub(crate) fn id_of(&self, name: &str, partition: PartitionId) -> String {
        let id = partition.in_file_names();
        if self.streams.len() == 1 { id } else { format!("{name}.{id}") }
    }
}

impl Line {
    /// Which partition of its stream it is.
    pub(crate) fn partition(&self) -> PartitionId {
        PartitionId { parent: self.parent, window: self.window }
    }
}

/// Writes `value` as one line.
pub(crate) fn write_line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

/// Writes a plan to a new file: the header, and what `lines` writes. The checksum in the header comes last.
pub(crate) fn write_plan<E: From<io::Error>>(
    file: &File,
    header: &mut Header,
    lines: impl FnOnce(&Header, &mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let mut out = Summed::new(BufWriter::with_capacity(1 << 16, file));
    write_line(&mut out, header)?;
    lines(header, &mut out)?;
    let (mut out, sha256) = out.finish();
    header.sha256 = sha256;
    out.rewind()?;
    write_line(&mut out, header)?;
    Ok(out.flush()?)
}

/// Why a plan cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlanError {
    /// The file cannot be read.
    #[error("cannot read the plan `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// A line is not what `plan` writes.
    #[error("line {line} of `{}` is not from a plan of this version of longhaul", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: u64,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Lines are missing, or were added.
    #[error("the plan `{}` has {found} of its {planned} partitions", path.display())]
    Incomplete {
        /// The file.
        path: PathBuf,
        /// How many lines it has.
        found: u64,
        /// How many it should have.
        planned: u64,
    },
    /// Its checksum is another one.
    #[error("the plan `{}` has been changed since it was written", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
}

/// A plan, checked to be complete.
#[derive(Debug)]
pub(crate) struct PlanFile {
    path: PathBuf,
    /// The first line.
    pub(crate) header: Header,
    /// Tells this plan from others.
    pub(crate) id: String,
}

impl PlanFile {
    /// Opens the plan at `path`.
    pub(crate) fn open(path: &Path) -> Result<Self, PlanError> {
        let unreadable = |source| PlanError::Unreadable { path: path.to_owned(), source };
        let mut lines = BufReader::with_capacity(1 << 16, File::open(path).map_err(unreadable)?);
        let mut line = Vec::new();
        lines.read_until(b'\n', &mut line).map_err(unreadable)?;
        let header: Header = parse(path, 1, &line)?;
        if header.version != VERSION {
            let source = serde::de::Error::custom(format!("version {}", header.version));
            return Err(PlanError::Foreign { path: path.to_owned(), line: 1, source });
        }
        let id = sha256(&line)[..16].to_owned();
        let mut sum = Summed::new(io::sink());
        let unsummed = String::from_utf8_lossy(&line).replacen(&header.sha256, UNKNOWN, 1);
        sum.write_all(unsummed.as_bytes()).map_err(unreadable)?;
        let (mut found, planned) = (0, header.partitions());
        loop {
            line.clear();
            let read = lines.read_until(b'\n', &mut line).map_err(unreadable)?;
            // A last line without its end was cut off.
            if read == 0 || line.last() != Some(&b'\n') {
                break;
            }
            sum.write_all(&line).map_err(unreadable)?;
            found += 1;
        }
        if found != planned {
            return Err(PlanError::Incomplete { path: path.to_owned(), found, planned });
        }
        if sum.finish().1 != header.sha256 {
            return Err(PlanError::Changed { path: path.to_owned() });
        }
        Ok(Self { path: path.to_owned(), header, id })
    }

    /// The partitions, in order.
    pub(crate) fn lines(&self) -> Result<impl Iterator<Item = Result<Line, PlanError>> + '_, PlanError> {
        let unreadable = |source| PlanError::Unreadable { path: self.path.clone(), source };
        let file = File::open(&self.path).map_err(unreadable)?;
        let lines = BufReader::with_capacity(1 << 16, file).split(b'\n').zip(1..).skip(1);
        Ok(lines.map(move |(line, number)| parse(&self.path, number, &line.map_err(unreadable)?)))
    }
}

fn parse<'l, T: Deserialize<'l>>(path: &Path, line: u64, text: &'l [u8]) -> Result<T, PlanError> {
    serde_json::from_slice(text).map_err(|source| PlanError::Foreign { path: path.to_owned(), line, source })
}
