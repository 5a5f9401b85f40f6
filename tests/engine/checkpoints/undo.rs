//! Unfinished pulls that are undone: sinks in append mode roll back to the start of the pull, including the files of complete
//! windows.

use longhaul_core::{
    pull::PullError,
    state::{StateError, checkpoint::Stage},
};
use longhaul_tests::{Done, Fault, SimulatedDisk, chain};

use super::{Scenario, scenarios};

#[track_caller]
fn assert_undone(scenario: &Scenario) {
    let disk = scenario.disk();
    let before = Scenario::files(&disk);
    scenario.run(&disk).unwrap();
    let complete = Scenario::files(&disk);
    let mut most = 0;
    for operation in 0..disk.operations() {
        let disk = scenario.disk();
        disk.fail_at(operation, Fault::Stop(Done::All));
        let _ = scenario.run(&disk);
        let is_killed = operation.is_multiple_of(2);
        let disk = if is_killed { disk.after_kill() } else { disk.after_power_cut(operation) };
        let Some(unfinished) = Scenario::state(&disk).unfinished else { continue };
        most = most.max(unfinished.checkpoint.complete.windows);
        scenario.drop_unfinished(&disk).unwrap_or_else(|error| panic!("{operation}: {}", chain(&error)));
        let mut files = Scenario::files(&disk);
        // A file that was created before the first checkpoint of its window is empty.
        files.retain(|name, text| !text.is_empty() || before.contains_key(name));
        assert_eq!(files, before, "stopped at operation {operation}");
        scenario.run(&disk).unwrap();
        assert!(Scenario::files(&disk) == complete, "stopped at operation {operation}");
    }
    assert!(most >= 3, "at most {most} windows were complete");
}

#[test]
fn files_of_complete_windows_are_rolled_back() {
    assert_undone(&scenarios::everything_appended(1));
}

#[test]
fn files_of_windows_pulled_at_once_are_rolled_back() {
    assert_undone(&scenarios::everything_appended(3));
}

/// What a run leaves that was killed while it published the files: for each operation, its number and the disk.
fn finishing(scenario: &Scenario) -> Vec<(u64, SimulatedDisk)> {
    let disk = scenario.disk();
    scenario.run(&disk).unwrap();
    let killed = |operation| {
        let disk = scenario.disk();
        disk.fail_at(operation, Fault::Stop(Done::All));
        scenario.run(&disk).unwrap_err();
        (operation, disk.after_kill())
    };
    let is_finishing = |(_, disk): &(u64, SimulatedDisk)| {
        let unfinished = Scenario::state(disk).unfinished;
        unfinished.is_some_and(|pull| pull.checkpoint.stage == Stage::Finishing)
    };
    (0..disk.operations() - 1).map(killed).filter(is_finishing).collect()
}

/// Nothing beside them says any more which records are of this pull.
#[test]
fn finished_files_are_rolled_back() {
    let scenario = scenarios::one_listing_appended();
    let (before, complete) = (Scenario::files(&scenario.disk()), scenario.disk());
    scenario.run(&complete).unwrap();
    let complete = Scenario::files(&complete);
    let finishing = finishing(&scenario);
    for (stopped, disk) in &finishing {
        let disk = disk.after_kill();
        scenario.drop_unfinished(&disk).unwrap_or_else(|error| panic!("{stopped}: {}", chain(&error)));
        assert_eq!(Scenario::files(&disk), before, "stopped at operation {stopped}");
    }
    let (_, finished) = finishing.last().unwrap();
    assert_eq!(Scenario::files(finished), complete, "no run was killed after it had finished the files");
    let discarded = finished.after_kill();
    scenario.drop_unfinished(&discarded).unwrap();
    for operation in 0..discarded.operations() {
        let disk = finished.after_kill();
        disk.fail_at(operation, Fault::Stop(Done::All));
        let _ = scenario.drop_unfinished(&disk);
        for disk in [disk.after_kill(), disk.after_power_cut(0), disk.after_power_cut(2 + operation)] {
            scenario.run(&disk).unwrap_or_else(|error| panic!("{operation}: {}", chain(&error)));
            assert!(Scenario::files(&disk) == complete, "stopped at operation {operation}");
        }
    }
}

