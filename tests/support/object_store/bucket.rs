//! The objects and uploads of a bucket.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};
use ring::digest::{SHA256, digest};

/// A bucket, with the rules of Amazon S3: objects are replaced as a whole, all parts of an upload but the last one have a
/// least length, and completing an upload names the `ETag` of each part. Clones share it.
#[derive(Clone, Debug)]
pub struct Bucket {
    least_part: usize,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<String, Object>,
    uploads: BTreeMap<String, Upload>,
    begun: usize,
    operations: Vec<Operation>,
}

#[derive(Clone, Debug)]
struct Object {
    bytes: Arc<[u8]>,
    tag: Option<String>,
    etag: String,
}

#[derive(Debug)]
struct Upload {
    key: String,
    tag: Option<String>,
    has_sha256: bool,
    parts: BTreeMap<u32, (String, Arc<[u8]>)>,
}

/// What changed the bucket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Operation {
    /// An object was written in one piece.
    Put(usize),
    /// An upload was begun.
    Begin,
    /// A part was written: its number and its length.
    Part(u32, usize),
    /// An upload was completed with this many parts.
    Complete(usize),
    /// An upload was removed.
    Abort,
    /// An object was removed.
    Remove,
}

/// The codes of errors.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BucketError {
    /// There is no such upload.
    NoSuchUpload,
    /// A part is not there, or has another `ETag`.
    InvalidPart,
    /// A part that is not the last one is too short.
    EntityTooSmall,
    /// The object is another one than expected.
    PreconditionFailed,
}

/// A part of an upload.
#[derive(Clone, Debug)]
pub(super) struct BucketPart {
    pub(super) number: u32,
    pub(super) etag: String,
    pub(super) length: usize,
    /// In Base64, if the upload was begun with SHA-256.
    pub(super) sha256: Option<String>,
}

impl Bucket {
    /// An empty bucket. All parts but the last have at least this length.
    pub fn new(least_part: usize) -> Self {
        Self { least_part, state: Arc::default() }
    }

    /// The bytes of an object.
    pub fn object(&self, key: &str) -> Option<Vec<u8>> {
        self.lock().objects.get(key).map(|object| object.bytes.to_vec())
    }

    /// The bytes and the version of an object.
    pub fn document(&self, key: &str) -> Option<(Vec<u8>, String)> {
        self.lock().objects.get(key).map(|object| (object.bytes.to_vec(), object.etag.clone()))
    }

    /// Writes an object if the one that is there has the version `expected`; `None`: if there is none.
    pub(super) fn put_if(
        &self,
        key: &str,
        tag: Option<&str>,
        bytes: &[u8],
        expected: Option<&str>,
    ) -> Result<String, BucketError> {
        let mut state = self.lock();
        if state.objects.get(key).map(|object| object.etag.as_str()) != expected {
            return Err(BucketError::PreconditionFailed);
        }
        let (etag, tag) = (etag(bytes), tag.map(str::to_owned));
        let object = Object { bytes: bytes.into(), tag, etag: etag.clone() };
        state.operations.push(Operation::Put(bytes.len()));
        state.objects.insert(key.to_owned(), object);
        Ok(etag)
    }

    /// Removes an object, if there is one.
    pub fn remove(&self, key: &str) {
        let mut state = self.lock();
        if state.objects.remove(key).is_some() {
            state.operations.push(Operation::Remove);
        }
    }

    /// The keys of all objects, in order.
    pub fn keys(&self) -> Vec<String> {
        self.lock().objects.keys().cloned().collect()
    }

    /// Adds an object without a tag, or replaces one.
    pub fn put_plain(&self, key: &str, bytes: &[u8]) {
        self.put(key, None, bytes);
    }

    /// Begins an upload without a tag.
    pub fn begin_plain(&self, key: &str) -> String {
        self.begin(key, None, false)
    }

    /// The length, tag and `ETag` of an object.
    pub fn find(&self, key: &str) -> Option<(usize, Option<String>, String)> {
        let state = self.lock();
        let object = state.objects.get(key)?;
        Some((object.bytes.len(), object.tag.clone(), object.etag.clone()))
    }

    /// The ids of all unfinished uploads, with their keys.
    pub fn uploads(&self) -> Vec<(String, String)> {
        self.lock().uploads.iter().map(|(id, upload)| (id.clone(), upload.key.clone())).collect()
    }

    /// What has changed the bucket so far.
    pub fn operations(&self) -> Vec<Operation> {
        self.lock().operations.clone()
    }

