//! The outcome of a pull.

use std::{fs, path::Path, time::Duration};

use indicatif::DecimalBytes;
use jiff::Timestamp;
use longhaul_core::state::Summary;

use crate::{
    exit::Exit,
    session::{Session, plan::Planned},
    terminal::{
        numbers::{counted, duration},
        times::shown,
    },
};

/// The outcome of a pull.
#[derive(Debug)]
pub(in crate::commands) struct Outcome {
    /// The stream's name.
    pub(in crate::commands) stream: String,
    /// The id of the pull, which its state has.
    pub(in crate::commands) pull: String,
    /// Where the records are, for people.
    pub(in crate::commands) destinations: Vec<String>,
    /// What was pulled, including by earlier runs of the same pull.
    pub(in crate::commands) summary: Summary,
    /// How long this run took.
    pub(in crate::commands) took: Duration,
    /// Why the pull is not complete, and the exit code.
    pub(in crate::commands) error: Option<(String, Exit)>,
    /// Whether the same command resumes the pull.
    pub(in crate::commands) resumable: bool,
    /// Whether `--limit` ended the pull, so that it is a sample.
    pub(in crate::commands) is_sample: bool,
}

impl Outcome {
    /// Nothing was pulled.
    pub(in crate::commands) fn unchanged(planned: &Planned<'_>) -> Self {
        let (pull, destinations) = (planned.id.clone(), planned.destinations.clone());
        Self { pull, destinations, ..Self::of(planned.name) }
    }

    /// Nothing was pulled of the stream `name` so far.
    pub(in crate::commands) fn of(name: &str) -> Self {
        Self {
            stream: name.to_owned(),
            pull: name.to_owned(),
            destinations: Vec::new(),
            summary: Summary::default(),
            took: Duration::ZERO,
            error: None,
            resumable: false,
            is_sample: false,
        }
    }
}

/// Where the records are. On a terminal, files of the working folder are shown without it, and with their sizes.
pub(super) fn destinations(session: &Session, planned: &Planned<'_>) -> String {
    if !session.screen.is_terminal() {
        return planned.destinations.join(", ");
    }
    let shown = planned.destinations.iter().map(|destination| {
        let path = Path::new(destination);
        let path = path.strip_prefix(&session.folder).unwrap_or(path).display();
        match fs::metadata(destination).ok().filter(fs::Metadata::is_file) {
            Some(file) => format!("{path} ({})", DecimalBytes(file.len())),
            None => path.to_string(),
        }
    });
    shown.collect::<Vec<_>>().join(", ")
}

/// How a stream was pulled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Pulled {
    /// To its end.
    Complete,
    /// It was complete already in the run that this command resumes.
    Before,
    /// There is nothing new.
    NothingNew,
    /// Not at all, because the stream of its parents failed with this exit code.
    Not(Exit),
}

/// What is printed about a pull with a limit, which may have left records out.
pub(super) fn sample(name: &str, to: &str, summary: &Summary, took: Duration, limit: u64) -> String {
    if summary.records < limit {
        return complete(name, to, summary, took);
    }
    let time = duration(took);
    let (records, pages) = (counted(summary.records, "record"), counted(summary.pages, "page"));
    format!(
        "{name}: not complete, a sample of {records} from {pages}, as --limit {limit} says, {time} -> {to}"
    )
}

/// What is printed about a complete pull.
pub(super) fn complete(name: &str, to: &str, summary: &Summary, took: Duration) -> String {
    let Summary { records, pages, repeated, unchanged, windows, partitions, .. } = *summary;
    let of_windows = match (partitions, windows) {
        (0, 0) => String::new(),
        (0, windows) => format!(" of {}", counted(windows, "window")),
        (partitions, _) => format!(" of {}", counted(partitions, "partition")),
    };
    let dropped =
        if repeated > 0 { format!(", {} dropped", counted(repeated, "duplicate")) } else { String::new() };
    let known = if unchanged > 0 {
        format!(", {} left out as unchanged", counted(unchanged, "record"))
    } else {
        String::new()
    };
    let left_out = if summary.filtered > 0 {
        format!(", {} left out", counted(summary.filtered, "record"))
    } else {
        String::new()
    };
    let time = duration(took);
    let (records, pages) = (counted(records, "record"), counted(pages, "page"));
    format!("{name}: complete, {records} in {pages}{of_windows}{dropped}{known}{left_out}, {time} -> {to}")
}

/// Says why there is nothing to pull. Everything before `watermark` was pulled.
pub(super) fn nothing_new(name: &str, watermark: Option<Timestamp>) -> String {
    match watermark {
        Some(watermark) => format!("{name}: nothing new: everything before {} was pulled", shown(watermark)),
        None => format!("{name}: nothing to pull: the API does not have this data yet"),
    }
}
