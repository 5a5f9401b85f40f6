//! The state of a stream in an object store.
//!
//! One object has the text, and lists the segments of the journals, which are objects of their own. A segment is never
//! overwritten. So the object with the text decides alone what the state is, and it is only replaced if it still is what this
//! run has read or written last. If two runs write the state of one stream, one of them fails.

use std::{
    collections::{BTreeMap, HashSet},
    hash::{BuildHasher, RandomState},
    io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::storage::Storage;
use crate::object_store::{Documents, Expected, StoreError, StoreErrorKind};

/// How long a segment becomes by joining shorter ones.
const LONGEST: u64 = 8 << 20;

/// What a segment starts with, so that no bytes of it look like those of a compressed file.
const HEADER: &[u8] = b"longhaul journal\n";

/// Objects whose keys start with `base` and a dot.
#[derive(Debug)]
pub(super) struct ObjectStorage {
    documents: Arc<dyn Documents>,
    base: String,
    /// The folder with the local files of the pull.
    scratch: String,
    known: Mutex<Known>,
}

/// What this run knows of the objects.
#[derive(Debug, Default)]
struct Known {
    /// What the object with the text was when it was read or written last.
    object: Object,
    /// The folder with the local files of the run that has written it.
    scratch: Option<String>,
    journals: Journals,
    /// Segments that are not needed after the next replacement.
    unneeded: Vec<String>,
    /// Whether what killed runs have left was removed.
    is_swept: bool,
    /// Whether another run has replaced the object. Then it belongs to that run, and this one does not touch it again.
    is_lost: bool,
}

/// The object with the text.
#[derive(Debug, Default)]
enum Object {
    /// It was neither read nor written yet.
    #[default]
    Unread,
    /// There was none.
    Absent,
    /// It had this version.
    Version(String),
}

/// The segments of each journal, in order.
type Journals = BTreeMap<String, Vec<Segment>>;

/// A part of a journal.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Segment {
    key: String,
    /// How many of its bytes belong to the journal.
    length: u64,
}

/// The object, to write.
#[derive(Serialize)]
struct Written<'a> {
    scratch: &'a str,
    journals: &'a Journals,
    state: &'a RawValue,
}

/// The object, as read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Found<'a> {
    scratch: String,
    journals: Journals,
    #[serde(borrow)]
    state: &'a RawValue,
}

impl ObjectStorage {
    /// Objects whose keys start with `base` and a dot. `scratch` names the folder with the local files of the pull.
    pub(super) fn new(documents: Arc<dyn Documents>, base: String, scratch: String) -> Self {
        Self { documents, base, scratch, known: Mutex::default() }
    }

    fn key(&self, ending: &str) -> String {
        format!("{}.{ending}", self.base)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_into(&self, known: &mut Known) -> io::Result<Option<Vec<u8>>> {
        if known.is_lost {
            return Err(io::Error::other(lost()));
        }
        let found = self.documents.read(&self.key("json")).map_err(io::Error::other)?;
        *known = Known::default();
        let Some(found) = found else {
            known.object = Object::Absent;
            return Ok(None);
        };
        known.object = Object::Version(found.version);
        let Ok(Found { scratch, journals, state }) = serde_json::from_slice(&found.content) else {
            // Whoever parses it finds that it is damaged.
            return Ok(Some(found.content));
        };
        (known.scratch, known.journals) = (Some(scratch), journals);
        Ok(Some(state.get().as_bytes().to_vec()))
    }

    fn read_segments(&self, segments: &[Segment], length: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for segment in segments {
            let wanted = segment.length.min(length - bytes.len() as u64);
            if wanted == 0 {
                break;
            }
            // A segment that is missing or cut off ends the journal early, which whoever reads it notices.
            let Some(found) = self.documents.read(&segment.key).map_err(io::Error::other)? else { break };
            let content = found.content.strip_prefix(HEADER).unwrap_or_default();
            let wanted = usize::try_from(wanted).ok().and_then(|wanted| content.get(..wanted));
            let Some(wanted) = wanted else { break };
            bytes.extend(wanted);
        }
        Ok(bytes)
    }

    /// The segments that the object with the text does not list: what killed runs have left, and what runs that are still
    /// going on have not listed yet. Those cannot list it any more once this run has replaced the object.
    fn unlisted(&self, known: &Known) -> Result<Vec<String>, StoreError> {
        let listed: HashSet<_> = known.journals.values().flatten().map(|segment| &segment.key).collect();
        let mut found = self.documents.list(&self.key(""))?;
        found.retain(|key| *key != self.key("json") && !listed.contains(key));
        Ok(found)
    }
}

impl Storage for ObjectStorage {
    fn path(&self, ending: &str) -> PathBuf {
        self.documents.shown(&self.key(ending)).into()
    }

