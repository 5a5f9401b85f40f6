//! Whatever breaks, and wherever: once it is mended the same command ends with the bytes of a run that nothing disturbed.

use std::{collections::BTreeMap, time::Duration};

use longhaul_tests::{Done, Fault, SimulatedDisk, chain};

use super::{World, pulls};

/// A write, sync or rename that fails once; a disk that is full from then on; a process that is killed in the middle of it.
const FAULTS: [Fault; 5] = [
    Fault::Once(Done::Nothing),
    Fault::Once(Done::All),
    Fault::Full,
    Fault::Stop(Done::Half),
    Fault::Stop(Done::All),
];

/// What a power cut leaves of what was not synced: nothing, all, and two mixtures.
fn seeds(operation: u64) -> [u64; 4] {
    [0, 1, 2 + operation, 1_000_000 + operation]
}

struct Undisturbed {
    files: BTreeMap<String, String>,
    operations: u64,
}

fn undisturbed(world: &World) -> Undisturbed {
    let disk = world.disk();
    world.run(&disk).unwrap_or_else(|error| panic!("{}", chain(&error)));
    let files = World::files(&disk);
    assert!(files.len() >= 2 && !files.keys().any(|path| path.contains(".part")), "{:?}", files.keys());
    Undisturbed { files, operations: disk.operations() }
}

#[track_caller]
fn assert_goes_on(world: &World, disk: &SimulatedDisk, undisturbed: &Undisturbed, what: &str) {
    // A run that failed may have been complete.
    if World::state(disk).complete.is_none()
        && let Err(error) = world.run(disk)
    {
        panic!("{what}: {}", chain(&error));
    }
    let mut files = World::files(disk);
    // Whatever cannot be removed any more is empty at least.
    files.retain(|name, text| !text.is_empty() || undisturbed.files.contains_key(name));
    assert!(files == undisturbed.files, "{what}: {:?}", difference(&files, &undisturbed.files));
    assert_eq!(World::state(disk).unfinished, None, "{what}");
}

fn difference(found: &BTreeMap<String, String>, expected: &BTreeMap<String, String>) -> Vec<String> {
    let names: std::collections::BTreeSet<_> = found.keys().chain(expected.keys()).collect();
    let differing = names.into_iter().filter(|name| found.get(*name) != expected.get(*name));
    let lines =
        |files: &BTreeMap<String, String>, name| files.get(name).map(|text: &String| text.lines().count());
    differing
        .map(|name| format!("{name}: {:?} lines, not {:?}", lines(found, name), lines(expected, name)))
        .collect()
}

/// Breaks a run at each of its operations in turn, and goes on from what a kill, and what a power cut leaves. At each
/// operation it is another fault and another power cut; with `LONGHAUL_TEST_CRASHES=all` each has all of them.
#[track_caller]
fn assert_stands_everything(world: &World) {
    let undisturbed = undisturbed(world);
    for operation in 0..undisturbed.operations {
        let all = std::env::var("LONGHAUL_TEST_CRASHES").is_ok_and(|which| which == "all");
        let chosen = |index: usize, of: usize| all || operation % of as u64 == index as u64;
        for (_, fault) in FAULTS.into_iter().enumerate().filter(|(index, _)| chosen(*index, FAULTS.len())) {
            let disk = world.disk();
            disk.fail_at(operation, fault);
            // It may well be complete: dropping a file is not needed for that.
            let _ = world.run(&disk);
            let what = format!("{fault:?} at operation {operation}");
            assert_goes_on(world, &disk.after_kill(), &undisturbed, &what);
            let seeds = seeds(operation);
            for (_, seed) in seeds.into_iter().enumerate().filter(|(index, _)| chosen(*index, seeds.len())) {
                let what = format!("{what}, power cut {seed}");
                assert_goes_on(world, &disk.after_power_cut(seed), &undisturbed, &what);
            }
        }
    }
}

#[test]
fn one_listing_into_two_files() {
    assert_stands_everything(&pulls::one_listing());
}

#[test]
fn one_listing_after_what_is_there() {
    assert_stands_everything(&pulls::one_listing_appended());
}

#[test]
fn one_listing_into_compressed_files_and_tables_of_all_columns() {
    assert_stands_everything(&pulls::one_listing_packed());
}

#[test]
fn nothing_is_committed_before_the_end() {
    assert_stands_everything(&World { every: Duration::from_secs(3600), ..pulls::one_listing() });
}

#[test]
fn windows_that_are_pulled_in_halves() {
    assert_stands_everything(&pulls::halved_windows(None));
}

#[test]
fn windows_whose_records_have_keys() {
    assert_stands_everything(&pulls::halved_windows(Some("/id")));
}

#[test]
fn windows_whose_records_lack_the_key() {
    assert_stands_everything(&pulls::halved_windows(Some("/key")));
}

#[test]
fn windows_with_files_of_their_own() {
    assert_stands_everything(&pulls::window_files(1));
}

#[test]
fn windows_that_are_pulled_at_once() {
    assert_stands_everything(&pulls::window_files(3));
}

#[test]
fn windows_with_files_of_their_own_beside_one_for_all() {
    assert_stands_everything(&pulls::window_files_beside_one());
}

#[test]
fn jobs() {
    assert_stands_everything(&pulls::exports());
}
