//! How far a pull is, in a form that can be saved.
//!
//! A [`Checkpoint`] has the position of every sink and, for every partition, the page that is next. It is saved only
//! after the sinks have committed. A crash in between repeats pages instead of losing them, and each sink rolls back to
//! its receipt, so no record is written twice.

mod own_files;
mod totals;

use std::{collections::BTreeMap, fmt::Debug, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use self::own_files::OwnFiles;
use crate::{
    bookmark::Bookmark,
    listing::{
        end::Had,
        position::{Progress, is_zero},
    },
    partition::PartitionId,
    sink::{Mark, Receipt},
    state::{Start, StateError, Summary},
};

/// Stores the checkpoints of one pull.
///
/// # Contract
/// The engine calls [`confirm`](Self::confirm) before it opens the sinks where a checkpoint says. Later it calls
/// [`extend`](Self::extend) first and [`save`](Self::save) second, from one thread at a time. After an `Err` the pull fails,
/// and the last saved checkpoint still holds.
pub trait CheckpointStore: Debug + Sync {
    /// Makes what an earlier run saved durable, if that run was killed before it was. Otherwise a power cut could bring an
    /// older checkpoint back after the sinks were opened where the newer one says.
    fn confirm(&self) -> Result<(), StateError>;

    /// Replaces the checkpoint, completely or not at all. It is durable when this returns.
    fn save(&self, checkpoint: &Checkpoint) -> Result<(), StateError>;

    /// Writes `entries` to the journal after the first `after`, over whatever is there. They are durable when this returns.
    fn extend(&self, journal: Journal, after: &Extent, entries: &[u128]) -> Result<(), StateError>;

    /// Reads the part of the journal that `extent` describes.
    fn read(&self, journal: Journal, extent: &Extent) -> Result<Vec<u128>, StateError>;
}

/// What is stored beside the checkpoint because it grows with the pull.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Journal {
    /// The fingerprints of pages, to notice a listing that repeats: 16 bytes per page.
    Pages,
    /// The records by whose keys duplicates are dropped: 16 bytes per key.
    Keys,
    /// The same of the last complete pull. It is only read.
    EarlierKeys,
    /// Where the own files of complete partitions stood before them: a few hundred bytes per partition.
    Ended,
    /// The numbers of the parents that were left out, if the next pull starts at a value: 16 bytes per parent.
    LeftOut,
}

/// How the progress of a pull is saved, so that a later run can resume.
#[derive(Clone, Debug)]
pub struct Checkpointing<'a> {
    /// Where checkpoints are stored.
    pub store: &'a dyn CheckpointStore,
    /// Where an earlier run stopped.
    pub from: Option<Checkpoint>,
    /// What earlier pulls of the stream left.
    pub earlier: Earlier,
    /// The time between checkpoints, at least: slow ones are further apart. Zero saves one after each page.
    pub every: Duration,
}

/// What a pull needs of earlier ones of the same stream.
#[derive(Clone, Debug, Default)]
pub struct Earlier {
    /// The extent of [`Journal::EarlierKeys`], if records that have not changed since the last complete pull are dropped.
    /// The sinks must still have those.
    pub keys: Option<Extent>,
    /// Which values the pages had.
    pub had: Had,
    /// Where this pull starts, if not at the beginning.
    pub start: Option<Start>,
    /// Where the children of a parent start that the last complete pull did not have, if not at the beginning.
    pub first: Option<Start>,
    /// What the last complete pull reached.
    pub reached: Option<Start>,
    /// When this pull started. Later times are not reached by it, unless records are sent in order.
    pub until: Option<Timestamp>,
}

