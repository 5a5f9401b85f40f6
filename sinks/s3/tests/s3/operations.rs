//! What a store does.

use std::sync::atomic::{AtomicUsize, Ordering};

use http::Method;
use longhaul_core::object_store::{ObjectStore, StoreErrorKind, StoredObject, Upload};
use longhaul_tests::{Operation, Reaction, Received, Reply, S3Server, s3_error};

use super::support::{SECRET_KEY, bytes, chain, store};

const MIB: usize = 1 << 20;

#[test]
fn an_object_is_written_in_one_piece_and_found_again() {
    let server = S3Server::start();
    let store = store(&server);
    store.check().unwrap();
    store.put("a b/ü+c.ndjson", "the-tag", &bytes("{}\n")).unwrap();
    assert_eq!(server.bucket().object("a b/ü+c.ndjson").as_deref(), Some(b"{}\n".as_slice()));
    let found = StoredObject { length: 3, tag: Some("the-tag".to_owned()) };
    assert_eq!(store.find("a b/ü+c.ndjson").unwrap(), Some(found));
    assert_eq!(store.find("absent").unwrap(), None);
    store.put("empty", "t", &bytes("")).unwrap();
    assert_eq!(store.find("empty").unwrap().map(|found| found.length), Some(0));
    server.bucket().put_plain("other", b"x");
    assert_eq!(store.find("other").unwrap(), Some(StoredObject { length: 1, tag: None }));
    for request in server.received() {
        assert!(!format!("{request:?}").contains(SECRET_KEY), "the secret key is never sent");
    }
}

#[test]
fn an_upload_becomes_an_object_when_it_is_complete() {
    let server = S3Server::start();
    let store = store(&server);
    let upload = store.begin("k", "the-tag").unwrap();
    let parts = [vec![b'a'; 5 * MIB], vec![b'b'; 5 * MIB], b"end".to_vec()];
    let etags: Vec<_> = (1..)
        .zip(&parts)
        .map(|(number, part)| store.put_part(&upload, number, &bytes(part.clone())).unwrap())
        .collect();
    assert_eq!(store.find("k").unwrap(), None, "nothing is visible before");
    let listed = store.parts(&upload).unwrap();
    assert_eq!(listed.iter().map(|part| part.etag.clone()).collect::<Vec<_>>(), etags);
    assert_eq!(listed.iter().map(|part| part.length).collect::<Vec<_>>(), [5 << 20, 5 << 20, 3]);
    store.complete(&upload, &etags).unwrap();
    assert_eq!(server.bucket().object("k").unwrap(), parts.concat());
    assert_eq!(store.find("k").unwrap().unwrap().tag.as_deref(), Some("the-tag"));
    assert_eq!(server.bucket().uploads(), []);
    assert_eq!(store.parts(&upload).unwrap_err().kind(), StoreErrorKind::NoSuchUpload);
    assert_eq!(store.complete(&upload, &etags).unwrap_err().kind(), StoreErrorKind::NoSuchUpload);
    store.abort(&upload).unwrap();
}

/// The stand-in lists three at a time.
#[test]
fn long_listings_are_read_to_their_end() {
    let server = S3Server::start();
    let store = store(&server);
    let upload = store.begin("k", "t").unwrap();
    for number in 1..=7 {
        store.put_part(&upload, number, &bytes(format!("part {number}"))).unwrap();
    }
    let numbers: Vec<_> = store.parts(&upload).unwrap().iter().map(|part| part.number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7]);
    for key in ["other", " other "] {
        let mut ids: Vec<_> = (0..5).map(|_| store.begin(key, "t").unwrap().id).collect();
        store.begin(&format!("{key}.x"), "t").unwrap();
        let mut found: Vec<_> = store.uploads(key).unwrap().into_iter().map(|Upload { id, .. }| id).collect();
        ids.sort();
        found.sort();
        assert_eq!(found, ids, "only those of this key");
    }
}

#[test]
fn a_part_with_another_etag_is_not_accepted() {
    let server = S3Server::start();
    let store = store(&server);
    let upload = store.begin("k", "t").unwrap();
    store.put_part(&upload, 1, &bytes("one")).unwrap();
    let error = store.complete(&upload, &["\"0123\"".to_owned()]).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::InvalidPart);
    assert_eq!(
        chain(&error, &server.url()),
        "http://store refuses the request\nthe store answered 400: `InvalidPart`: It was not accepted"
    );
}

