//! Pulls of the same stream, one after another, into files that keep the records of earlier ones. Records that have not
//! changed since the last complete pull are dropped.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use longhaul_core::{
    Source,
    client::answer::{Rules, Then},
    listing::paginate::{Offset, OffsetStep},
};
use longhaul_tests::{Done, Fault, Random, Reply, Setup, SimulatedDisk, by_status, chain};
use serde_json::json;

use super::{Scenario, scenarios};
use crate::jobs;

/// The records that the API has, each with its version; nothing stands for a record without a key.
type Records = Vec<(Option<u64>, u64)>;

fn line(record: &(Option<u64>, u64)) -> String {
    match record {
        (Some(id), version) => json!({ "id": id, "version": version }).to_string(),
        (None, version) => json!({ "version": version }).to_string(),
    }
}

/// A pull of these records, three per page, into a file that is appended to. If a cursor expires, that happens once, in the
/// middle.
fn scenario(records: &Records, expires: bool) -> Scenario {
    let records = records.clone();
    let pull = move || {
        let (records, has_expired) = (records.clone(), AtomicBool::new(!expires));
        let (setup, _) = Setup::scripted_api(&jobs::unlimited(), move |request| {
            let offset: usize = request.query("offset").unwrap().parse().unwrap();
            let is_first = offset < records.len() / 2;
            if !is_first && !has_expired.swap(true, Ordering::SeqCst) {
                return Reply::status(410);
            }
            let page: Vec<_> = records.iter().skip(offset).take(3).map(line).collect();
            Reply::json(format!("[{}]", page.join(",")))
        });
        let paginator =
            Offset { param: "offset".parse().unwrap(), size: None, start: 0, step: OffsetStep::Received };
        let source = setup.source_at("/x", "", paginator);
        let rules = Arc::new(Rules::of_pages(vec![by_status(410, Then::Restart)]));
        (setup, Source { unique: Some("/id".parse().unwrap()), rules, ..source })
    };
    Scenario {
        pull: Box::new(pull),
        compares: true,
        sinks: vec![("lines", "ndjson", json!({ "path": "/out/{stream}.ndjson", "mode": "append" }))],
        existing_files: Vec::new(),
        ..scenarios::one_listing()
    }
}

fn has_same_pages(records: &Records) -> bool {
    let mut pages = HashSet::new();
    !records.chunks(3).all(|page| pages.insert(page))
}

fn lines(disk: &SimulatedDisk) -> Vec<String> {
    let files = Scenario::files(disk);
    files["/out/calls.ndjson"].lines().map(str::to_owned).collect()
}

/// What a pull writes, if these are the latest records of the last one.
fn expected(records: &Records, last: &BTreeMap<u64, u64>) -> (Vec<String>, BTreeMap<u64, u64>) {
    let (mut written, mut latest) = (Vec::new(), BTreeMap::<u64, (u64, bool)>::new());
    for record in records {
        let (Some(id), version) = *record else {
            written.push(line(record));
            continue;
        };
        let is_duplicate =
            latest.get(&id).is_some_and(|(found, is_written)| *is_written || *found == version);
        let is_unchanged = !latest.contains_key(&id) && last.get(&id) == Some(&version);
        if is_duplicate {
            continue;
        }
        if !is_unchanged {
            written.push(line(record));
        }
        latest.insert(id, (version, !is_unchanged));
    }
    (written, latest.into_iter().map(|(id, (version, _))| (id, version)).collect())
}

#[test]
fn a_record_that_arrives_again_is_dropped_and_a_changed_one_is_written() {
    let disk = scenario(&Vec::new(), false).disk();
    let pull = |records: Records| {
        let before = Scenario::files(&disk).get("/out/calls.ndjson").map_or(0, |text| text.lines().count());
        let summary = scenario(&records, false).run(&disk).unwrap();
        (lines(&disk).split_off(before), (summary.records, summary.repeated, summary.unchanged))
    };
    let (written, counts) = pull(vec![(Some(1), 1), (Some(2), 1), (Some(2), 1), (Some(3), 1)]);
    assert_eq!((written.len(), counts), (3, (3, 1, 0)));
    // Only the second one has changed.
    let (written, counts) = pull(vec![(Some(1), 1), (Some(2), 2), (Some(3), 1), (Some(4), 1), (Some(1), 1)]);
    assert_eq!((written, counts), (vec![line(&(Some(2), 2)), line(&(Some(4), 1))], (2, 1, 2)));
    // It changes back. The first one was only on a page of the pull before the last.
    let (written, _) = pull(vec![(Some(2), 1), (Some(4), 1)]);
    assert_eq!(written, [line(&(Some(2), 1))]);
    let (written, _) = pull(vec![(Some(1), 1), (Some(2), 1)]);
    assert_eq!(written, [line(&(Some(1), 1))]);
    // It changes while it is pulled, and changes back later.
    let (written, _) = pull(vec![(Some(1), 1), (Some(1), 2)]);
    assert_eq!(written, [line(&(Some(1), 2))]);
    let (written, _) = pull(vec![(Some(1), 1)]);
    assert_eq!(written, [line(&(Some(1), 1))]);
    // Without a key, nothing shows that it is the same.
    assert_eq!(pull(vec![(None, 1)]).0.len() + pull(vec![(None, 1)]).0.len(), 2);
}

