//! Runs that fail at any operation of the disk. Once the fault is gone, the next run completes the pull, with the same
//! bytes as an undisturbed one.

use std::{collections::BTreeMap, time::Duration};

use longhaul_tests::{Done, Fault, JobApi, SimulatedDisk, chain};

use super::{Scenario, scenarios};

/// An operation that fails once, a disk that is full from then on, and a process that is killed during the operation.
const FAULTS: [Fault; 5] = [
    Fault::Once(Done::Nothing),
    Fault::Once(Done::All),
    Fault::Full,
    Fault::Stop(Done::Half),
    Fault::Stop(Done::All),
];

/// What a power cut leaves of the unsynced changes: none, all, and two random selections.
fn seeds(operation: u64) -> [u64; 4] {
    [0, 1, 2 + operation, 1_000_000 + operation]
}

struct Undisturbed {
    files: BTreeMap<String, String>,
    operations: u64,
}

fn undisturbed(scenario: &Scenario) -> Undisturbed {
    let disk = scenario.disk();
    scenario.run(&disk).unwrap_or_else(|error| panic!("{}", chain(&error)));
    let files = Scenario::files(&disk);
    assert!(files.len() >= 2 && !files.keys().any(|path| path.contains(".part")), "{:?}", files.keys());
    Undisturbed { files, operations: disk.operations() }
}

