//! Objects that are uploaded first and published later, when it is known which of several uploads counts.

use std::{
    io::{self, Read},
    path::Path,
    sync::Arc,
};

use longhaul_core::{
    disk::{Change, Disk, Identity},
    object_store::{ObjectStore, StoreError, StoreErrorKind, StoredObject, Upload},
    sink::{SinkError, Variables},
};

use super::{
    error::of_store,
    file_content::FileContent,
    place::{Object, Objects, Place},
    uploader::Uploads,
};

/// How much of an object is read at once.
const PIECE: u64 = 8 << 20;

/// A path such as `s3://bucket/{partition}.ndjson`, whose objects are written to local files first.
#[derive(Clone, Debug)]
pub struct ObjectPath(Place);

impl ObjectPath {
    /// The path, unless it is the one of a file.
    ///
    /// # Errors
    /// The store is not configured correctly.
    pub fn of(path: &str, objects: &Objects) -> Result<Option<Self>, SinkError> {
        Ok(Place::of(path, Some(objects))?.map(Self))
    }

    /// The path of the local files, with the same placeholders.
    pub fn local_template(&self) -> String {
        self.0.local_template()
    }

    /// The object at `variables`.
    ///
    /// # Errors
    /// The path has a placeholder without a value, or is not one of an object.
    pub fn object(&self, variables: &Variables) -> Result<StagedObject, SinkError> {
        self.0.object(variables).map(StagedObject)
    }
}

/// An object. Of its uploads, one is published.
#[derive(Clone, Debug)]
pub struct StagedObject(Object);

impl StagedObject {
    /// Its address, for messages.
    pub fn shown(&self) -> &str {
        &self.0.shown
    }

    /// Finds what would make every upload fail, such as a bucket that does not exist.
    ///
    /// # Errors
    /// Why nothing can be written there.
    pub fn check(&self) -> Result<(), SinkError> {
        self.0.store.check().map_err(|error| of_store("write to", self.shown(), error))
    }

    /// Uploads `length` bytes of a file, and returns the name of the upload. Nothing is visible yet.
    ///
    /// # Errors
    /// The file cannot be read, or the store does not take it. Then the upload is removed, if that is possible.
    pub fn upload(&self, file: &Path, length: u64, tag: &str) -> Result<String, SinkError> {
        let Object { store, key, shown, .. } = &self.0;
        let failed = |error| of_store("upload", shown, error);
        let upload = store.begin(key, tag).map_err(failed)?;
        let uploads = Arc::<Uploads>::default();
        let sent = self.send(&upload, &uploads, file, length).map_err(failed);
        if sent.is_err() {
            uploads.cancel();
            // Whoever publishes the object removes the upload otherwise.
            let _ = store.abort(&upload);
        }
        sent.map(|()| upload.id)
    }

    fn send(
        &self,
        upload: &Upload,
        uploads: &Arc<Uploads>,
        file: &Path,
        length: u64,
    ) -> Result<(), StoreError> {
        let Object { store, disk, .. } = &self.0;
        let own = own(&**disk, file, length).map_err(|error| {
            StoreError::new(StoreErrorKind::Other, "cannot read what is to be sent").because(error)
        })?;
        let (mut from, mut number) = (0, 1);
        // A file without content has one part, too.
        while from < length || number == 1 {
            let part = store.part_length(number).min(length - from);
            let (disk, path) = (Arc::clone(disk), file.to_owned());
            let content = FileContent::part(disk, path, own, from, part);
            uploads.start(store, upload, number, Arc::new(content))?;
            from += part;
            number += 1;
        }
        uploads.take_all().map(drop)
    }

    /// Makes an upload the object, unless it is already. Returns what is there instead if that is not possible.
    ///
    /// # Errors
    /// The store cannot be asked.
    pub fn publish(&self, upload: &str, length: u64, tag: &str) -> Result<Published, SinkError> {
        let failed = |error| of_store("publish", self.shown(), error);
        let Object { store, key, .. } = &self.0;
        if store.find(key).map_err(failed)?.is_some_and(|found| is(&found, tag, length)) {
            return Ok(Published::Complete);
        }
        let upload = Upload { key: key.clone(), id: upload.to_owned() };
        match complete(store, &upload, length) {
            Err(error) if error.kind() == StoreErrorKind::NoSuchUpload => {
                // Another process may have been faster.
                let found = store.find(key).map_err(failed)?;
                Ok(match found {
                    Some(found) if is(&found, tag, length) => Published::Complete,
                    found => Published::Lost(found.map(|found| found.length)),
                })
            }
            completed => completed.map(|()| Published::Complete).map_err(failed),
        }
    }

    /// Removes all uploads of the object that were not published.
    ///
    /// # Errors
    /// The store does not remove them.
    pub fn abort_all(&self) -> Result<(), SinkError> {
        self.0.abort_all()
    }

    /// Reads the object.
    ///
    /// # Errors
    /// There is no such object ([`io::ErrorKind::NotFound`]), or a [`StoreError`].
    pub fn open(&self) -> io::Result<Box<dyn Read>> {
        let Object { store, key, .. } = &self.0;
        let found = store.find(key).map_err(io::Error::other)?;
        let found =
            found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "there is no such object"))?;
        let (store, key) = (Arc::clone(store), key.clone());
        Ok(Box::new(Reader { store, key, length: found.length, read: 0, piece: io::Cursor::default() }))
    }
}

/// Which file it is, if it still has `length` bytes.
fn own(disk: &dyn Disk, file: &Path, length: u64) -> io::Result<Identity> {
    let found = disk.identity(file)?.ok_or(io::ErrorKind::NotFound)?;
    match Change::of_length(length, found.length) {
        Some(change) => Err(io::Error::other(change.message(file.display()))),
        None => Ok(found),
    }
}

fn is(found: &StoredObject, tag: &str, length: u64) -> bool {
    found.length == length && found.tag.as_deref() == Some(tag)
}

/// What came of [`StagedObject::publish`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Published {
    /// The upload is the object.
    Complete,
    /// The upload is gone, and the object is not what it became. If there is one, it has this length.
    Lost(Option<u64>),
}

/// Completes an upload, which must have `length` bytes.
fn complete(store: &Arc<dyn ObjectStore>, upload: &Upload, length: u64) -> Result<(), StoreError> {
    let parts = store.parts(upload)?;
    let stored: u64 = parts.iter().map(|part| part.length).sum();
    if stored != length || parts.iter().zip(1..).any(|(part, number)| part.number != number) {
        let message = format!("its upload has {stored} of {length} bytes");
        return Err(StoreError::new(StoreErrorKind::InvalidPart, message));
    }
    let etags: Vec<_> = parts.into_iter().map(|part| part.etag).collect();
    store.complete(upload, &etags)
}

/// Reads an object, a piece at a time.
struct Reader {
    store: Arc<dyn ObjectStore>,
    key: String,
    length: u64,
    /// How much of it is in this piece and the earlier ones.
    read: u64,
    piece: io::Cursor<Vec<u8>>,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.piece.read(buffer)?;
        if read > 0 || buffer.is_empty() || self.read == self.length {
            return Ok(read);
        }
        let length = PIECE.min(self.length - self.read);
        let piece = self.store.read_range(&self.key, self.read, length).map_err(io::Error::other)?;
        self.read += length;
        self.piece = io::Cursor::new(piece);
        self.piece.read(buffer)
    }
}
