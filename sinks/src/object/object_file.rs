//! An object that records are written to.

use std::{io, sync::Arc};

use longhaul_core::{
    disk::Identity,
    object_store::{StoreErrorKind, Upload},
    sink::{Mark, Receipt, SinkError},
};

use super::{
    error::{of_disk, of_store, rejected},
    file_content::no_content,
    journal::{Entry, Journal},
    local_parts::{LocalPart, LocalParts},
    place::{Object, Objects},
    receipt::ObjectReceipt,
    uploader::Uploads,
};
use crate::file::{Encoder, Position, sync_all_folders};

/// How many full parts may wait for a commit before they are made durable, because each is an open file.
const MOST_UNSYNCED: usize = 8;

/// How many bytes of the parts that the store has stay in local files. A rollback to a place in the middle of a part needs
/// them, because a part cannot be read back from the store.
const KEPT: u64 = 1 << 30;

/// The object of one pull, until it is published.
///
/// Dropping it publishes nothing. What was uploaded stays, to be resumed or removed by the next opening.
#[derive(Debug)]
pub(crate) struct ObjectFile {
    pub(super) object: Object,
    pub(super) objects: Objects,
    pub(super) encoder: Encoder,
    pub(super) tag: String,
    pub(super) stage: Stage,
    /// The length of the object so far.
    pub(super) length: u64,
    /// The length at the last commit after a page.
    pub(super) committed: Option<u64>,
}

/// How far an object is.
#[derive(Debug)]
pub(super) enum Stage {
    /// It is being written.
    Open(Box<Parts>),
    /// An earlier run has published it.
    Published(Receipt),
}

/// The parts of an object.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) journal: Journal,
    pub(super) locals: LocalParts,
    pub(super) uploads: Arc<Uploads>,
    pub(super) upload: Option<Upload>,
    /// The number of the part that is being filled.
    pub(super) number: u32,
    /// Its file, once there are bytes for it.
    pub(super) part: Option<LocalPart>,
    /// Full parts that may not be durable yet.
    pub(super) unsynced: Vec<LocalPart>,
    /// Whether there are new files whose names may not be durable yet.
    pub(super) has_new_files: bool,
    /// The number of the part that was being filled at the last commit.
    pub(super) number_at_commit: u32,
}

impl ObjectFile {
    /// Whether nothing was written yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Its address, for messages.
    pub(crate) fn shown(&self) -> &str {
        &self.object.shown
    }

    /// Appends `bytes`. Those of a compressed object may not be in it until the next commit.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        let encoded = self.encoder.encode(bytes).map_err(|error| of_disk("compress", self.shown(), error))?;
        let encoded = encoded.into_owned();
        self.put(&encoded)
    }

    /// Makes everything written so far survive a crash. It is in the store or in local files.
    pub(crate) fn commit(&mut self, mark: Mark) -> Result<Receipt, SinkError> {
        self.end_member(mark > Mark::START)?;
        let parts = match &mut self.stage {
            Stage::Open(parts) => parts,
            Stage::Published(receipt) => return Ok(receipt.clone()),
        };
        let in_part =
            parts.make_durable(&self.object).map_err(|error| of_disk("flush", &self.object.shown, error))?;
        if mark > Mark::START {
            self.committed = Some(self.length);
        }
        Ok(Receipt(ObjectReceipt { tag: self.tag.clone(), length: self.length, in_part }.to_string()))
    }

    /// Makes the object visible, and removes the local files.
    pub(crate) fn finish(mut self) -> Result<(), SinkError> {
        self.end_member(true)?;
        let Self { object, tag, length, stage, objects, .. } = &mut self;
        let Stage::Open(parts) = stage else { return Ok(()) };
        parts.publish(object, tag, *length)?;
        parts.remove(object).map_err(|error| of_disk("remove", &object.shown, error))?;
        objects.forget_uploads(&object.shown);
        self.stage = Stage::Published(Receipt::default());
        Ok(())
    }

    /// Ends what the encoder holds back. A compressed object without content is not empty.
    fn end_member(&mut self, is_page: bool) -> Result<(), SinkError> {
        let failed = |error| of_disk("compress", &self.object.shown, error);
        let mut rest = self.encoder.end().map_err(failed)?;
        if is_page && self.length == 0 && rest.is_empty() {
            rest = self.encoder.empty_file().map_err(failed)?;
        }
        if rest.is_empty() || matches!(self.stage, Stage::Published(_)) { Ok(()) } else { self.put(&rest) }
    }

    fn put(&mut self, mut bytes: &[u8]) -> Result<(), SinkError> {
        let Self { object, tag, stage, length, .. } = self;
        let Stage::Open(parts) = stage else {
            return Err(rejected(format!("cannot write to `{}`: it is already complete", object.shown)));
        };
        while !bytes.is_empty() {
            let written =
                parts.fill(object, bytes).map_err(|error| of_disk("write to", &object.shown, error))?;
            *length += written as u64;
            bytes = &bytes[written..];
            if parts.is_full(object) {
                parts.send(object, tag)?;
            }
        }
        Ok(())
    }
}