/// How far a pull is.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// What is left to do.
    pub stage: Stage,
    /// The totals of the complete partitions.
    pub complete: Summary,
    /// How many of the pull's partitions are complete or in `partitions`. A window counts once, even if it was halved.
    pub taken: u64,
    /// The partitions that were started and are not complete, in order.
    #[serde(rename = "parts")]
    pub partitions: Vec<PartitionProgress>,
    /// The submitted jobs of partitions that are not complete.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<SubmittedJob>,
    /// Where the sinks stand that take the records of all partitions.
    pub sinks: Option<Position>,
    /// Where those sinks stood before the first page.
    pub sinks_before: Option<Position>,
    /// The extent of [`Journal::Pages`].
    pub pages: Extent,
    /// The extent of [`Journal::Keys`].
    pub keys: Extent,
    /// The extent of [`Journal::Ended`].
    #[serde(default, skip_serializing_if = "Extent::is_empty")]
    pub ended: Extent,
    /// The extent of [`Journal::LeftOut`].
    #[serde(default, skip_serializing_if = "Extent::is_empty")]
    pub left_out: Extent,
    /// Which values the pages of the pull have had so far.
    #[serde(default, skip_serializing_if = "Had::is_nothing")]
    pub had: Had,
    /// What the complete partitions and the last complete pull have reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<Start>,
    /// A value that cannot be compared with the one reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incomparable: Option<Bookmark>,
}

/// What is left to do for a pull.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Pages are left to pull.
    #[default]
    Pulling,
    /// Every page is durable in every sink. Some sinks may have published their records.
    Finishing,
    /// The sinks are being rolled back to where the pull started. It must not be resumed: files of complete partitions may be
    /// rolled back already, and nothing would notice that.
    Discarding,
}

/// How far a partition is.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PartitionProgress {
    /// Which partition it is.
    #[serde(default, rename = "partition", skip_serializing_if = "PartitionId::is_whole")]
    pub id: PartitionId,
    /// The page that is next, and the totals of the pages before it.
    #[serde(default)]
    pub listing: Progress,
    /// The job whose results are pulled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// How often the partition was restarted.
    #[serde(default, rename = "anew")]
    pub restarts: u64,
    /// How many records were written.
    #[serde(default)]
    pub written: u64,
    /// How many duplicates were dropped.
    #[serde(default)]
    pub repeated: u64,
    /// How many records were dropped, because they have not changed since the last complete pull.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unchanged: u64,
    /// How many records had no key.
    #[serde(default)]
    pub without_key: u64,
    /// How many records did not match the conditions of the stream.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub filtered: u64,
    /// The fingerprint of its first page with records, if those differ from one another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_page: Option<u64>,
    /// What its records have reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<Bookmark>,
    /// How much of the partition waits in its spool, in bytes. None of its pages are in the sinks then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spool: Option<u64>,
    /// Where the partition's own sinks stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sinks: Option<Position>,
    /// Where those sinks stood before the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sinks_before: Option<Position>,
    /// Where everything else stood before the first page, if the partition may have to be rolled back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Before>,
}

/// Where shared things stood before the first page of a partition.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// Where the sinks stood that take the records of all partitions.
    pub sinks: Position,
    /// The extent of [`Journal::Keys`].
    pub keys: Extent,
}

/// A submitted job.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SubmittedJob {
    /// Its partition.
    #[serde(default, skip_serializing_if = "PartitionId::is_whole")]
    pub partition: PartitionId,
    /// Its id.
    pub id: String,
}

/// Where sinks stood at a commit. They have received the same pages.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// How many pages they had received.
    pub mark: Mark,
    /// The receipt of each sink, by its name.
    pub receipts: BTreeMap<String, Receipt>,
    /// Which pages follow.
    #[serde(default, rename = "sequel")]
    pub following: Following,
}

/// Which pages follow a [`Position`] when a pull continues from there.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub enum Following {
    /// The same pages as before. A sink that has some of them does not receive those again.
    #[default]
    #[serde(rename = "the_same")]
    SamePages,
    /// Other pages: the window is pulled again in halves, or from another job.
    #[serde(rename = "another")]
    OtherPages,
}

