//! Opening the object of a new or resumed pull.

use std::{
    hash::{BuildHasher, RandomState},
    io,
    sync::Arc,
};

use longhaul_core::{
    object_store::{StoreErrorKind, StoredPart, Upload},
    sink::{Mark, Receipt, SinkError, SinkErrorKind},
};

use super::{
    error::{of_disk, of_store, rejected},
    journal::{Entry, Journal},
    local_parts::LocalParts,
    object_file::{ObjectFile, Parts, Stage},
    place::{Object, Objects, Place},
    receipt::ObjectReceipt,
    uploader::Uploads,
};
use crate::file::{Compression, Encoder, Position, make_all_folders};

impl ObjectFile {
    /// Opens the object, new or rolled back to the receipt `from`.
    pub(crate) fn open(
        place: &Place,
        object: Object,
        compression: Compression,
        from: Option<(&Receipt, Mark)>,
    ) -> Result<Self, SinkError> {
        let Some((receipt, mark)) = from else {
            return Self::create(place, object, compression, new_tag());
        };
        let at = ObjectReceipt::read(receipt, &object.shown)?;
        check(&object)?;
        let opened = journal(&place.objects, &object)?;
        if opened.0.known().tag.as_ref() == Some(&at.tag) {
            if mark == Mark::START {
                // Only the next opening removes what was uploaded, and there may be none.
                return Self::begin(place, object, compression, at.tag, opened);
            }
            if let Some(resumed) = Self::resume(place, &object, compression, opened, &at)? {
                return Ok(resumed);
            }
        } else {
            // It is locked as long as it is open.
            drop(opened);
        }
        // A run that was killed may have published it.
        if object.is_published(&at.tag, Some(at.length))? {
            let stage = Stage::Published(receipt.clone());
            let opened = Self::with(place, object, compression, &at, stage);
            opened.remove_rest()?;
            return Ok(opened);
        }
        if mark == Mark::START {
            // It was dropped before the first page, or is on another machine.
            place.objects.abort_foreign(&object)?;
            return Self::create(place, object, compression, at.tag);
        }
        let why = "neither its upload nor its local parts are there any more";
        Err(rejected(format!("cannot resume `{}`: {why} (start the pull over)", object.shown)))
    }

    /// Begins an object with this tag, and removes what an unfinished pull has left.
    pub(crate) fn create(
        place: &Place,
        object: Object,
        compression: Compression,
        tag: String,
    ) -> Result<Self, SinkError> {
        check(&object)?;
        let opened = journal(&place.objects, &object)?;
        Self::begin(place, object, compression, tag, opened)
    }

    fn begin(
        place: &Place,
        object: Object,
        compression: Compression,
        tag: String,
        (mut journal, uploads): (Journal, Arc<Uploads>),
    ) -> Result<Self, SinkError> {
        remove_unfinished(&mut journal, &object)?;
        let begun = journal.add(Entry::Tag(&tag)).and_then(|()| journal.sync());
        begun.map_err(|error| of_disk("write to", &object.shown, error))?;
        let at = ObjectReceipt { tag, length: 0, in_part: Position::EMPTY };
        let parts = Parts::new(&object, journal, uploads, None);
        Ok(Self::with(place, object, compression, &at, Stage::Open(Box::new(parts))))
    }

    fn with(
        place: &Place,
        object: Object,
        compression: Compression,
        at: &ObjectReceipt,
        stage: Stage,
    ) -> Self {
        Self {
            object,
            objects: place.objects.clone(),
            encoder: Encoder::new(compression),
            tag: at.tag.clone(),
            stage,
            length: at.length,
            committed: None,
        }
    }

    /// Rolls the object back to `at`. Returns `None` if it does not have what that needs.
    fn resume(
        place: &Place,
        object: &Object,
        compression: Compression,
        (journal, uploads): (Journal, Arc<Uploads>),
        at: &ObjectReceipt,
    ) -> Result<Option<Self>, SinkError> {
        let upload = journal.known().upload.clone().map(|id| Upload { key: object.key.clone(), id });
        let mut parts = Parts::new(object, journal, uploads, upload);
        let unusable = |error| of_disk("read", &object.shown, error);
        if !parts.cut(object, at).map_err(unusable)? {
            return Ok(None);
        }
        if !parts.upload_rest(object, &at.tag)? {
            return Ok(None);
        }
        let stage = Stage::Open(Box::new(parts));
        let mut resumed = Self::with(place, object.clone(), compression, at, stage);
        resumed.committed = Some(at.length);
        Ok(Some(resumed))
    }

    /// Removes the local files of an object that was published by a run that was killed before it could.
    fn remove_rest(&self) -> Result<(), SinkError> {
        let (journal, uploads) = journal(&self.objects, &self.object)?;
        let mut parts = Parts::new(&self.object, journal, uploads, None);
        parts.remove(&self.object).map_err(|error| of_disk("remove", &self.object.shown, error))
    }
}

impl Parts {
    fn new(object: &Object, journal: Journal, uploads: Arc<Uploads>, upload: Option<Upload>) -> Self {
        let locals = LocalParts::new(Arc::clone(&object.disk), object.local.clone());
        Self {
            journal,
            locals,
            uploads,
            upload,
            number: 1,
            part: None,
            unsynced: Vec::new(),
            has_new_files: true,
            number_at_commit: 1,
        }
    }