impl Parts {
    /// Adds as many bytes to the current part as it has room for.
    fn fill(&mut self, object: &Object, bytes: &[u8]) -> io::Result<usize> {
        if self.part.is_none() {
            self.journal.add(Entry::Local(self.number))?;
            self.part = Some(self.locals.create(self.number)?);
            self.has_new_files = true;
        }
        let Some(part) = &mut self.part else { return Ok(0) };
        let room = object.store.part_length(self.number) - part.length;
        let count = bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
        self.locals.write(part, &bytes[..count])?;
        Ok(count)
    }

    fn is_full(&self, object: &Object) -> bool {
        self.part.as_ref().is_some_and(|part| part.length >= object.store.part_length(self.number))
    }

    /// Starts to upload the current part, and goes on to the next one.
    fn send(&mut self, object: &Object, tag: &str) -> Result<(), SinkError> {
        let shown = &object.shown;
        let Some(part) = self.part.take() else { return Ok(()) };
        let own = self.locals.own(&part).map_err(|error| of_disk("read", shown, error))?;
        let upload = self.begin(object, tag)?;
        self.start(object, &upload, part.number, own)?;
        self.note_uploaded().map_err(|error| of_disk("write to", shown, error))?;
        self.unsynced.push(part);
        if self.unsynced.len() > MOST_UNSYNCED {
            self.unsynced.remove(0).sync().map_err(|error| of_disk("flush", shown, error))?;
        }
        self.number += 1;
        Ok(())
    }

    /// Starts to upload the local file of a part.
    pub(super) fn start(
        &self,
        object: &Object,
        upload: &Upload,
        number: u32,
        own: Identity,
    ) -> Result<(), SinkError> {
        let content = self.locals.content(number, own);
        let started = self.uploads.start(&object.store, upload, number, content);
        started.map_err(|error| of_store("upload", &object.shown, error))
    }

    /// The upload, which is begun if there is none.
    pub(super) fn begin(&mut self, object: &Object, tag: &str) -> Result<Upload, SinkError> {
        if let Some(upload) = &self.upload {
            return Ok(upload.clone());
        }
        let noted = |error| of_disk("write to", &object.shown, error);
        // After a crash, the next run looks for an upload whose name is not known.
        self.journal.add(Entry::Begin).and_then(|()| self.sync_journal(object)).map_err(noted)?;
        let begun = object.store.begin(&object.key, tag);
        let upload = begun.map_err(|error| of_store("upload", &object.shown, error))?;
        self.journal.add(Entry::Upload(&upload.id)).and_then(|()| self.journal.sync()).map_err(noted)?;
        Ok(self.upload.insert(upload).clone())
    }

    /// Notes the parts that have arrived. An error of another one is reported by the next part that is sent.
    fn note_uploaded(&mut self) -> io::Result<()> {
        let etags = self.uploads.arrived();
        etags.iter().try_for_each(|(number, etag)| self.journal.add(Entry::Part(*number, etag)))
    }

    /// Makes everything durable, and returns the end of the current part.
    fn make_durable(&mut self, object: &Object) -> io::Result<Position> {
        self.note_uploaded()?;
        self.unsynced.drain(..).try_for_each(|mut part| part.sync())?;
        let position = match &mut self.part {
            None => Position::EMPTY,
            Some(part) => {
                self.locals.own(part)?;
                part.sync()?;
                Position::read(&mut *part.file, part.length)?
            }
        };
        self.remove_old(object)?;
        self.sync_journal(object)?;
        self.number_at_commit = self.number;
        Ok(position)
    }