/// Each run may be stopped at any operation of the disk, and is then resumed.
#[test]
fn random_pulls_write_every_change_once() {
    let mut random = Random::new();
    for _ in 0..60 {
        let mut disk = scenario(&Vec::new(), false).disk();
        let (mut last, mut written) = (BTreeMap::new(), Vec::new());
        for pull in 0..4 {
            let record = |random: &mut Random| {
                let id = random.below(9);
                ((id > 0).then_some(id), random.below(2))
            };
            let count = random.below(14);
            let mut records: Records = (0..count).map(|_| record(&mut random)).collect();
            // Two pages with the same records would end the pull with an error.
            while has_same_pages(&records) {
                records.pop();
            }
            let scenario = scenario(&records, false);
            let (more, latest) = expected(&records, &last);
            written.extend(more);
            last = latest;
            let undisturbed = disk.after_kill();
            scenario.run(&undisturbed).unwrap();
            disk = disk.after_kill();
            disk.fail_at(random.below(undisturbed.operations()), Fault::Stop(Done::All));
            let before = Scenario::state(&disk).complete;
            let _ = scenario.run(&disk);
            disk = disk.after_power_cut(random.below(1 << 20));
            if Scenario::state(&disk).complete == before {
                scenario.run(&disk).unwrap();
            }
            let seed = random.seed();
            assert_eq!(lines(&disk), written, "LONGHAUL_TEST_SEED={seed}, pull {pull}: {records:?}");
        }
    }
}

/// The keys of the first pull are there until the second is complete, and those of the second afterwards.
#[test]
fn keys_survive_a_crash_at_any_operation() {
    let first: Records = (1..=9).map(|id| (Some(id), 1)).collect();
    let second: Records = (5..=13).map(|id| (Some(id), 1 + u64::from(id == 7))).collect();
    let third: Records = (7..=15).map(|id| (Some(id), 1 + u64::from(id <= 8))).collect();
    for expires in [false, true] {
        let disk = scenario(&first, false).disk();
        scenario(&first, false).run(&disk).unwrap();
        let undisturbed = disk.after_kill();
        scenario(&second, expires).run(&undisturbed).unwrap();
        let operations = undisturbed.operations();
        scenario(&third, false).run(&undisturbed).unwrap();
        let expected = lines(&undisturbed);
        assert_eq!(expected.len(), 9 + 5 + 3);
        for operation in 0..operations {
            for done in [Done::Half, Done::All] {
                let disk = disk.after_kill();
                disk.fail_at(operation, Fault::Stop(done));
                let before = Scenario::state(&disk).complete;
                let _ = scenario(&second, expires).run(&disk);
                let disk = disk.after_power_cut(operation);
                if Scenario::state(&disk).complete == before {
                    let run = scenario(&second, expires).run(&disk);
                    run.unwrap_or_else(|error| panic!("{operation}: {}", chain(&error)));
                }
                scenario(&third, false).run(&disk).unwrap();
                assert_eq!(lines(&disk), expected, "{done:?} at operation {operation}");
            }
        }
    }
}

#[test]
fn a_lost_or_damaged_journal_of_keys_is_an_error() {
    let records: Records = (1..=9).map(|id| (Some(id), 1)).collect();
    let disk = scenario(&records, false).disk();
    scenario(&records, false).run(&disk).unwrap();
    assert_eq!(disk.contents("/state/calls.keys").unwrap().len(), 9 * 16);
    disk.put("/state/calls.keys", [7; 9 * 16]);
    let error = scenario(&records, false).run(&disk).unwrap_err();
    assert_eq!(chain(&error), "`/state/calls.keys` is damaged\nits content does not match its check value");
    disk.put("/state/calls.keys", [7; 16]);
    let error = scenario(&records, false).run(&disk).unwrap_err();
    assert_eq!(chain(&error), "`/state/calls.keys` is damaged\nit has 1 entries, but 9 were written");
}