#[track_caller]
fn assert_resumes(scenario: &Scenario, disk: &SimulatedDisk, undisturbed: &Undisturbed, what: &str) {
    // A failed run may have completed the pull.
    if Scenario::state(disk).complete.is_none()
        && let Err(error) = scenario.run(disk)
    {
        panic!("{what}: {}", chain(&error));
    }
    let mut files = Scenario::files(disk);
    // A leftover file that nothing can remove is at least empty.
    files.retain(|name, text| !text.is_empty() || undisturbed.files.contains_key(name));
    assert!(files == undisturbed.files, "{what}: {:?}", difference(&files, &undisturbed.files));
    let state = Scenario::state(disk);
    assert_eq!(state.unfinished, None, "{what}");
    let complete = state.complete.unwrap().summary;
    assert_eq!(complete.unmatched_columns, BTreeMap::new(), "{what}");
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

/// How many operations of a scenario fail, at most, unless all do.
const MOST_CRASHES: u64 = 120;

/// Breaks a run at its operations, and resumes from the disk after a kill and after a power cut. Successive crashes have
/// different faults and power cuts. With `LONGHAUL_TEST_CRASHES=all`, each operation has all of them.
#[track_caller]
fn assert_recovers_from_crashes(scenario: &Scenario) {
    let undisturbed = undisturbed(scenario);
    let all = std::env::var("LONGHAUL_TEST_CRASHES").is_ok_and(|which| which == "all");
    let step = if all { 1 } else { undisturbed.operations.div_ceil(MOST_CRASHES) };
    let operations = (0..undisturbed.operations).step_by(usize::try_from(step).unwrap());
    for (operation, crash) in operations.zip(0_u64..) {
        let chosen = |index: usize, of: usize| all || crash % of as u64 == index as u64;
        for (_, fault) in FAULTS.into_iter().enumerate().filter(|(index, _)| chosen(*index, FAULTS.len())) {
            let disk = scenario.disk();
            disk.fail_at(operation, fault);
            // The run may succeed: it can be complete without removing a file.
            let _ = scenario.run(&disk);
            let what = format!("{fault:?} at operation {operation}");
            assert_resumes(scenario, &disk.after_kill(), &undisturbed, &what);
            let seeds = seeds(operation);
            for (_, seed) in seeds.into_iter().enumerate().filter(|(index, _)| chosen(*index, seeds.len())) {
                let what = format!("{what}, power cut {seed}");
                assert_resumes(scenario, &disk.after_power_cut(seed), &undisturbed, &what);
            }
        }
    }
}

#[test]
fn one_listing_into_two_files() {
    assert_recovers_from_crashes(&scenarios::one_listing());
}

#[test]
fn one_listing_appended_to_existing_files() {
    assert_recovers_from_crashes(&scenarios::one_listing_appended());
}

#[test]
fn one_listing_into_compressed_files_and_tables_of_all_columns() {
    assert_recovers_from_crashes(&scenarios::one_listing_compressed());
}

#[test]
fn one_listing_with_a_single_commit() {
    assert_recovers_from_crashes(&Scenario { every: Duration::from_secs(3600), ..scenarios::one_listing() });
}

#[test]
fn one_listing_into_tables_in_several_files() {
    assert_recovers_from_crashes(&scenarios::one_listing_in_several_files());
}

#[test]
fn halved_windows() {
    assert_recovers_from_crashes(&scenarios::halved_windows(None));
}

#[test]
fn halved_windows_with_keys() {
    assert_recovers_from_crashes(&scenarios::halved_windows(Some("/id")));
}

#[test]
fn halved_windows_without_the_key() {
    assert_recovers_from_crashes(&scenarios::halved_windows(Some("/key")));
}

#[test]
fn windows_with_their_own_files() {
    assert_recovers_from_crashes(&scenarios::window_files(1));
}

#[test]
fn windows_pulled_at_once() {
    assert_recovers_from_crashes(&scenarios::window_files(3));
}

#[test]
fn windows_with_their_own_files_and_one_for_all() {
    assert_recovers_from_crashes(&scenarios::window_files_and_one_for_all());
}

#[test]
fn halved_windows_pulled_at_once_into_one_file() {
    assert_recovers_from_crashes(&scenarios::halved_windows_at_once(None, 3));
    assert_recovers_from_crashes(&scenarios::halved_windows_at_once(Some("/id"), 3));
}

#[test]
fn children_one_by_one() {
    assert_recovers_from_crashes(&scenarios::children(1));
}

#[test]
fn children_pulled_at_once_into_one_file() {
    assert_recovers_from_crashes(&scenarios::children(3));
}

#[test]
fn children_with_their_own_files() {
    assert_recovers_from_crashes(&scenarios::children_with_files(2));
}

/// Among these crashes is every one between the creation of a file and its first commit, when the job is saved already.
#[test]
fn jobs() {
    assert_recovers_from_crashes(&scenarios::window_jobs());
    assert_recovers_from_crashes(&scenarios::window_jobs_with_single_commits());
}

#[test]
fn jobs_appended_to_existing_files() {
    assert_recovers_from_crashes(&scenarios::window_jobs_appended());
}

#[test]
fn jobs_with_their_own_files() {
    assert_recovers_from_crashes(&scenarios::window_jobs_with_files());
}

#[test]
fn jobs_read_at_once_into_one_file() {
    assert_recovers_from_crashes(&scenarios::window_jobs_at_once(|_| {}));
}

/// What waits on disk is from jobs that no longer exist.
#[test]
fn jobs_read_at_once_that_are_deleted_between_runs() {
    assert_recovers_from_crashes(&scenarios::window_jobs_at_once(JobApi::delete_all));
}

/// A run that is killed may have renamed the state file, but not durably. The next one must not open the sinks where that file
/// says, as long as a power cut can bring the older one back.
#[test]
fn a_power_cut_soon_after_a_kill() {
    for scenario in [scenarios::halved_windows(None), scenarios::window_files(1)] {
        let undisturbed = undisturbed(&scenario);
        for operation in 0..undisturbed.operations {
            let killed = scenario.disk();
            killed.fail_at(operation, Fault::Stop(Done::All));
            let _ = scenario.run(&killed);
            let disk = killed.after_kill();
            disk.fail_at(4, Fault::Stop(Done::All));
            let _ = scenario.run(&disk);
            let what = format!("killed at operation {operation}, and a power cut at the next run's fifth");
            assert_resumes(&scenario, &disk.after_power_cut(0), &undisturbed, &what);
        }
    }
}