    /// Makes the journal and the names of all files survive a crash.
    fn sync_journal(&mut self, object: &Object) -> io::Result<()> {
        self.journal.sync()?;
        if self.has_new_files {
            sync_all_folders(&*object.disk, &object.local)?;
            self.has_new_files = false;
        }
        Ok(())
    }

    /// Removes local files of parts that the store has, and that no rollback needs.
    fn remove_old(&mut self, object: &Object) -> io::Result<()> {
        let known = self.journal.known();
        let first = known.first_local.max(1);
        let mut kept = (first..self.number).map(|number| object.store.part_length(number)).sum::<u64>();
        let mut next = first;
        while next < self.number_at_commit && kept > KEPT && known.etags.contains_key(&next) {
            kept -= object.store.part_length(next);
            next += 1;
        }
        if next == first {
            return Ok(());
        }
        self.journal.add(Entry::Kept(next))?;
        self.journal.sync()?;
        (first..next).try_for_each(|number| self.locals.remove(number))
    }

    /// Publishes the object: in one piece if it fits into a part, and otherwise by completing its upload.
    fn publish(&mut self, object: &Object, tag: &str, length: u64) -> Result<(), SinkError> {
        let failed = |error| of_store("publish", &object.shown, error);
        let part = self.part.as_ref().map(|part| Ok((part.number, self.locals.own(part)?))).transpose();
        let part = part.map_err(|error| of_disk("read", &object.shown, error))?;
        if self.upload.is_none() && self.number == 1 {
            let content = part.map_or_else(no_content, |(number, own)| self.locals.content(number, own));
            return object.store.put(&object.key, tag, &content).map_err(failed);
        }
        let upload = self.begin(object, tag)?;
        if let Some((number, own)) = part {
            self.start(object, &upload, number, own)?;
        }
        let rest = self.uploads.take_all().map_err(|error| of_store("upload", &object.shown, error))?;
        let parts = if self.part.is_some() { self.number } else { self.number - 1 };
        let mut etags = self.journal.known().etags.clone();
        etags.extend(rest);
        let etags: Vec<_> = (1..=parts).filter_map(|number| etags.remove(&number)).collect();
        if etags.len() != parts as usize {
            let message =
                format!("cannot publish `{}`: {} of {parts} parts are uploaded", object.shown, etags.len());
            return Err(rejected(message));
        }
        match object.store.complete(&upload, &etags) {
            Err(error)
                if error.kind() == StoreErrorKind::NoSuchUpload
                    && object.is_published(tag, Some(length))? =>
            {
                // An earlier attempt has succeeded, but its answer was lost.
                Ok(())
            }
            completed => completed.map_err(failed),
        }
    }

    /// Removes all local files. The journal is last, because it names the others.
    pub(super) fn remove(&mut self, object: &Object) -> io::Result<()> {
        self.remove_locals(1)?;
        self.journal.remove()?;
        sync_folder(object)
    }

    /// Removes the local files from this part on.
    pub(super) fn remove_locals(&mut self, from: u32) -> io::Result<()> {
        if self.part.as_ref().is_some_and(|part| part.number >= from) {
            self.part = None;
        }
        self.unsynced.retain(|part| part.number < from);
        let known = self.journal.known();
        (known.first_local.max(from)..=known.last_local).try_for_each(|number| self.locals.remove(number))
    }
}

fn sync_folder(object: &Object) -> io::Result<()> {
    object.local.parent().map_or(Ok(()), |folder| object.disk.sync_folder(folder))
}

impl Drop for ObjectFile {
    fn drop(&mut self) {
        let Stage::Open(parts) = &mut self.stage else { return };
        parts.uploads.stop();
        // Nothing has to be removed from the store, and no commit after a page needs the local files. Errors are ignored,
        // because the next opening does the same again.
        if self.committed.is_none() && parts.upload.is_none() && !parts.journal.known().is_begun {
            drop(parts.remove(&self.object));
        }
    }
}
