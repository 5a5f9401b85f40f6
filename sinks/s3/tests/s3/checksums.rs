//! Which checksums are sent, and what happens to bytes that are damaged.

use std::sync::atomic::{AtomicUsize, Ordering};

use http::Method;
use longhaul_core::object_store::{Documents, Expected, ObjectStore, StoreErrorKind, Upload};
use longhaul_s3::S3Store;
use longhaul_tests::{Operation, Received, Reply, S3Checksums, S3Server};

use super::support::{bytes, chain, store};

const MD5: &str = "content-md5";
const SHA256: &str = "x-amz-checksum-sha256";
const ALGORITHM: &str = "x-amz-checksum-algorithm";

const HEADERS: [&str; 3] = [MD5, SHA256, ALGORITHM];

/// A part that need not be the last one.
fn part(content: u8) -> Vec<u8> {
    vec![content; 5 << 20]
}

/// Uploads an object of two parts.
fn upload_to(store: &S3Store) {
    let upload = store.begin("k", "t").unwrap();
    let etags = [part(b'a'), b"end".to_vec()];
    let etags =
        [1, 2].map(|number| store.put_part(&upload, number, &bytes(&*etags[number as usize - 1])).unwrap());
    store.complete(&upload, &etags).unwrap();
}

fn assert_uploaded(server: &S3Server) {
    let expected = [part(b'a'), b"end".to_vec()].concat();
    assert!(server.bucket().object("k") == Some(expected), "the object has other bytes");
    assert_eq!(server.bucket().uploads(), [], "no upload is left");
}

/// The checksums of all requests that have one, in order.
fn sent(server: &S3Server) -> Vec<Vec<&'static str>> {
    let of_one = |received: &Received| {
        HEADERS.into_iter().filter(|name| received.header(name).is_some()).collect::<Vec<_>>()
    };
    server.received().iter().map(of_one).filter(|names| !names.is_empty()).collect()
}

#[test]
fn a_store_that_compares_sha256_gets_nothing_else_with_parts() {
    let server = S3Server::start();
    let store = store(&server);
    store.put("before", "t", &bytes("x")).unwrap();
    upload_to(&store);
    store.put("after", "t", &bytes("x")).unwrap();
    assert_uploaded(&server);
    assert_eq!(sent(&server), [vec![MD5], vec![ALGORITHM], vec![SHA256], vec![SHA256], vec![SHA256]]);
    // A document may not be sent twice.
    store.write("state", b"x".to_vec(), Expected::Absent).unwrap();
    assert_eq!(sent(&server).last().unwrap(), &[MD5]);
}

#[test]
fn a_store_that_does_not_know_sha256_gets_md5() {
    let server = S3Server::with(S3Checksums::Ignored, |_| None);
    upload_to(&store(&server));
    assert_uploaded(&server);
    assert_eq!(sent(&server), [vec![ALGORITHM], vec![MD5], vec![MD5]]);
}

#[test]
fn an_unknown_header_that_is_refused_is_left_out() {
    for status in [400, 501] {
        let server = S3Server::with(S3Checksums::Refused(status), |_| None);
        let store = store(&server);
        store.check().unwrap();
        store.put("before", "t", &bytes("x")).unwrap();
        upload_to(&store);
        assert_uploaded(&server);
        assert_eq!(sent(&server), [vec![MD5], vec![ALGORITHM], vec![MD5], vec![MD5]]);
        let begun = server.bucket().operations().iter().filter(|made| **made == Operation::Begin).count();
        assert_eq!(begun, 1);
    }
}

/// The answer to the beginning is not enough: moto promises SHA-256, but does not compare it.
#[test]
fn a_part_that_is_not_confirmed_is_sent_again_with_its_md5() {
    let server = S3Server::with(S3Checksums::Promised, |_| None);
    let store = store(&server);
    upload_to(&store);
    store.put("after", "t", &bytes("x")).unwrap();
    assert_uploaded(&server);
    let both = vec![MD5, SHA256];
    assert_eq!(sent(&server), [vec![ALGORITHM], vec![SHA256], both.clone(), both, vec![MD5]]);
}

