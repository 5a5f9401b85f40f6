//! Small objects, which are read and replaced under a condition.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use http::Method;
use longhaul_core::object_store::{Documents, Expected, StoreErrorKind};
use longhaul_tests::{Bucket, S3Server, s3_error};

use super::support::{chain, store};

#[test]
fn an_object_is_replaced_only_if_it_is_as_expected() {
    let server = S3Server::start();
    let store = store(&server);
    assert_eq!(store.read("a b").unwrap(), None);
    let first = store.write("a b", b"1".to_vec(), Expected::Absent).unwrap();
    let found = store.read("a b").unwrap().unwrap();
    assert_eq!((found.content.as_slice(), &found.version), (b"1".as_slice(), &first));
    let second = store.write("a b", b"2".to_vec(), Expected::Version(&first)).unwrap();
    for expected in [Expected::Absent, Expected::Version(&first)] {
        let error = store.write("a b", b"3".to_vec(), expected).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Conflict);
        assert_eq!(chain(&error, &server.url()), "another run has written it in the meantime");
    }
    assert_eq!(store.read("a b").unwrap().unwrap().version, second);
    store.write("a b", Vec::new(), Expected::Any).unwrap();
    assert_eq!(store.read("a b").unwrap().unwrap().content, b"");
    store.remove("a b").unwrap();
    store.remove("a b").unwrap();
    assert_eq!(store.read("a b").unwrap(), None);
    let gone = s3_error(404, "NoSuchKey", "The specified key does not exist.");
    let server = S3Server::with_faults(move |_| Some(gone.clone().into()));
    let error =
        super::support::store(&server).write("k", Vec::new(), Expected::Version("\"x\"")).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Conflict);
    assert_eq!(chain(&error, &server.url()), "it was removed in the meantime");
}

/// The stand-in lists three at a time.
#[test]
fn all_keys_of_a_prefix_are_listed() {
    let server = S3Server::start();
    let keys: Vec<_> = (0..8).map(|number| format!("state/{number}")).collect();
    for key in &keys {
        server.bucket().put_plain(key, b"");
    }
    server.bucket().put_plain("other", b"");
    assert_eq!(store(&server).list("state/").unwrap(), keys);
    assert_eq!(store(&server).list("").unwrap().len(), 9);
    assert_eq!(store(&server).list("absent/").unwrap(), [""; 0]);
}

#[test]
fn spaces_around_a_key_are_part_of_it() {
    let server = S3Server::start();
    // More than are listed at a time.
    let keys = [" a", " a ", " a  ", " b ", "a "];
    for key in keys {
        server.bucket().put_plain(key, key.as_bytes());
    }
    assert_eq!(store(&server).list("").unwrap(), keys);
    for key in keys {
        assert_eq!(store(&server).read(key).unwrap().unwrap().content, key.as_bytes());
    }
}

/// The store has written the object, but the answer is an error. Sent again, the request finds another version.
#[test]
fn an_object_that_was_written_although_the_answer_was_lost_is_no_conflict() {
    let bucket: Arc<OnceLock<Bucket>> = Arc::default();
    let (of_faults, is_first) = (Arc::clone(&bucket), AtomicBool::new(true));
    let server = S3Server::with_faults(move |received| {
        if received.method != Method::PUT || !is_first.swap(false, Ordering::SeqCst) {
            return None;
        }
        let tag = received.header("x-amz-meta-longhaul");
        of_faults.get().unwrap().put("k", tag, &received.body);
        Some(s3_error(503, "SlowDown", "Please reduce your request rate.").into())
    });
    bucket.set(server.bucket().clone()).unwrap();
    let version = store(&server).write("k", b"1".to_vec(), Expected::Absent).unwrap();
    assert_eq!(store(&server).read("k").unwrap().unwrap().version, version);
    let puts = server.received().iter().filter(|received| received.method == Method::PUT).count();
    assert_eq!(puts, 2);
}

#[test]
fn an_outage_may_pass() {
    let busy = s3_error(503, "SlowDown", "Please reduce your request rate.");
    let server = S3Server::with_faults(move |_| Some(busy.clone().into()));
    let error = store(&server).read("k").unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
}
