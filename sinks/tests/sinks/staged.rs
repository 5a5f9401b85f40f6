//! Several processes that upload the same object: what is published, what a store that fails changes, and what is left.

use std::{io::Read, path::Path, sync::Arc};

use longhaul_core::sink::Variables;
use longhaul_sinks::{Published, StagedObject};
use longhaul_tests::{Bucket, MemoryStore, SimulatedDisk};

use super::support::object_path;

const KEY: &str = "out/users.x";
/// Short, so that a file has several parts.
const PART: u64 = 40;
const FILE: &str = "/files/users";

fn bucket() -> Bucket {
    Bucket::new(usize::try_from(PART).unwrap())
}

/// The object, and a file for it.
fn object(store: MemoryStore, content: &[u8]) -> StagedObject {
    let disk = SimulatedDisk::new();
    disk.put(FILE, content);
    let path = object_path("s3://bucket/out/{stream}.x", Arc::new(store), disk.handle());
    path.object(&Variables::new("users", "/")).unwrap()
}

fn length(content: &[u8]) -> u64 {
    u64::try_from(content.len()).unwrap()
}

#[test]
fn an_upload_is_visible_once_it_is_published() {
    for content in [b"".to_vec(), b"a".to_vec(), b"x".repeat(40), b"0123456789".repeat(13)] {
        let bucket = bucket();
        let object = object(MemoryStore::new(bucket.clone(), PART), &content);
        let upload = object.upload(Path::new(FILE), length(&content), "mine").unwrap();
        assert_eq!(bucket.object(KEY), None);
        for _ in 0..2 {
            let published = object.publish(&upload, length(&content), "mine").unwrap();
            assert_eq!(published, Published::Complete);
            assert_eq!(bucket.object(KEY).as_ref(), Some(&content));
        }
        let mut read = Vec::new();
        object.open().unwrap().read_to_end(&mut read).unwrap();
        assert_eq!(read, content);
    }
}

#[test]
fn the_other_uploads_are_removed_and_cannot_be_published() {
    let bucket = bucket();
    let content = b"0123456789".repeat(13);
    let object = object(MemoryStore::new(bucket.clone(), PART), &content);
    let [mine, other] = ["mine", "other"].map(|tag| object.upload(Path::new(FILE), 130, tag).unwrap());
    assert_eq!(object.publish(&mine, 130, "mine").unwrap(), Published::Complete);
    object.abort_all().unwrap();
    assert_eq!(bucket.uploads(), []);
    assert_eq!(object.publish(&other, 130, "other").unwrap(), Published::Lost(Some(130)));
    bucket.remove(KEY);
    assert_eq!(object.publish(&mine, 130, "mine").unwrap(), Published::Lost(None));
}

#[test]
fn an_upload_that_lacks_a_part_is_not_published() {
    let bucket = bucket();
    let object = object(MemoryStore::new(bucket.clone(), PART), &b"0123456789".repeat(13));
    let upload = object.upload(Path::new(FILE), 130, "mine").unwrap();
    let error = object.publish(&upload, 131, "mine").unwrap_err();
    assert_eq!(error.to_string(), "cannot publish `s3://bucket/out/users.x`");
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "its upload has 130 of 131 bytes");
    assert_eq!(bucket.object(KEY), None);
}

#[test]
fn a_store_that_fails_at_any_call_publishes_the_upload_or_nothing() {
    let content = b"0123456789".repeat(13);
    let publish = |object: &StagedObject| {
        let upload = object.upload(Path::new(FILE), 130, "mine")?;
        object.publish(&upload, 130, "mine")?;
        object.abort_all().map(|()| upload)
    };
    let calls = {
        let (bucket, store) = (bucket(), |bucket| MemoryStore::new(bucket, PART));
        publish(&object(store(bucket.clone()), &content)).unwrap();
        let operations = bucket.operations().len();
        // Beginning, four parts and completing change the bucket; the others ask it.
        assert_eq!(operations, 6);
        operations + 3
    };
    for (at, is_seen) in (0..calls).flat_map(|at| [false, true].map(|is_seen| (at, is_seen))) {
        let bucket = bucket();
        let store = MemoryStore::new(bucket.clone(), PART).failing_at(at, is_seen);
        let what = format!("call {at}, {}", if is_seen { "seen" } else { "not seen" });
        assert!(publish(&object(store, &content)).is_err(), "{what} went unnoticed");
        assert!(bucket.object(KEY).is_none_or(|found| found == content), "{what}");
        publish(&object(MemoryStore::new(bucket.clone(), PART), &content)).unwrap();
        assert_eq!(bucket.object(KEY).as_ref(), Some(&content), "{what}");
        assert_eq!(bucket.uploads(), [], "{what}: an upload is left");
    }
}