    /// Cuts the local files off at `at`. Returns whether they reach that far, with the content that was committed.
    fn cut(&mut self, object: &Object, at: &ObjectReceipt) -> io::Result<bool> {
        let mut before = 0;
        while before + object.store.part_length(self.number) <= at.length {
            before += object.store.part_length(self.number);
            self.number += 1;
        }
        let length = at.length - before;
        if length != at.in_part.length {
            return Ok(false);
        }
        if length > 0 {
            let Some(mut part) = self.locals.open(self.number, length)? else { return Ok(false) };
            if Position::read(&mut *part.file, length)? != at.in_part {
                return Ok(false);
            }
            self.part = Some(part);
        }
        self.journal.add(Entry::Cut(self.number))?;
        self.journal.sync()?;
        let from = self.number + u32::from(length > 0);
        self.remove_locals(from)?;
        self.number_at_commit = self.number;
        Ok(true)
    }

    /// Uploads the full parts that the store does not have. Returns whether all of them are in the store, or on the way.
    fn upload_rest(&mut self, object: &Object, tag: &str) -> Result<bool, SinkError> {
        let stored = match &self.upload {
            None => Vec::new(),
            Some(upload) => match object.store.parts(upload) {
                Ok(stored) => stored,
                Err(error) if error.kind() == StoreErrorKind::NoSuchUpload => {
                    if object.is_published(tag, None)? {
                        return Ok(false);
                    }
                    self.upload = None;
                    Vec::new()
                }
                Err(error) => return Err(of_store("resume", &object.shown, error)),
            },
        };
        let mut missing = Vec::new();
        for number in 1..self.number {
            let length = object.store.part_length(number);
            let etag = self.journal.known().etags.get(&number);
            let is_it = |part: &StoredPart| {
                part.number == number && part.length == length && Some(&part.etag) == etag
            };
            if !stored.iter().any(is_it) {
                let found =
                    self.locals.identity(number).map_err(|error| of_disk("read", &object.shown, error))?;
                let Some(found) = found.filter(|found| found.length == length) else { return Ok(false) };
                missing.push((number, found));
            }
        }
        if self.upload.is_none() && self.journal.known().is_begun {
            if self.journal.known().upload.is_none() {
                remove_nameless(&self.journal, object)?;
            }
            let dropped = self.journal.add(Entry::Dropped).and_then(|()| self.journal.sync());
            dropped.map_err(|error| of_disk("write to", &object.shown, error))?;
        }
        if missing.is_empty() {
            return Ok(true);
        }
        let upload = self.begin(object, tag)?;
        missing.into_iter().try_for_each(|(number, found)| self.start(object, &upload, number, found))?;
        Ok(true)
    }
}

/// Finds what is wrong with the bucket before anything is pulled.
fn check(object: &Object) -> Result<(), SinkError> {
    object.store.check().map_err(|error| of_store("write to", &object.shown, error))
}

/// A tag that no other pull has.
pub(crate) fn new_tag() -> String {
    format!("{:016x}", RandomState::new().hash_one(0))
}

/// Opens the journal of an object, once nothing more of it is being uploaded.
fn journal(objects: &Objects, object: &Object) -> Result<(Journal, Arc<Uploads>), SinkError> {
    let uploads = objects.replace_uploads(&object.shown);
    let unusable = |error| of_disk("open", &object.shown, error);
    make_all_folders(&*object.disk, &object.local).map_err(unusable)?;
    let journal = Journal::open(Arc::clone(&object.disk), object.beside(".journal")).map_err(unusable)?;
    let journal = journal.ok_or_else(|| {
        let message = format!("another run is writing to `{}`", object.shown);
        SinkError::new(SinkErrorKind::Unavailable, message)
    })?;
    Ok((journal, uploads))
}

/// Removes the upload and the local files of an unfinished pull.
fn remove_unfinished(journal: &mut Journal, object: &Object) -> Result<(), SinkError> {
    let known = journal.known().clone();
    match known.upload {
        Some(id) => {
            let aborted = object.store.abort(&Upload { key: object.key.clone(), id });
            aborted.map_err(|error| of_store("remove the unfinished upload of", &object.shown, error))?;
        }
        None => remove_nameless(journal, object)?,
    }
    let locals = LocalParts::new(Arc::clone(&object.disk), object.local.clone());
    let removed = (known.first_local..=known.last_local).try_for_each(|number| locals.remove(number));
    removed.and_then(|()| journal.clear()).map_err(|error| of_disk("remove", &object.shown, error))
}

/// Removes an upload that was begun by a run that was killed before it knew its name. It has no parts.
fn remove_nameless(journal: &Journal, object: &Object) -> Result<(), SinkError> {
    if !journal.known().is_begun {
        return Ok(());
    }
    let failed = |error| of_store("remove the unfinished upload of", &object.shown, error);
    for upload in object.store.uploads(&object.key).map_err(failed)? {
        if object.store.parts(&upload).map_err(failed)?.is_empty() {
            object.store.abort(&upload).map_err(failed)?;
        }
    }
    Ok(())
}