    /// A copy that changes on its own.
    #[must_use]
    pub fn snapshot(&self) -> Self {
        let state = self.lock();
        let uploads = state.uploads.iter().map(|(id, upload)| {
            let Upload { key, tag, has_sha256, parts } = upload;
            let (key, tag, parts) = (key.clone(), tag.clone(), parts.clone());
            (id.clone(), Upload { key, tag, has_sha256: *has_sha256, parts })
        });
        let copy = State {
            objects: state.objects.clone(),
            uploads: uploads.collect(),
            begun: state.begun,
            operations: state.operations.clone(),
        };
        Self { least_part: self.least_part, state: Arc::new(Mutex::new(copy)) }
    }

    /// Adds an object with this tag, or replaces one. Returns its version.
    pub fn put(&self, key: &str, tag: Option<&str>, bytes: &[u8]) -> String {
        let (etag, tag) = (etag(bytes), tag.map(str::to_owned));
        let object = Object { bytes: bytes.into(), tag, etag: etag.clone() };
        let mut state = self.lock();
        state.operations.push(Operation::Put(bytes.len()));
        state.objects.insert(key.to_owned(), object);
        etag
    }

    pub(super) fn begin(&self, key: &str, tag: Option<&str>, has_sha256: bool) -> String {
        let mut state = self.lock();
        state.begun += 1;
        state.operations.push(Operation::Begin);
        let id = format!("upload/{}+", state.begun);
        let (key, tag) = (key.to_owned(), tag.map(str::to_owned));
        let upload = Upload { key, tag, has_sha256, parts: BTreeMap::new() };
        state.uploads.insert(id.clone(), upload);
        id
    }

    pub(super) fn put_part(&self, id: &str, number: u32, bytes: &[u8]) -> Result<String, BucketError> {
        let mut state = self.lock();
        state.operations.push(Operation::Part(number, bytes.len()));
        let upload = state.uploads.get_mut(id).ok_or(BucketError::NoSuchUpload)?;
        let etag = etag(bytes);
        upload.parts.insert(number, (etag.clone(), bytes.into()));
        Ok(etag)
    }

    /// Whether the parts of an upload have SHA-256, if there is such an upload.
    pub(super) fn has_sha256(&self, id: &str) -> Option<bool> {
        self.lock().uploads.get(id).map(|upload| upload.has_sha256)
    }

    /// The parts after one.
    pub(super) fn parts(&self, id: &str, after: u32) -> Result<Vec<BucketPart>, BucketError> {
        let state = self.lock();
        let upload = state.uploads.get(id).ok_or(BucketError::NoSuchUpload)?;
        let part = |(number, (etag, bytes)): (&u32, &(String, Arc<[u8]>))| {
            let sha256 = upload.has_sha256.then(|| sha256(bytes));
            BucketPart { number: *number, etag: etag.clone(), length: bytes.len(), sha256 }
        };
        Ok(upload.parts.range(after + 1..).map(part).collect())
    }

    pub(super) fn complete(&self, id: &str, parts: &[(u32, String)]) -> Result<(), BucketError> {
        let mut state = self.lock();
        let upload = state.uploads.get(id).ok_or(BucketError::NoSuchUpload)?;
        let (mut bytes, mut digests) = (Vec::new(), Vec::new());
        for (index, (number, etag)) in parts.iter().enumerate() {
            let part = upload.parts.get(number).filter(|(found, _)| found == etag);
            let (_, part) = part.ok_or(BucketError::InvalidPart)?;
            if index + 1 < parts.len() && part.len() < self.least_part {
                return Err(BucketError::EntityTooSmall);
            }
            bytes.extend_from_slice(part);
            digests.extend(Md5::digest(part));
        }
        let etag = format!("\"{}-{}\"", hex(&digests), parts.len());
        let object = Object { bytes: bytes.into(), tag: upload.tag.clone(), etag };
        let key = upload.key.clone();
        state.operations.push(Operation::Complete(parts.len()));
        state.uploads.remove(id);
        state.objects.insert(key, object);
        Ok(())
    }

    /// Removes an upload, as a user or a rule of the bucket may do.
    pub fn abort(&self, id: &str) -> Result<(), BucketError> {
        let mut state = self.lock();
        state.operations.push(Operation::Abort);
        state.uploads.remove(id).map(drop).ok_or(BucketError::NoSuchUpload)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The `ETag` of bytes that were written in one piece.
fn etag(bytes: &[u8]) -> String {
    format!("\"{}\"", hex(bytes))
}

/// The SHA-256 of `bytes`, in Base64.
pub(super) fn sha256(bytes: &[u8]) -> String {
    STANDARD.encode(digest(&SHA256, bytes))
}

/// The MD5 of `bytes`.
fn hex(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
