//! Objects in a store such as Amazon S3: whole files under a key, which are written in parts.

use std::{
    error::Error,
    fmt::{self, Debug},
    io::{self, Read},
    sync::Arc,
};

/// A place for objects: one bucket.
///
/// # Contract
/// 1. An object is replaced as a whole, and a reader never sees a part of one. The parts of an upload become an object
///    only by [`complete`](Self::complete).
/// 2. After `Ok`, what was written survives a crash of the store.
/// 3. Every method tries again by itself what may succeed later, so no caller does. Repeating any of them is harmless.
/// 4. What arrives is compared with what was sent: a part that is damaged in transit is an `Err`.
pub trait ObjectStore: Debug + Send + Sync {
    /// The address of an object, for messages: `s3://bucket/key`.
    fn shown(&self, key: &str) -> String;

    /// How long the part with this number is, unless it is the last one of its object.
    fn part_length(&self, number: u32) -> u64;

    /// Finds what would make every later request fail, such as a bucket that does not exist.
    fn check(&self) -> Result<(), StoreError>;

    /// Writes an object in one piece. `tag` is stored with it, to recognize it by.
    fn put(&self, key: &str, tag: &str, content: &Arc<dyn Content>) -> Result<(), StoreError>;

    /// Starts an upload. `tag` is stored with the object.
    fn begin(&self, key: &str, tag: &str) -> Result<Upload, StoreError>;

    /// Writes a part of an upload, and returns its `ETag`. An earlier part with this number is replaced. Numbers start
    /// at 1.
    fn put_part(
        &self,
        upload: &Upload,
        number: u32,
        content: &Arc<dyn Content>,
    ) -> Result<String, StoreError>;

    /// The parts of an upload, in order.
    fn parts(&self, upload: &Upload) -> Result<Vec<StoredPart>, StoreError>;

    /// Makes the parts from 1 on, which have these `ETag`s, the object.
    fn complete(&self, upload: &Upload, etags: &[String]) -> Result<(), StoreError>;

    /// Removes an upload with its parts. It is no error if there is none.
    fn abort(&self, upload: &Upload) -> Result<(), StoreError>;

    /// The unfinished uploads of this key.
    fn uploads(&self, key: &str) -> Result<Vec<Upload>, StoreError>;

    /// The object under this key, if there is one.
    fn find(&self, key: &str) -> Result<Option<StoredObject>, StoreError>;

    /// Reads `length` bytes of an object, which has as many after the first `from`. At least one is read.
    fn read_range(&self, key: &str, from: u64, length: u64) -> Result<Vec<u8>, StoreError>;
}

/// Small objects of a store, which are read and replaced as a whole.
///
/// # Contract
/// Points 2 and 3 of that of [`ObjectStore`]. Of several runs that replace the same version of an object, one succeeds.
pub trait Documents: Debug + Send + Sync {
    /// The address of an object, for messages: `s3://bucket/key`.
    fn shown(&self, key: &str) -> String;

    /// Reads an object. `None` if there is none.
    fn read(&self, key: &str) -> Result<Option<Document>, StoreError>;

    /// Writes an object, and returns its version.
    ///
    /// # Errors
    /// [`Conflict`](StoreErrorKind::Conflict): it is not what is `expected`.
    fn write(&self, key: &str, content: Vec<u8>, expected: Expected<'_>) -> Result<String, StoreError>;

    /// The keys that start with `prefix`.
    fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError>;

    /// Removes an object. It is no error if there is none.
    fn remove(&self, key: &str) -> Result<(), StoreError>;
}

/// An object that was read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Document {
    /// Its bytes.
    pub content: Vec<u8>,
    /// What the store calls this version of it.
    pub version: String,
}

/// What an object must be before it is replaced.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expected<'v> {
    /// Anything, or nothing.
    Any,
    /// There is no such object.
    Absent,
    /// It has this version.
    Version(&'v str),
}

/// Bytes to send. They are read again for each attempt, so that they need not be in memory.
pub trait Content: Debug + Send + Sync {
    /// How many bytes there are.
    fn length(&self) -> u64;

    /// Starts to read them.
    fn open(&self) -> io::Result<Box<dyn Read>>;
}

/// An unfinished upload.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Upload {
    /// The key of the object.
    pub key: String,
    /// What the store calls the upload.
    pub id: String,
}

/// A part that a store has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredPart {
    /// Its number, from 1.
    pub number: u32,
    /// What the store calls its content.
    pub etag: String,
    /// Its length in bytes.
    pub length: u64,
}

/// An object that a store has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredObject {
    /// Its length in bytes.
    pub length: u64,
    /// The tag that it was written with, if there is one.
    pub tag: Option<String>,
}

/// Why a store did not do what it was asked to.
#[derive(Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    message: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What a [`StoreError`] means for the caller.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The store does not have the upload: it was completed or aborted.
    NoSuchUpload,
    /// The store does not have a part of the upload, or has other content for it.
    InvalidPart,
    /// Another run has written the object in the meantime.
    Conflict,
    /// The store did not answer, or kept failing. The same may succeed later.
    Unavailable,
    /// Anything else.
    Other,
}

impl StoreError {
    /// An error. `message` is a clause in lower case, without a full stop.
    pub fn new(kind: StoreErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// Adds the cause.
    #[must_use]
    pub fn because(self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..self }
    }

    /// What it means for the caller.
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