/// A server whose first answers to these requests are `reaction`.
fn faulty(times: usize, is_it: fn(&Received) -> bool, reaction: fn() -> Reaction) -> S3Server {
    let left = AtomicUsize::new(times);
    S3Server::with_faults(move |received| {
        let is_left = |left: usize| left.checked_sub(1);
        let hits = is_it(received) && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, is_left).is_ok();
        hits.then(reaction)
    })
}

fn is_part(received: &Received) -> bool {
    received.query("partNumber").is_some()
}

#[test]
fn what_may_pass_is_sent_again() {
    let slow_down = || s3_error(503, "SlowDown", "Please reduce your request rate.").into();
    let reactions: [fn() -> Reaction; 6] = [
        slow_down,
        || s3_error(500, "InternalError", "We encountered an internal error.").into(),
        || s3_error(400, "RequestTimeout", "Your socket connection was not read from in time.").into(),
        || s3_error(400, "BadDigest", "The Content-MD5 you specified did not match.").into(),
        || Reaction::Close,
        || Reaction::Reset,
    ];
    for reaction in reactions {
        let server = faulty(2, is_part, reaction);
        let store = store(&server);
        let upload = store.begin("k", "t").unwrap();
        let etag = store.put_part(&upload, 1, &bytes("one")).unwrap();
        store.complete(&upload, &[etag]).unwrap();
        assert_eq!(server.bucket().object("k").as_deref(), Some(b"one".as_slice()));
        assert_eq!(server.received().iter().filter(|received| is_part(received)).count(), 3);
    }
}

#[test]
fn an_error_after_a_success_is_an_error() {
    let is_complete =
        |received: &Received| received.method == Method::POST && received.query("uploadId").is_some();
    let failed = || {
        let Reply { body, headers, .. } = s3_error(200, "InternalError", "We encountered an internal error.");
        Reply { status: 200, body, headers }.into()
    };
    let server = faulty(1, is_complete, failed);
    let store = store(&server);
    let upload = store.begin("k", "t").unwrap();
    let etag = store.put_part(&upload, 1, &bytes("one")).unwrap();
    store.complete(&upload, &[etag]).unwrap();
    assert!(server.bucket().object("k").is_some());
    // An answer that is cut off is none.
    let server = faulty(1, is_complete, || Reply::status(200).into());
    let store = super::support::store(&server);
    let upload = store.begin("k", "t").unwrap();
    let etag = store.put_part(&upload, 1, &bytes("one")).unwrap();
    store.complete(&upload, &[etag]).unwrap();
    assert!(server.bucket().object("k").is_some());
}

#[test]
fn an_upload_whose_beginning_is_not_known_leaves_nothing_behind() {
    // The server has begun the upload, but the answer is lost.
    let begun = AtomicUsize::new(0);
    let server = std::sync::Arc::new(std::sync::OnceLock::<S3Server>::new());
    let of_faults = std::sync::Arc::downgrade(&server);
    let started = S3Server::with_faults(move |received| {
        let is_begin = received.method == Method::POST && received.query("uploads").is_some();
        if is_begin && begun.fetch_add(1, Ordering::SeqCst) == 0 {
            let server = of_faults.upgrade()?;
            server.get()?.bucket().begin_plain("k");
            return Some(Reaction::Close);
        }
        None
    });
    let server = {
        server.set(started).unwrap();
        server
    };
    let server = server.get().unwrap();
    let store = store(server);
    let upload = store.begin("k", "t").unwrap();
    let ids: Vec<_> = server.bucket().uploads().into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, [upload.id]);
    let expected = [Operation::Begin, Operation::Abort, Operation::Begin];
    assert_eq!(server.bucket().operations(), expected);
}

#[test]
fn other_bytes_than_were_sent_are_noticed() {
    let server = faulty(
        9,
        |_| true,
        || Reply::status(200).header("etag", "\"0123456789abcdef0123456789abcdef\"").into(),
    );
    let error = store(&server).put("k", "t", &bytes("one")).unwrap_err();
    assert_eq!(
        chain(&error, &server.url()),
        "http://store has other bytes than were sent (its ETag is \"0123456789abcdef0123456789abcdef\")"
    );
}