/// How long a journal is, and a sum that shows that it is undamaged.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Extent {
    /// The number of entries.
    pub entries: u64,
    /// The sum of all entries.
    #[serde(with = "hex")]
    pub sum: u128,
}

impl Extent {
    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// The extent with these entries added.
    #[must_use]
    pub fn and(self, entries: &[u128]) -> Self {
        Self {
            entries: self.entries + entries.len() as u64,
            sum: entries.iter().fold(self.sum, |sum, entry| sum.wrapping_add(*entry)),
        }
    }
}

impl Checkpoint {
    /// What has been pulled so far, including unfinished partitions.
    pub fn so_far(&self) -> Summary {
        self.partitions.iter().fold(self.complete.clone(), |sum, partition| Summary {
            records: sum.records
                + if partition.spool.is_some() { partition.listing.records } else { partition.written },
            pages: sum.pages + partition.listing.pages,
            repeated: sum.repeated + partition.repeated,
            unchanged: sum.unchanged + partition.unchanged,
            ..sum
        })
    }

    /// Whether nothing was pulled yet, so nothing is lost without this checkpoint.
    pub fn is_blank(&self) -> bool {
        self.so_far().pages == 0 && self.complete.windows == 0 && self.complete.partitions == 0
    }

    /// How many keys will not be rolled back.
    pub(crate) fn settled_keys(&self) -> u64 {
        let before = self.partitions.iter().filter_map(|partition| partition.before.as_ref());
        before.map(|before| before.keys.entries).min().unwrap_or(u64::MAX).min(self.keys.entries)
    }

    /// Updates the progress of a partition.
    pub(crate) fn put(&mut self, progress: &PartitionProgress) {
        if let Some(partition) = self.partitions.iter_mut().find(|partition| partition.id == progress.id) {
            partition.clone_from(progress);
        }
    }

    /// Completes a partition.
    pub(crate) fn complete(&mut self, partition: &PartitionProgress) {
        partition.add_complete_to(&mut self.complete);
        self.partitions.retain(|other| other.id != partition.id);
        self.forget_job(partition.id);
    }

    /// Leaves a partition out, after it was rolled back.
    pub(crate) fn skip(&mut self, id: PartitionId) {
        self.complete.skipped += 1;
        self.partitions.retain(|other| other.id != id);
        self.forget_job(id);
    }

    /// Restarts a partition whose written records stay, unless it is left out later.
    pub(crate) fn restart(&mut self, partition: &PartitionProgress) {
        self.complete.pages += partition.listing.pages;
        self.put(&PartitionProgress {
            restarts: partition.restarts + 1,
            written: partition.written,
            repeated: partition.repeated,
            unchanged: partition.unchanged,
            before: partition.before.clone(),
            ..PartitionProgress::of(partition.id)
        });
        self.forget_job(partition.id);
    }

    /// Replaces a partition by the halves of its window.
    pub(crate) fn split(&mut self, id: PartitionId, halves: [PartitionId; 2]) {
        if let Some(index) = self.partitions.iter().position(|partition| partition.id == id) {
            let replaced = self.partitions.splice(index..=index, halves.map(PartitionProgress::of));
            // The records that stay count, but pages that waited do not.
            replaced.for_each(|partition| partition.add_written_to(&mut self.complete));
        }
        self.forget_job(id);
    }

    pub(crate) fn forget_job(&mut self, partition: PartitionId) {
        self.jobs.retain(|job| job.partition != partition);
    }
}

impl PartitionProgress {
    /// A partition that has no pages yet.
    pub(crate) fn of(id: impl Into<PartitionId>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }
}

impl Position {
    /// The same position, followed by other pages than before.
    #[must_use]
    pub(crate) fn before_other_pages(self) -> Self {
        Self { following: Following::OtherPages, ..self }
    }
}

/// Sums as text, because they are too large for numbers in JSON.
mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(sum: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{sum:032x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        u128::from_str_radix(&String::deserialize(deserializer)?, 16).map_err(D::Error::custom)
    }
}
