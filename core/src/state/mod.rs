//! The state of each stream, which is saved from one run to the next.

pub mod checkpoint;
mod copy;
mod disk_storage;
mod error;
mod file;
mod first_pages;
mod journal;
mod known_parents;
mod object_storage;
mod parents;
mod pull_state;
mod start;
mod storage;
mod summary;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::checkpoint::{Checkpoint, Earlier, Extent, Stage};
pub use self::{
    error::{Damage, StateError},
    file::StateFile,
    first_pages::FirstPages,
    journal::Slot,
    known_parents::KnownParents,
    parents::{Parent, Parents},
    pull_state::PullState,
    start::{Continuation, Reached, Start},
    summary::{Finding, Summary},
};
use crate::{fingerprint, listing::end::Had, window::Window};

/// The state of a stream.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Everything before this time has been pulled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watermark: Option<Timestamp>,
    /// What complete pulls have reached, if the next one starts at a value, link or cursor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<Reached>,
    /// The parents of the pull that reached it, if it had any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parents: Option<KnownParents>,
    /// The last complete pull.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complete: Option<Complete>,
    /// The pull that was started and is not complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfinished: Option<Unfinished>,
}

/// A complete pull.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Complete {
    /// When it was completed.
    pub at: Timestamp,
    /// What was pulled.
    pub summary: Summary,
    /// The range of time that was divided into windows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Window>,
    /// What its pages had, and those of earlier pulls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<KnownPages>,
    /// The keys of its records, if the next pull drops those that have not changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Keys>,
    /// What defined it, as in [`Unfinished::definition`], if the next pull starts where this one ended.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub definition: BTreeMap<String, String>,
}

/// Which values the pages of complete pulls had.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KnownPages {
    /// The values.
    pub had: Had,
    /// A fingerprint of what decides how the pages look. This is not used for pages that are requested or read otherwise.
    pub definition: String,
}

/// The keys of the records of a complete pull, in a journal.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// Which journal.
    pub file: Slot,
    /// Its extent.
    pub extent: Extent,
    /// A fingerprint of what defined the records. The keys are not used for a pull of another definition.
    pub definition: String,
    /// The end of the last window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// A pull that was started and is not complete.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Unfinished {
    /// When it was started.
    #[serde(rename = "begun")]
    pub started: Timestamp,
    /// When the checkpoint was saved.
    pub saved: Timestamp,
    /// Short fingerprints of what defines the pull. It cannot be resumed if they have changed.
    pub definition: BTreeMap<String, String>,
    /// A fingerprint of what decides how the pages look.
    #[serde(default)]
    pub pages: String,
    /// The values of the placeholders.
    pub placeholders: BTreeMap<String, String>,
    /// The range of time that is divided into windows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Window>,
    /// The watermark once the pull is complete, if the stream is incremental.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watermark: Option<Timestamp>,
    /// The extent of the keys of the last complete pull, if records that have not changed since then are dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Extent>,
    /// How the pull continues where the last one ended, at a value, link or cursor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continuation: Option<Continuation>,
    /// The parents of its partitions, if the stream has parents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parents: Option<Extent>,
    /// The command that resumes the pull, if it is not the usual one of the stream.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// How far the pull is.
    pub checkpoint: Checkpoint,
}

/// A short fingerprint of a text, for [`Unfinished::definition`]. It shows that a text has changed, but is too short to
/// reveal the text.
pub fn fingerprint(text: &str) -> String {
    format!("{:08x}", fingerprint::fingerprint(text.as_bytes()) & 0xffff_ffff)
}

impl State {
    /// The state of a stream whose next pull starts at the beginning.
    #[must_use]
    pub fn from_the_beginning(self) -> Self {
        let complete = self.complete.map(|complete| Complete { keys: None, ..complete });
        Self { watermark: None, reached: None, parents: None, complete, unfinished: self.unfinished }
    }

    /// Whether the unfinished pull is being discarded. Then it must not be resumed.
    pub fn is_discarding(&self) -> bool {
        self.unfinished.as_ref().is_some_and(|pull| pull.checkpoint.stage == Stage::Discarding)
    }

    /// Which values the pages of complete pulls had, if these were pages of this definition.
    pub fn had(&self, definition: &str) -> Had {
        let pages = self.complete.as_ref().and_then(|complete| complete.pages.as_ref());
        pages
            .filter(|pages| pages.definition == definition)
            .map(|pages| pages.had.clone())
            .unwrap_or_default()
    }
}

impl Unfinished {
    /// What the pull needs of earlier ones, whose pages had `had`.
    pub fn earlier(&self, had: Had) -> Earlier {
        let Continuation { start, first, reached, .. } = self.continuation.clone().unwrap_or_default();
        Earlier { keys: self.earlier, had, start, first, reached, until: Some(self.started) }
    }

    /// What defines it, if the next pull starts where this one ends.
    fn incremental_definition(&self) -> BTreeMap<String, String> {
        let is_incremental = self.continuation.is_some() || self.watermark.is_some();
        if is_incremental { self.definition.clone() } else { BTreeMap::new() }
    }

    /// A fingerprint of what defines the records of the pull, whatever their range of time.
    pub fn fingerprint_of_records(&self) -> String {
        let is_of_range = |key: &str| key.starts_with("streams.") && key.split('.').nth(2) == Some("window");
        let definition = self.definition.iter().filter(|(key, _)| !is_of_range(key));
        let lines = definition.map(|(key, value)| format!("{key} {value}\n"));
        fingerprint(&lines.collect::<String>())
    }

    /// The names whose values differ in `definition`, in order.
    pub fn differences<'d>(&'d self, definition: &'d BTreeMap<String, String>) -> Vec<&'d str> {
        let all: BTreeMap<_, _> = self.definition.iter().chain(definition).collect();
        let differs = |name: &&String| self.definition.get(*name) != definition.get(*name);
        all.into_keys().filter(differs).map(String::as_str).collect()
    }
}