    fn read(&self) -> io::Result<Option<Vec<u8>>> {
        self.read_into(&mut self.lock())
    }

    /// What a store has said that it has is durable.
    fn confirm(&self) -> io::Result<()> {
        Ok(())
    }

    fn replace(&self, text: &[u8]) -> io::Result<()> {
        let mut known = self.lock();
        if matches!(known.object, Object::Unread) {
            self.read_into(&mut known)?;
        }
        if !known.is_swept {
            known.unneeded = self.unlisted(&known).map_err(io::Error::other)?;
            known.is_swept = true;
        }
        let text = str::from_utf8(text).map_err(io::Error::other)?.trim_end();
        let written =
            Written { scratch: &self.scratch, journals: &known.journals, state: serde_json::from_str(text)? };
        let mut content = serde_json::to_vec(&written)?;
        content.push(b'\n');
        let expected = match &known.object {
            Object::Version(version) => Expected::Version(version),
            Object::Unread | Object::Absent => Expected::Absent,
        };
        if known.is_lost {
            return Err(io::Error::other(lost()));
        }
        let version = self.documents.write(&self.key("json"), content, expected).map_err(|error| {
            known.is_lost = error.kind() == StoreErrorKind::Conflict;
            io::Error::other(error)
        })?;
        known.object = Object::Version(version);
        known.scratch = Some(self.scratch.clone());
        let unneeded = std::mem::take(&mut known.unneeded);
        unneeded.iter().try_for_each(|key| self.documents.remove(key)).map_err(io::Error::other)?;
        Ok(())
    }

    fn read_journal(&self, ending: &str, length: u64) -> io::Result<Vec<u8>> {
        let segments = self.lock().journals.get(ending).cloned().unwrap_or_default();
        self.read_segments(&segments, length)
    }

    fn extend_journal(&self, ending: &str, after: u64, bytes: &[u8]) -> io::Result<()> {
        let mut known = self.lock();
        if matches!(known.object, Object::Unread) {
            self.read_into(&mut known)?;
        }
        let mut segments = known.journals.get(ending).cloned().unwrap_or_default();
        let mut unneeded = cut(&mut segments, after)?;
        let mut joined = bytes.to_vec();
        // Each byte is written again only as often as the length of its segment doubles.
        while let Some(last) = segments.pop_if(|last| {
            let length = joined.len() as u64;
            last.length <= length && last.length + length <= LONGEST
        }) {
            let mut before = self.read_segments(std::slice::from_ref(&last), last.length)?;
            if before.len() as u64 != last.length {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            before.append(&mut joined);
            joined = before;
            unneeded.push(last.key);
        }
        if !joined.is_empty() {
            let key = format!("{}/{:016x}", self.key(ending), RandomState::new().hash_one(joined.len()));
            let length = joined.len() as u64;
            let content = [HEADER, &joined].concat();
            self.documents.write(&key, content, Expected::Absent).map_err(io::Error::other)?;
            segments.push(Segment { key, length });
        }
        known.journals.insert(ending.to_owned(), segments);
        known.unneeded.append(&mut unneeded);
        Ok(())
    }

    fn has_journal(&self, ending: &str) -> io::Result<bool> {
        let prefix = format!("{}/", self.key(ending));
        Ok(!self.documents.list(&prefix).map_err(io::Error::other)?.is_empty())
    }

    fn remove_journal(&self, ending: &str) -> io::Result<()> {
        let segments = self.lock().journals.remove(ending).unwrap_or_default();
        segments.iter().try_for_each(|segment| self.documents.remove(&segment.key)).map_err(io::Error::other)
    }

    fn has_local_files(&self) -> bool {
        self.lock().scratch.as_ref().is_none_or(|scratch| *scratch == self.scratch)
    }
}

fn lost() -> StoreError {
    StoreError::new(StoreErrorKind::Conflict, "another run has written it in the meantime")
}

/// Cuts a journal off after `length` bytes. Returns the segments that it does not need any more.
fn cut(segments: &mut Vec<Segment>, length: u64) -> io::Result<Vec<String>> {
    let mut left = length;
    let mut kept = 0;
    for segment in segments.iter_mut() {
        if left == 0 {
            break;
        }
        segment.length = segment.length.min(left);
        left -= segment.length;
        kept += 1;
    }
    if left > 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(segments.drain(kept..).map(|segment| segment.key).collect())
}
