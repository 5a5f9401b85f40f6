//! Pulls whose state is in an object store: what the store has after runs that are killed, and two runs at once.

use std::{sync::Arc, time::Duration};

use longhaul_core::{
    object_store::{Documents, StoreError, StoreErrorKind},
    pull::PullError,
    state::{State, StateError, StateFile, Summary},
};
use longhaul_tests::{Bucket, MemoryStore, SimulatedDisk, chain};

use super::{Scenario, scenarios};

fn file_in(store: &Arc<MemoryStore>, machine: &str) -> StateFile {
    StateFile::in_store(Arc::clone(store) as Arc<dyn Documents>, "state/", machine, "calls")
}

fn run(scenario: &Scenario, disk: &SimulatedDisk, store: &Arc<MemoryStore>) -> Result<Summary, PullError> {
    let (setup, source) = (scenario.pull)();
    scenario.run_saving(&file_in(store, "here"), disk, &setup, &source)
}

fn store(bucket: &Bucket) -> MemoryStore {
    MemoryStore::new(bucket.clone(), 1 << 20)
}

/// The run fails at each call of the store, which has or has not seen it, and is then resumed.
#[track_caller]
fn assert_recovers(scenario: &Scenario) {
    let disk = scenario.disk();
    let bucket = Bucket::new(0);
    let undisturbed = Arc::new(store(&bucket));
    run(scenario, &disk, &undisturbed).unwrap_or_else(|error| panic!("{}", chain(&error)));
    let expected = Scenario::files(&disk);
    let keys = bucket.keys();
    for call in 0..undisturbed.calls() {
        for is_seen in [false, true] {
            let (disk, bucket) = (scenario.disk(), Bucket::new(0));
            let failing = Arc::new(store(&bucket).failing_at(call, is_seen));
            let _ = run(scenario, &disk, &failing);
            let what = format!("call {call}, seen: {is_seen}");
            let (disk, whole) = (disk.after_kill(), Arc::new(store(&bucket)));
            if file_in(&whole, "here").load().unwrap().complete.is_none() {
                run(scenario, &disk, &whole).unwrap_or_else(|error| panic!("{what}: {}", chain(&error)));
            }
            assert!(Scenario::files(&disk) == expected, "{what}: the files differ");
            assert_eq!(file_in(&whole, "here").load().unwrap().unfinished, None, "{what}");
            if bucket.keys().len() != keys.len() {
                // The next pull removes what this one could not.
                run(scenario, &disk, &whole).unwrap_or_else(|error| panic!("{what}: {}", chain(&error)));
            }
            assert_eq!(bucket.keys().len(), keys.len(), "{what}: {:?} are left", bucket.keys());
        }
    }
}

#[test]
fn one_listing() {
    assert_recovers(&scenarios::one_listing());
}

#[test]
fn one_listing_with_a_commit_after_each_page() {
    assert_recovers(&Scenario { every: Duration::ZERO, ..scenarios::one_listing_appended() });
}

#[test]
fn windows_with_keys() {
    assert_recovers(&scenarios::window_files_and_one_for_all());
}

/// Each of two runs has read the same state. The second one to save fails, and so does every later attempt of it.
#[test]
fn of_two_runs_one_fails() {
    let bucket = Bucket::new(0);
    let (first, second) = (file_in(&Arc::new(store(&bucket)), "a"), file_in(&Arc::new(store(&bucket)), "b"));
    assert_eq!(first.load().unwrap(), State::default());
    assert_eq!(second.load().unwrap(), State::default());
    first.save(&State::default()).unwrap();
    for _ in 0..2 {
        let error = second.save(&State::default()).unwrap_err();
        assert_eq!(error.to_string(), "cannot write `s3://bucket/state/calls.json`");
        let StateError::Unwritable { source, .. } = error else { panic!("{error}") };
        let cause: &StoreError = source.get_ref().unwrap().downcast_ref().unwrap();
        assert_eq!(cause.kind(), StoreErrorKind::Conflict);
    }
    assert_eq!(second.load().unwrap_err().to_string(), "cannot read `s3://bucket/state/calls.json`");
    first.save(&State::default()).unwrap();
    let second = file_in(&Arc::new(store(&bucket)), "b");
    second.load().unwrap();
    assert!(!second.has_local_files(), "they are on the other machine");
    second.save(&State::default()).unwrap();
    assert!(second.has_local_files());
    assert!(first.save(&State::default()).is_err());
}

#[test]
fn an_object_that_was_changed_is_damaged() {
    let bucket = Bucket::new(0);
    let file = file_in(&Arc::new(store(&bucket)), "here");
    file.load().unwrap();
    file.save(&State::default()).unwrap();
    let text = String::from_utf8(bucket.object("state/calls.json").unwrap()).unwrap();
    for changed in [text.replace("calls", "other"), "{}".to_owned(), String::new()] {
        bucket.put_plain("state/calls.json", changed.as_bytes());
        let error = file.load().unwrap_err();
        assert_eq!(error.to_string(), "`s3://bucket/state/calls.json` is damaged");
        // Whoever discards it may write a new one.
        file.save(&State::default()).unwrap();
        assert_eq!(file.load().unwrap(), State::default());
    }
    bucket.remove("state/calls.json");
    bucket.put_plain("state/calls.keys/0", b"longhaul journal\n");
    assert_eq!(
        file.load().unwrap_err().to_string(),
        "`s3://bucket/state/calls.json` is missing, although `s3://bucket/state/calls.keys` is there"
    );
}