/// It is not removed with the records before it, and the pull can be completed once it is elsewhere.
#[test]
fn what_follows_in_a_finished_file_stays() {
    let scenario = scenarios::one_listing_appended();
    let (_, disk) = finishing(&scenario).pop().unwrap();
    let (path, finished) = ("/out/calls.ndjson", disk.contents("/out/calls.ndjson").unwrap());
    let followed = [&*finished, b"{}\n"].concat();
    disk.put(path, followed.clone());
    let error = scenario.drop_unfinished(&disk).unwrap_err();
    assert_eq!(
        chain(&error),
        format!(
            "the sink `lines` failed\n\
             cannot resume `/out/calls.ndjson`: the 3 bytes after the {} that were committed are not from this pull \
             (restore the newest state, or start over in another file)",
            finished.len()
        )
    );
    assert_eq!(disk.contents(path).unwrap(), followed);
    disk.put(path, finished.clone());
    scenario.run(&disk).unwrap();
    assert_eq!(disk.contents(path).unwrap(), finished);
}

/// The files that they replaced are gone.
#[test]
fn files_of_complete_windows_stay_in_replace_mode() {
    let scenario = scenarios::window_files_and_one_for_all();
    let disk = scenario.disk();
    scenario.run(&disk).unwrap();
    let complete = Scenario::files(&disk);
    for operation in 0..disk.operations() {
        let disk = scenario.disk();
        disk.fail_at(operation, Fault::Stop(Done::All));
        let _ = scenario.run(&disk);
        let disk = disk.after_kill();
        if Scenario::state(&disk).unfinished.is_none() {
            continue;
        }
        scenario.drop_unfinished(&disk).unwrap_or_else(|error| panic!("{operation}: {}", chain(&error)));
        let files = Scenario::files(&disk);
        let stays = files.iter().all(|(name, text)| text.is_empty() || complete.get(name) == Some(text));
        assert!(stays, "stopped at operation {operation}: {:?}", files.keys());
    }
}

/// A run that resumed it would not notice that files of complete windows were rolled back.
#[test]
fn a_pull_that_is_being_discarded_is_not_resumed() {
    let scenario = scenarios::everything_appended(1);
    let disk = scenario.disk();
    scenario.run(&disk).unwrap();
    let (complete, operations) = (Scenario::files(&disk), disk.operations());
    for stopped in [operations / 2, operations * 3 / 4] {
        let unfinished = || {
            let disk = scenario.disk();
            disk.fail_at(stopped, Fault::Stop(Done::All));
            scenario.run(&disk).unwrap_err();
            disk.after_kill()
        };
        let discarded = unfinished();
        scenario.drop_unfinished(&discarded).unwrap();
        for operation in 0..discarded.operations() {
            let disk = unfinished();
            disk.fail_at(operation, Fault::Stop(Done::All));
            let _ = scenario.drop_unfinished(&disk);
            for disk in [disk.after_kill(), disk.after_power_cut(0), disk.after_power_cut(2 + operation)] {
                scenario.run(&disk).unwrap_or_else(|error| panic!("{operation}: {}", chain(&error)));
                let mut files = Scenario::files(&disk);
                files.retain(|name, text| !text.is_empty() || complete.contains_key(name));
                assert!(files == complete, "stopped at operation {operation}");
            }
        }
    }
}

/// Everything else is rolled back.
#[test]
fn a_lost_journal_is_reported() {
    let scenario = scenarios::everything_appended(1);
    let disk = scenario.disk();
    scenario.run(&disk).unwrap();
    let half = disk.operations() * 3 / 4;
    let disk = scenario.disk();
    disk.fail_at(half, Fault::Stop(Done::All));
    scenario.run(&disk).unwrap_err();
    let disk = disk.after_kill();
    disk.put("/state/calls.ended", "");
    let error = scenario.drop_unfinished(&disk).unwrap_err();
    assert!(matches!(error, PullError::State(StateError::Damaged { .. })), "{}", chain(&error));
}
