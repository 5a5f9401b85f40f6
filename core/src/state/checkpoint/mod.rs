//! How far a pull has come, in a form that outlives the process.
//!
//! A [`Checkpoint`] says of every sink what was committed to it, and of every part of the pull which page comes next.
//! It is saved only after the sinks have committed: whatever happens in between, pages are pulled again rather than
//! lost, and each sink goes back to the receipt, so that none is there twice.

mod own_files;

use std::{collections::BTreeMap, fmt::Debug, time::Duration};

use serde::{Deserialize, Serialize};

pub(crate) use self::own_files::OwnFiles;
use crate::{
    listing::position::Progress,
    sink::{Mark, Receipt},
    state::{StateError, Summary},
    window::Window,
};

/// Keeps the checkpoints of one pull.
///
/// # Contract
/// The engine calls [`extend`](Self::extend) first and then [`save`](Self::save), from one thread at a time. After an
/// `Err` the run ends; what was saved before still stands.
pub trait CheckpointStore: Debug + Sync {
    /// Puts `checkpoint` in the place of the last one, whole or not at all. It is durable when this returns.
    fn save(&self, checkpoint: &Checkpoint) -> Result<(), StateError>;

    /// Puts `entries` into the journal behind the first `after`, in the place of whatever is there. They are durable
    /// when this returns.
    fn extend(&self, journal: Journal, after: &Extent, entries: &[u128]) -> Result<(), StateError>;

    /// The first entries of the journal, as many as `extent` says.
    fn read(&self, journal: Journal, extent: &Extent) -> Result<Vec<u128>, StateError>;
}

/// What is kept beside the checkpoint because it grows with the pull.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Journal {
    /// What shows that a listing does not go in circles: 16 bytes for each page.
    Pages,
    /// The keys by which repeated records are dropped: 16 bytes for each.
    Keys,
    /// How the files of complete windows were before them: a few hundred bytes for each.
    Ended,
}

/// How a pull is kept so that it can be taken up again.
#[derive(Clone, Debug)]
pub struct Checkpointing<'a> {
    /// Where its checkpoints go.
    pub store: &'a dyn CheckpointStore,
    /// Where an earlier run of this pull stopped.
    pub from: Option<Checkpoint>,
    /// The time from one checkpoint to the next: what a killed run may have to pull again.
    pub every: Duration,
}

/// How far a pull has come.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// What is still to do.
    pub stage: Stage,
    /// What the complete parts came to.
    pub complete: Summary,
    /// How many of the pull's windows are complete or among `parts`; a pull without windows counts as one.
    pub taken: usize,
    /// The parts that were taken and are not complete, in order.
    pub parts: Vec<PartitionProgress>,
    /// The jobs that were submitted for parts that are not complete.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<SubmittedJob>,
    /// Where the sinks that take every part stand.
    pub sinks: Option<Position>,
    /// Where they stood before the first page.
    pub sinks_before: Option<Position>,
    /// How much there is in [`Journal::Pages`].
    pub pages: Extent,
    /// How much there is in [`Journal::Keys`].
    pub keys: Extent,
    /// How much there is in [`Journal::Ended`].
    #[serde(default, skip_serializing_if = "Extent::is_empty")]
    pub ended: Extent,
}

/// What is still to do for a pull.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// There are pages to come.
    #[default]
    Pulling,
    /// Every page is durable in every sink. Some may have finished, and the others are still to.
    Finishing,
}

/// How far a part has come.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PartitionProgress {
    /// The slice of time; none where the pull has no windows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// Which page comes next, and what the pages before came to.
    #[serde(default)]
    pub listing: Progress,
    /// The job whose results these are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// How often it was begun anew.
    #[serde(default)]
    pub anew: u64,
    /// How many records were written.
    #[serde(default)]
    pub written: u64,
    /// How many were dropped because their key had been written already.
    #[serde(default)]
    pub repeated: u64,
    /// How many had none.
    #[serde(default)]
    pub without_key: u64,
    /// Where the sinks with a file for each window stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sinks: Option<Position>,
    /// Where they stood before the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sinks_before: Option<Position>,
    /// How all else was before its first page, where it may have to go back there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
}

/// How things were before the first page of a part.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// Where the sinks that take every part stood.
    pub sinks: Position,
    /// How many keys there were.
    pub keys: Extent,
}