#[test]
fn an_object_that_is_not_confirmed_is_sent_again_with_its_md5() {
    let server = S3Server::with_faults(|received| {
        let is_alone = received.url.path().ends_with("/other") && received.header(MD5).is_none();
        is_alone.then(|| Reply::status(200).header("etag", "\"x\"").into())
    });
    let store = store(&server);
    upload_to(&store);
    store.put("other", "t", &bytes("x")).unwrap();
    assert_eq!(server.bucket().object("other").as_deref(), Some(b"x".as_slice()));
    assert_eq!(sent(&server)[3..], [vec![SHA256], vec![MD5, SHA256]]);
}

#[test]
fn an_upload_is_resumed_with_the_checksums_that_it_was_begun_with() {
    let server = S3Server::start();
    let first = store(&server);
    let with = first.begin("with", "t").unwrap();
    let without = Upload { key: "without".to_owned(), id: server.bucket().begin_plain("without") };
    for (upload, expected) in [(with, SHA256), (without, MD5)] {
        let etag = store(&server).put_part(&upload, 1, &bytes(part(b'a'))).unwrap();
        let etags = [etag, store(&server).put_part(&upload, 2, &bytes("end")).unwrap()];
        assert_eq!(sent(&server).last().unwrap(), &[expected], "{upload:?}");
        store(&server).complete(&upload, &etags).unwrap();
        let object = server.bucket().object(&upload.key);
        assert!(object == Some([part(b'a'), b"end".to_vec()].concat()), "{upload:?}");
    }
}

#[test]
fn a_part_that_is_replaced_has_a_new_checksum() {
    let server = S3Server::start();
    let store = store(&server);
    let upload = store.begin("k", "t").unwrap();
    store.put_part(&upload, 1, &bytes("one")).unwrap();
    store.parts(&upload).unwrap();
    let etag = store.put_part(&upload, 1, &bytes("two")).unwrap();
    store.complete(&upload, &[etag]).unwrap();
    assert_eq!(server.bucket().object("k").as_deref(), Some(b"two".as_slice()));
}

#[test]
fn a_part_that_is_damaged_on_its_way_is_sent_again() {
    for checksums in [S3Checksums::Verified, S3Checksums::Ignored] {
        let server = S3Server::with_damage(checksums, 2);
        upload_to(&store(&server));
        assert_uploaded(&server);
        let parts = |received: &&Received| received.query("partNumber").is_some();
        assert_eq!(server.received().iter().filter(parts).count(), 4);
    }
}

#[test]
fn a_part_that_is_always_damaged_is_an_error() {
    for checksums in [S3Checksums::Verified, S3Checksums::Ignored] {
        let server = S3Server::with_damage(checksums, usize::MAX);
        let store = store(&server);
        let upload = store.begin("k", "t").unwrap();
        let error = store.put_part(&upload, 1, &bytes("one")).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unavailable);
        let lines = [
            "http://store did not take the request",
            "`PUT http://store/data/k` failed 3 times",
            "the server answered 400 Bad Request",
        ];
        assert_eq!(chain(&error, &server.url()), lines.join("\n"));
        assert_eq!(server.bucket().operations(), [Operation::Begin]);
    }
}

#[test]
fn another_sha256_than_was_sent_is_an_error() {
    const OTHER: &str = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
    let parts = AtomicUsize::new(0);
    let server = S3Server::with_faults(move |received| {
        let is_part = received.method == Method::PUT && received.query("partNumber").is_some();
        let is_other = is_part && parts.fetch_add(1, Ordering::SeqCst) == 0;
        is_other.then(|| Reply::status(200).header("etag", "\"x\"").header(SHA256, OTHER).into())
    });
    let store = store(&server);
    let upload = store.begin("k", "t").unwrap();
    let error = store.put_part(&upload, 1, &bytes("one")).unwrap_err();
    assert_eq!(
        chain(&error, &server.url()),
        format!("http://store has other bytes than were sent (its SHA-256 is {OTHER})")
    );
}
