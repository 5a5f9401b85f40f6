//! What is remembered of a stream from one run to the next.

pub mod checkpoint;
mod error;
mod file;
mod journal;
mod pull_state;
mod summary;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::checkpoint::Checkpoint;
pub use self::{error::StateError, file::StateFile, pull_state::PullState, summary::Summary};
use crate::{fingerprint, window::Window};

/// What is remembered of a stream.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Everything before this time has been pulled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watermark: Option<Timestamp>,
    /// The last complete pull.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complete: Option<Complete>,
    /// The pull that was begun and is not complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfinished: Option<Unfinished>,
}

/// A complete pull.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Complete {
    /// When it was complete.
    pub at: Timestamp,
    /// What it came to.
    pub summary: Summary,
}

/// A pull that was begun and is not complete.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Unfinished {
    /// When it was begun.
    pub begun: Timestamp,
    /// When the checkpoint was saved.
    pub saved: Timestamp,
    /// What defines it, as short fingerprints: of another definition it cannot be taken up.
    pub definition: BTreeMap<String, String>,
    /// What the placeholders stand for.
    pub placeholders: BTreeMap<String, String>,
    /// The range of time that its windows are cut from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Window>,
    /// Up to where everything is pulled once it is complete, where that is to be remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watermark: Option<Timestamp>,
    /// How far it has come.
    pub checkpoint: Checkpoint,
}

/// A short fingerprint of the text, for [`Unfinished::definition`]: too short to tell anything about a long text but that
/// it is another one.
pub fn fingerprint(text: &str) -> String {
    format!("{:08x}", fingerprint::fingerprint(text.as_bytes()) & 0xffff_ffff)
}

impl Unfinished {
    /// The names of what is defined otherwise in `definition`, in order.
    pub fn differences<'d>(&'d self, definition: &'d BTreeMap<String, String>) -> Vec<&'d str> {
        let all: BTreeMap<_, _> = self.definition.iter().chain(definition).collect();
        let differs = |name: &&String| self.definition.get(*name) != definition.get(*name);
        all.into_keys().filter(differs).map(String::as_str).collect()
    }
}