/// A job that was submitted, and not cancelled.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SubmittedJob {
    /// The window that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// Its name at the API.
    pub id: String,
}

/// Where sinks that take the same pages stood at a commit.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// How many pages they had been given.
    pub mark: Mark,
    /// What each said of itself.
    pub receipts: BTreeMap<String, Receipt>,
    /// What comes after it.
    #[serde(default)]
    pub sequel: Sequel,
}

/// What comes after a [`Position`] when a pull goes on from there.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sequel {
    /// The pages that followed it before. A sink that has some of them already need not be given those.
    #[default]
    TheSame,
    /// Other pages than before: the window is pulled again in halves, or from another job.
    Another,
}

/// How much there is of a journal, and what tells that it is unharmed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Extent {
    /// The number of entries.
    pub entries: u64,
    /// All entries, added up.
    #[serde(with = "hex")]
    pub sum: u128,
}

impl Extent {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// The extent once these entries were added.
    #[must_use]
    pub fn and(self, entries: &[u128]) -> Self {
        Self {
            entries: self.entries + entries.len() as u64,
            sum: entries.iter().fold(self.sum, |sum, entry| sum.wrapping_add(*entry)),
        }
    }
}

impl Checkpoint {
    /// What has been pulled so far, the parts under way included.
    pub fn so_far(&self) -> Summary {
        self.parts.iter().fold(self.complete, |sum, part| Summary {
            records: sum.records + part.written,
            pages: sum.pages + part.listing.pages,
            repeated: sum.repeated + part.repeated,
            ..sum
        })
    }

    /// Whether nothing would have to be pulled again if this were lost.
    pub fn is_blank(&self) -> bool {
        self.so_far().pages == 0 && self.complete.windows == 0
    }

    /// How many keys will not be taken back.
    pub(crate) fn settled_keys(&self) -> u64 {
        let before = self.parts.iter().filter_map(|part| part.before.as_ref());
        before.map(|before| before.keys.entries).min().unwrap_or(u64::MAX).min(self.keys.entries)
    }

    /// Notes how far a part has come.
    pub(crate) fn put(&mut self, progress: &PartitionProgress) {
        if let Some(part) = self.parts.iter_mut().find(|part| part.window == progress.window) {
            part.clone_from(progress);
        }
    }

    /// Notes that a part is complete, and how many records are missing from it.
    pub(crate) fn complete(&mut self, part: &PartitionProgress, missing: u64) {
        self.settle(part);
        self.complete.missing += missing;
        self.complete.windows += u64::from(part.window.is_some());
        self.parts.retain(|other| other.window != part.window);
        self.forget_job(part.window);
    }

    /// Has a part begin anew, of which what was written stays.
    pub(crate) fn restart(&mut self, part: &PartitionProgress) {
        self.settle(part);
        self.put(&PartitionProgress { anew: part.anew + 1, ..PartitionProgress::of(part.window) });
        self.forget_job(part.window);
    }

    /// Counts what stays of a part.
    fn settle(&mut self, part: &PartitionProgress) {
        self.complete.records += part.written;
        self.complete.pages += part.listing.pages;
        self.complete.repeated += part.repeated;
    }

    /// Puts two windows in the place of one.
    pub(crate) fn split(&mut self, window: Window, halves: [Window; 2]) {
        let parts = std::mem::take(&mut self.parts);
        self.parts = parts
            .into_iter()
            .flat_map(|part| {
                if part.window == Some(window) {
                    halves.map(PartitionProgress::of).to_vec()
                } else {
                    vec![part]
                }
            })
            .collect();
        self.forget_job(Some(window));
    }

    pub(crate) fn forget_job(&mut self, window: Option<Window>) {
        self.jobs.retain(|job| job.window != window);
    }
}

impl PartitionProgress {
    /// A part of which nothing has come yet.
    pub(crate) fn of(window: impl Into<Option<Window>>) -> Self {
        Self { window: window.into(), ..Self::default() }
    }
}

impl Position {
    /// The same position, where other pages follow it than before.
    #[must_use]
    pub(crate) fn before_another(self) -> Self {
        Self { sequel: Sequel::Another, ..self }
    }
}

/// Sums are too large for numbers in JSON.
mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(sum: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{sum:032x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        u128::from_str_radix(&String::deserialize(deserializer)?, 16).map_err(D::Error::custom)
    }
}
