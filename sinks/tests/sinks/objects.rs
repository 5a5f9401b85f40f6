//! Objects in a store: the contract, every kind of stop at every operation, and what is left behind.

use std::sync::Arc;

use longhaul_core::{
    disk::SystemDisk,
    sink::{
        Mark, Opened, Receipt, Sink, SinkError, Variables,
        conformance::{Publishes, Subject, Suite},
    },
};
use longhaul_tests::{Bucket, Done, Fault, MemoryStore, Operation, SimulatedDisk, decompress, write_page};
use serde_json::{Value, json};

use super::support::{COMPRESSIONS, Folder, configured_at, configured_in, describe, uploaded_to};

const KEY: &str = "out/users.x";
/// Short, so that a page has several parts.
const PART: u64 = 40;
/// The pages after which the engine commits.
const COMMITS: [u64; 3] = [2, 4, 5];

/// The sinks: with the records as they are, as rows, as rows whose columns are known at the end, and a file that becomes an
/// object when it is complete.
const SINKS: [&str; 4] = ["ndjson", "csv", "csv of all columns", "file"];

fn options(name: &str, compression: &str) -> Value {
    let mut options = json!({"path": "s3://bucket/out/{stream}.x", "compression": compression});
    if name == "csv" {
        options["columns"] = json!([{"name": "record", "at": ""}]);
    }
    options
}

fn kind(name: &str) -> &str {
    name.split(' ').next().unwrap()
}

fn variables() -> Variables {
    Variables::new("users", "/simulated")
}

/// A pull into an object, as the engine does it.
struct Case {
    name: &'static str,
    compression: &'static str,
    disk: SimulatedDisk,
    bucket: Bucket,
}

/// The checkpoints that the engine saves.
#[derive(Clone, Debug, Default)]
struct Checkpoints {
    commits: Vec<(Receipt, Mark)>,
    /// Whether only publishing is left. The engine saves that before it publishes.
    finishing: bool,
}

impl Case {
    fn new(name: &'static str, compression: &'static str) -> Self {
        let bucket = Bucket::new(usize::try_from(PART).unwrap());
        Self { name, compression, disk: SimulatedDisk::new(), bucket }
    }

    fn store(&self) -> MemoryStore {
        MemoryStore::new(self.bucket.clone(), PART)
    }

    fn open(
        &self,
        store: Arc<MemoryStore>,
        from: Option<(&Receipt, Mark)>,
    ) -> Result<Box<dyn Sink>, SinkError> {
        let options = options(self.name, self.compression);
        let opener = match self.name {
            "file" => uploaded_to(store, self.disk.handle(), options).unwrap(),
            name => configured_in(store, self.disk.handle(), kind(name), options).unwrap(),
        };
        opener.open(&variables(), from).map(|Opened { sink, .. }| sink)
    }

    /// Pulls everything that is not in the checkpoints.
    fn pull(&self, store: Arc<MemoryStore>, checkpoints: &mut Checkpoints) -> Result<(), SinkError> {
        let from = checkpoints.commits.last().cloned();
        let mut sink = self.open(store, from.as_ref().map(|(receipt, mark)| (receipt, *mark)))?;
        let at = from.map_or(0, |(_, Mark(at))| at);
        if checkpoints.commits.is_empty() {
            checkpoints.commits.push((sink.commit(Mark::START)?, Mark::START));
        }
        for mark in at + 1..=5 {
            write_page(&mut sink, &[&record(mark), "{}"])?;
            if COMMITS.contains(&mark) {
                checkpoints.commits.push((sink.commit(Mark(mark))?, Mark(mark)));
            }
        }
        checkpoints.finishing = true;
        sink.finish()
    }

    fn content(&self) -> Option<Vec<u8>> {
        self.bucket.object(KEY).map(|object| decompress(self.compression, &object))
    }

    /// The same place, as another process finds it.
    fn after(&self, disk: SimulatedDisk) -> Self {
        Self { disk, bucket: self.bucket.snapshot(), ..*self }
    }

    fn assert_clean(&self, what: &str) {
        assert_eq!(self.bucket.uploads(), [], "{what}: an upload is left");
        assert!(self.disk.files().is_empty(), "{what}: {:?} are left", self.disk.files());
    }
}

