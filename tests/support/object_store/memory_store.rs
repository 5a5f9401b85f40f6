//! An object store in memory.

use std::{
    io::Read,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use longhaul_core::object_store::{
    Content, Document, Documents, Expected, ObjectStore, StoreError, StoreErrorKind, StoredObject,
    StoredPart, Upload,
};

use super::bucket::{Bucket, BucketError, BucketPart};

/// A bucket as an [`ObjectStore`], whose parts are short. From one of its calls on, it may fail.
#[derive(Debug)]
pub struct MemoryStore {
    bucket: Bucket,
    part_length: u64,
    calls: AtomicUsize,
    /// The call that fails, and whether the bucket has seen it.
    fault: Option<(usize, bool)>,
}

impl MemoryStore {
    /// A store of `bucket`.
    pub fn new(bucket: Bucket, part_length: u64) -> Self {
        Self { bucket, part_length, calls: AtomicUsize::new(0), fault: None }
    }

    /// The call with this number, from 0, and all later ones fail. If `is_seen`, the first of them is carried out.
    #[must_use]
    pub fn failing_at(self, call: usize, is_seen: bool) -> Self {
        Self { fault: Some((call, is_seen)), ..self }
    }

    /// The number of calls so far.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn call<T>(&self, work: impl FnOnce() -> Result<T, BucketError>) -> Result<T, StoreError> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        let unavailable = || Err(StoreError::new(StoreErrorKind::Other, "the store is gone"));
        match self.fault {
            Some((at, true)) if call == at => {
                drop(work());
                return unavailable();
            }
            Some((at, _)) if call >= at => return unavailable(),
            _ => {}
        }
        work().map_err(|error| {
            let kind = match error {
                BucketError::NoSuchUpload => StoreErrorKind::NoSuchUpload,
                BucketError::InvalidPart => StoreErrorKind::InvalidPart,
                BucketError::EntityTooSmall => StoreErrorKind::Other,
                BucketError::PreconditionFailed => StoreErrorKind::Conflict,
            };
            StoreError::new(kind, format!("the store answers {error:?}"))
        })
    }
}

fn bytes(content: &Arc<dyn Content>) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    let read = content.open().and_then(|mut content| content.read_to_end(&mut bytes));
    read.map_err(|error| {
        StoreError::new(StoreErrorKind::Other, "the content cannot be read").because(error)
    })?;
    assert_eq!(bytes.len() as u64, content.length(), "a content has the length that it says");
    Ok(bytes)
}

impl ObjectStore for MemoryStore {
    fn shown(&self, key: &str) -> String {
        format!("s3://bucket/{key}")
    }

    fn part_length(&self, _: u32) -> u64 {
        self.part_length
    }

    fn check(&self) -> Result<(), StoreError> {
        self.call(|| Ok(()))
    }

    fn put(&self, key: &str, tag: &str, content: &Arc<dyn Content>) -> Result<(), StoreError> {
        let bytes = bytes(content)?;
        self.call(|| {
            self.bucket.put(key, Some(tag), &bytes);
            Ok(())
        })
    }

    fn begin(&self, key: &str, tag: &str) -> Result<Upload, StoreError> {
        let id = self.call(|| Ok(self.bucket.begin(key, Some(tag), false)))?;
        Ok(Upload { key: key.to_owned(), id })
    }

    fn put_part(
        &self,
        upload: &Upload,
        number: u32,
        content: &Arc<dyn Content>,
    ) -> Result<String, StoreError> {
        let bytes = bytes(content)?;
        self.call(|| self.bucket.put_part(&upload.id, number, &bytes))
    }

    fn parts(&self, upload: &Upload) -> Result<Vec<StoredPart>, StoreError> {
        let parts = self.call(|| self.bucket.parts(&upload.id, 0))?;
        let stored = |BucketPart { number, etag, length, .. }| {
            let length = length as u64;
            StoredPart { number, etag, length }
        };
        Ok(parts.into_iter().map(stored).collect())
    }

    fn complete(&self, upload: &Upload, etags: &[String]) -> Result<(), StoreError> {
        let parts: Vec<_> = (1..).zip(etags.iter().cloned()).collect();
        self.call(|| self.bucket.complete(&upload.id, &parts))
    }

    fn abort(&self, upload: &Upload) -> Result<(), StoreError> {
        self.call(|| self.bucket.abort(&upload.id).or(Ok(())))
    }

    fn uploads(&self, key: &str) -> Result<Vec<Upload>, StoreError> {
        let all = self.call(|| Ok(self.bucket.uploads()))?;
        let of_key = all.into_iter().filter(|(_, found)| found == key);
        Ok(of_key.map(|(id, key)| Upload { key, id }).collect())
    }

    fn find(&self, key: &str) -> Result<Option<StoredObject>, StoreError> {
        let found = self.call(|| Ok(self.bucket.find(key)))?;
        Ok(found.map(|(length, tag, _)| StoredObject { length: length as u64, tag }))
    }

    fn read_range(&self, key: &str, from: u64, length: u64) -> Result<Vec<u8>, StoreError> {
        let found = self.call(|| Ok(self.bucket.object(key)))?;
        let range = usize::try_from(from).ok().zip(usize::try_from(from + length).ok());
        let found = found.zip(range).and_then(|(bytes, (from, to))| Some(bytes.get(from..to)?.to_vec()));
        found.ok_or_else(|| StoreError::new(StoreErrorKind::Other, "there is no such range"))
    }
}

impl Documents for MemoryStore {
    fn shown(&self, key: &str) -> String {
        ObjectStore::shown(self, key)
    }

    fn read(&self, key: &str) -> Result<Option<Document>, StoreError> {
        let found = self.call(|| Ok(self.bucket.document(key)))?;
        Ok(found.map(|(content, version)| Document { content, version }))
    }

    fn write(&self, key: &str, content: Vec<u8>, expected: Expected<'_>) -> Result<String, StoreError> {
        self.call(|| match expected {
            Expected::Any => Ok(self.bucket.put(key, None, &content)),
            Expected::Absent => self.bucket.put_if(key, None, &content, None),
            Expected::Version(version) => self.bucket.put_if(key, None, &content, Some(version)),
        })
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let keys = self.call(|| Ok(self.bucket.keys()))?;
        Ok(keys.into_iter().filter(|key| key.starts_with(prefix)).collect())
    }

    fn remove(&self, key: &str) -> Result<(), StoreError> {
        self.call(|| {
            self.bucket.remove(key);
            Ok(())
        })
    }
}
