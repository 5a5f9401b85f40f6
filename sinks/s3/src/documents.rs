//! Small objects that are read and replaced as a whole, under a condition.

use std::{
    hash::{BuildHasher, RandomState},
    io::{self, Cursor, Read},
    sync::Arc,
};

use http::Method;
use longhaul_core::{
    client::Answer,
    object_store::{Content, Document, Documents, Expected, ObjectStore, StoreError, StoreErrorKind},
};

use crate::{
    checksum::Kinds,
    store::{S3Store, TAG, etag, set},
    xml::Element,
};

impl Documents for S3Store {
    fn shown(&self, key: &str) -> String {
        ObjectStore::shown(self, key)
    }

    fn read(&self, key: &str) -> Result<Option<Document>, StoreError> {
        Ok(self.read_tagged(key)?.map(|(document, _)| document))
    }

    fn write(&self, key: &str, content: Vec<u8>, expected: Expected<'_>) -> Result<String, StoreError> {
        let tag = format!("{:016x}", RandomState::new().hash_one(key));
        let mut request = self.request(Method::PUT, key, &[]);
        set(&mut request, TAG, &tag)?;
        match expected {
            Expected::Any => {}
            Expected::Absent => set(&mut request, "if-none-match", "*")?,
            Expected::Version(version) => set(&mut request, "if-match", version)?,
        }
        let content: Arc<dyn Content> = Arc::new(InMemory(content.into()));
        // What is not confirmed would be sent again, and that would fail because of the condition.
        let sent = self.send_verified(&request, &content, Kinds::Md5);
        match sent.map(|sent| sent.etag) {
            Err(error) if error.kind() == StoreErrorKind::Conflict => match self.read_tagged(key)? {
                // It was written, but the answer was lost, and the request was sent again.
                Some((found, found_tag)) if found_tag.as_deref() == Some(&tag) => Ok(found.version),
                _ => Err(error),
            },
            written => written,
        }
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, StoreError> {
        let (mut keys, mut after) = (Vec::new(), String::new());
        loop {
            let parameters = [("list-type", "2"), ("prefix", prefix), ("start-after", &after)];
            let parameters: Vec<_> = parameters.into_iter().filter(|(_, value)| !value.is_empty()).collect();
            let document =
                self.send(&self.request(Method::GET, "", &parameters), "s3:ListBucket", |answer| {
                    Element::read(&answer.response.body)
                })?;
            let before = keys.len();
            let found = document.all("Contents").filter_map(|object| object.text("Key"));
            keys.extend(found.map(str::to_owned));
            // A store that sends nothing new would send it forever.
            if document.word("IsTruncated") != Some("true") || keys.len() == before {
                return Ok(keys);
            }
            after = keys.last().cloned().unwrap_or_default();
        }
    }

    fn remove(&self, key: &str) -> Result<(), StoreError> {
        self.send(&self.request(Method::DELETE, key, &[]), "s3:DeleteObject", |_| Some(()))
    }
}

impl S3Store {
    /// An object, with its tag.
    fn read_tagged(&self, key: &str) -> Result<Option<(Document, Option<String>)>, StoreError> {
        let permission = "s3:GetObject";
        let found = self.try_send(&self.request(Method::GET, key, &[]), permission, |answer: &Answer| {
            let tag = answer.response.header(TAG).map(str::to_owned);
            let content = answer.response.body.clone();
            Some((Document { content, version: etag(answer)? }, tag))
        })?;
        match found {
            Ok(found) => Ok(Some(found)),
            Err(refusal) if refusal.is_no_such_key() => Ok(None),
            Err(refusal) => Err(self.refused(&refusal, permission)),
        }
    }
}

/// Bytes in memory.
#[derive(Debug)]
struct InMemory(Arc<[u8]>);

impl Content for InMemory {
    fn length(&self) -> u64 {
        self.0.len() as u64
    }

    fn open(&self) -> io::Result<Box<dyn Read>> {
        Ok(Box::new(Cursor::new(Arc::clone(&self.0))))
    }
}