fn record(mark: u64) -> String {
    format!(r#"{{"page":{mark},"text":"{}"}}"#, "é,\"".replace('"', "\\\"").repeat(9))
}

/// The uncompressed content after a pull.
fn expected(name: &'static str) -> Vec<u8> {
    let case = Case::new(name, "none");
    case.pull(Arc::new(case.store()), &mut Checkpoints::default()).unwrap();
    case.assert_clean(name);
    case.content().unwrap()
}

#[test]
fn every_sink_keeps_the_contract() {
    let lines = |text: &str| text.split_terminator('\n').map(str::to_owned).collect::<Vec<_>>();
    for compression in COMPRESSIONS {
        let subject = move || {
            let case = Case::new("ndjson", compression);
            let store = Arc::new(case.store());
            let options = options("ndjson", compression);
            let opener = configured_in(store, case.disk.handle(), "ndjson", options).unwrap();
            let published = move || case.content().map(|text| lines(&String::from_utf8(text).unwrap()));
            Subject { opener, variables: variables(), published: Box::new(published) }
        };
        Suite::new(Publishes::AtFinish, subject).verify();
    }
    let subject = move || {
        let case = Case::new("file", "none");
        let opener =
            uploaded_to(Arc::new(case.store()), case.disk.handle(), options("file", "none")).unwrap();
        let published = move || case.content().map(|text| lines(&String::from_utf8(text).unwrap()));
        Subject { opener, variables: variables(), published: Box::new(published) }
    };
    Suite::new(Publishes::AtFinish, subject).verify();
    for name in ["csv", "csv of all columns"] {
        let subject = move || {
            let case = Case::new(name, "none");
            let opener =
                configured_in(Arc::new(case.store()), case.disk.handle(), "csv", options("csv", "none"));
            let rows = |text: Vec<u8>| {
                let mut rows = csv::Reader::from_reader(text.as_slice());
                rows.records().map(|row| row.unwrap()[0].to_owned()).collect()
            };
            let published = move || case.content().map(rows);
            Subject { opener: opener.unwrap(), variables: variables(), published: Box::new(published) }
        };
        Suite::new(Publishes::AtFinish, subject).verify();
    }
}

#[test]
fn a_long_object_is_uploaded_in_parts_and_a_short_one_in_one_piece() {
    let case = Case::new("ndjson", "none");
    case.pull(Arc::new(case.store()), &mut Checkpoints::default()).unwrap();
    let length = case.content().unwrap().len();
    let parts = length.div_ceil(usize::try_from(PART).unwrap());
    let operations = case.bucket.operations();
    assert_eq!(operations.first(), Some(&Operation::Begin));
    assert_eq!(operations.last(), Some(&Operation::Complete(parts)));
    assert_eq!(operations.len(), parts + 2, "each part is sent once: {operations:?}");

    let case = Case::new("ndjson", "none");
    let mut sink = case.open(Arc::new(case.store()), None).unwrap();
    write_page(&mut sink, &["{}"]).unwrap();
    sink.commit(Mark(1)).unwrap();
    sink.finish().unwrap();
    assert_eq!(case.bucket.operations(), [Operation::Put(3)]);
    case.assert_clean("a short object");
}

#[test]
fn nothing_is_visible_until_the_end_and_the_earlier_object_stays() {
    let case = Case::new("ndjson", "none");
    case.bucket.put_plain(KEY, b"earlier");
    let mut sink = case.open(Arc::new(case.store()), None).unwrap();
    for mark in 1..=5 {
        write_page(&mut sink, &[&record(mark)]).unwrap();
        sink.commit(Mark(mark)).unwrap();
        assert_eq!(case.bucket.object(KEY).as_deref(), Some(b"earlier".as_slice()));
    }
    sink.finish().unwrap();
    assert!(case.bucket.object(KEY).unwrap().starts_with(br#"{"page":1"#));
}

#[test]
fn a_pull_without_records_leaves_an_object_without_records() {
    for compression in COMPRESSIONS {
        for mark in [Mark::START, Mark(1)] {
            let case = Case::new("ndjson", compression);
            let mut sink = case.open(Arc::new(case.store()), None).unwrap();
            let receipt = sink.commit(mark).unwrap();
            sink.finish().unwrap();
            assert_eq!(case.content().as_deref(), Some(&b""[..]), "{compression}");
            case.open(Arc::new(case.store()), Some((&receipt, mark))).unwrap().finish().unwrap();
            assert_eq!(case.content().as_deref(), Some(&b""[..]), "{compression}");
            case.assert_clean(compression);
        }
    }
}

/// Stops a pull at every operation of the disk, and looks at what the next process finds: after a kill, and after a power
/// cut that loses what was not synced.
#[test]
fn a_stop_at_any_operation_of_the_disk_loses_and_repeats_nothing() {
    for (name, compression) in
        [("ndjson", "none"), ("csv", "gzip"), ("csv of all columns", "none"), ("file", "none")]
    {
        let expected = expected(name);
        let operations = {
            let case = Case::new(name, compression);
            case.pull(Arc::new(case.store()), &mut Checkpoints::default()).unwrap();
            case.disk.operations()
        };
        for (at, done) in
            (0..operations).flat_map(|at| [Done::Nothing, Done::Half, Done::All].map(|done| (at, done)))
        {
            let case = Case::new(name, compression);
            case.disk.fail_at(at, Fault::Stop(done));
            let mut checkpoints = Checkpoints::default();
            // The store has whatever was sent before, as another process finds it.
            let _ = case.pull(Arc::new(case.store()), &mut checkpoints);
            let found = [
                ("kill", case.disk.after_kill()),
                ("power cut 0", case.disk.after_power_cut(0)),
                ("power cut 1", case.disk.after_power_cut(1)),
            ];
            for (end, disk) in found {
                let what = format!("{name}, {compression}: {done:?} at {at}, {end}");
                // The last checkpoint may not have been saved.
                let last = checkpoints.commits.len();
                let earliest = if checkpoints.finishing { last } else { last.saturating_sub(1) };
                for saved in earliest..=last {
                    let next = case.after(disk.after_kill());
                    let mut known = checkpoints.clone();
                    known.commits.truncate(saved);
                    let pulled = next.pull(Arc::new(next.store()), &mut known);
                    pulled.unwrap_or_else(|error| panic!("{what}, {saved} saved: {}", describe(&error)));
                    assert!(next.content().as_ref() == Some(&expected), "{what}, {saved} saved");
                    next.assert_clean(&format!("{what}, {saved} saved"));
                }
            }
        }
    }
}

/// The store fails from each of its calls on, whether or not it has carried out the first of them.
#[test]
fn a_store_that_fails_at_any_call_loses_and_repeats_nothing() {
    for name in SINKS {
        let expected = expected(name);
        let calls = {
            let case = Case::new(name, "none");
            let store = Arc::new(case.store());
            case.pull(Arc::clone(&store), &mut Checkpoints::default()).unwrap();
            store.calls()
        };
        for (at, is_seen) in (0..calls).flat_map(|at| [false, true].map(|is_seen| (at, is_seen))) {
            let case = Case::new(name, "none");
            let mut checkpoints = Checkpoints::default();
            let store = Arc::new(case.store().failing_at(at, is_seen));
            let failed = case.pull(store, &mut checkpoints);
            let what = format!("{name}: call {at}, {}", if is_seen { "seen" } else { "not seen" });
            assert!(failed.is_err(), "{what} went unnoticed");
            // Resumed, and started over.
            for known in [checkpoints, Checkpoints::default()] {
                let next = case.after(case.disk.after_kill());
                let pulled = next.pull(Arc::new(next.store()), &mut known.clone());
                pulled.unwrap_or_else(|error| panic!("{what}: {}", describe(&error)));
                assert!(next.content().as_ref() == Some(&expected), "{what}");
                next.assert_clean(&what);
            }
        }
    }
}

#[test]
fn a_rollback_within_a_part_cuts_it_and_later_parts_are_sent_again() {
    let case = Case::new("ndjson", "none");
    let mut sink = case.open(Arc::new(case.store()), None).unwrap();
    let mut receipts = Vec::new();
    for mark in 1..=5 {
        write_page(&mut sink, &[&record(mark)]).unwrap();
        receipts.push((sink.commit(Mark(mark)).unwrap(), Mark(mark)));
    }
    // Within the same process, as when a partition is pulled again.
    for (receipt, mark) in receipts.iter().rev() {
        drop(sink);
        sink = case.open(Arc::new(case.store()), Some((receipt, *mark))).unwrap();
        write_page(&mut sink, &[r#"{"other":true}"#]).unwrap();
    }
    sink.commit(Mark(2)).unwrap();
    sink.finish().unwrap();
    assert_eq!(case.content().unwrap(), format!("{}\n{{\"other\":true}}\n", record(1)).into_bytes());
    case.assert_clean("after rollbacks");
}

#[test]
fn an_upload_that_is_gone_is_begun_again_from_local_parts() {
    let case = Case::new("ndjson", "none");
    let mut checkpoints = Checkpoints::default();
    // The store fails at its last call, which completes the upload.
    let calls = {
        let (case, store) = (Case::new("ndjson", "none"), Case::new("ndjson", "none"));
        let store = Arc::new(store.store());
        case.pull(Arc::clone(&store), &mut Checkpoints::default()).unwrap();
        store.calls()
    };
    case.pull(Arc::new(case.store().failing_at(calls - 1, false)), &mut checkpoints).unwrap_err();
    let [(id, _)] = <[_; 1]>::try_from(case.bucket.uploads()).unwrap();
    case.bucket.abort(&id).unwrap();
    let next = case.after(case.disk.after_kill());
    next.pull(Arc::new(next.store()), &mut checkpoints).unwrap();
    assert_eq!(next.content().unwrap(), expected("ndjson"));
    next.assert_clean("begun again");
}

#[test]
fn without_local_parts_there_is_nothing_to_resume() {
    let case = Case::new("ndjson", "none");
    let mut sink = case.open(Arc::new(case.store()), None).unwrap();
    write_page(&mut sink, &[&record(1)]).unwrap();
    let receipt = sink.commit(Mark(1)).unwrap();
    drop(sink);
    let moved = case.after(SimulatedDisk::new());
    let error = moved.open(Arc::new(moved.store()), Some((&receipt, Mark(1)))).unwrap_err();
    assert_eq!(
        describe(&error),
        "Rejected: cannot resume `s3://bucket/out/users.x`: neither its upload nor its local parts are there any more \
         (start the pull over)"
    );
    let foreign = Receipt("27 3f1c0a92d4e87b65".into());
    assert_eq!(
        describe(&case.open(Arc::new(case.store()), Some((&foreign, Mark(1)))).unwrap_err()),
        "Rejected: cannot resume `s3://bucket/out/users.x`: the receipt `27 3f1c0a92d4e87b65` is not one of an object"
    );
}

/// Opens an object whose local parts are on the system's disk, which has locks.
fn open_on_disk(
    folder: &Folder,
    case: &Case,
    from: Option<(&Receipt, Mark)>,
) -> Result<Box<dyn Sink>, SinkError> {
    let objects = folder.path().join("uploads");
    let options = options("ndjson", "none");
    let opener = configured_at(objects, Arc::new(case.store()), Arc::new(SystemDisk), "ndjson", options);
    opener.unwrap().open(&variables(), from).map(|Opened { sink, .. }| sink)
}

#[test]
fn every_receipt_can_be_opened_after_its_sink_was_dropped() {
    let (folder, case) = (Folder::new(), Case::new("ndjson", "none"));
    let mut sink = open_on_disk(&folder, &case, None).unwrap();
    let mut receipts = vec![(sink.commit(Mark::START).unwrap(), Mark::START)];
    for _ in 0..2 {
        drop(sink);
        sink = open_on_disk(&folder, &case, Some((&receipts[0].0, Mark::START))).unwrap();
    }
    for mark in 1..=3 {
        write_page(&mut sink, &[&record(mark)]).unwrap();
        receipts.push((sink.commit(Mark(mark)).unwrap(), Mark(mark)));
    }
    for (receipt, mark) in receipts.iter().rev() {
        drop(sink);
        sink = open_on_disk(&folder, &case, Some((receipt, *mark))).unwrap();
    }
    sink.finish().unwrap();
    assert_eq!(case.bucket.uploads(), []);
    assert!(std::fs::read_dir(folder.path().join("uploads")).unwrap().next().is_none());
}

#[test]
fn two_runs_cannot_write_to_one_object() {
    let (folder, case) = (Folder::new(), Case::new("ndjson", "none"));
    let _opened = open_on_disk(&folder, &case, None).unwrap();
    let error = open_on_disk(&folder, &case, None).unwrap_err();
    assert_eq!(describe(&error), "Unavailable: another run is writing to `s3://bucket/out/users.x`");
}

#[test]
fn a_store_that_is_gone_is_reported_with_its_cause() {
    let case = Case::new("ndjson", "none");
    let error = case.open(Arc::new(case.store().failing_at(0, false)), None).unwrap_err();
    assert_eq!(describe(&error), "Unavailable: cannot write to `s3://bucket/out/users.x` (cause)");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "the store is gone");
}
