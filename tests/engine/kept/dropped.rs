//! Pulls that are dropped: sinks that append go back to where it began, windows that were complete included.

use longhaul_core::{pull::PullError, state::StateError};
use longhaul_tests::{Done, Fault, chain};

use super::{World, pulls};

#[track_caller]
fn assert_taken_back(world: &World) {
    let disk = world.disk();
    let before = World::files(&disk);
    world.run(&disk).unwrap();
    let complete = World::files(&disk);
    let mut most = 0;
    for operation in 0..disk.operations() {
        let disk = world.disk();
        disk.fail_at(operation, Fault::Stop(Done::All));
        let _ = world.run(&disk);
        let is_killed = operation.is_multiple_of(2);
        let disk = if is_killed { disk.after_kill() } else { disk.after_power_cut(operation) };
        let Some(unfinished) = World::state(&disk).unfinished else { continue };
        most = most.max(unfinished.checkpoint.complete.windows);
        world.drop_unfinished(&disk).unwrap_or_else(|error| panic!("{operation}: {}", chain(&error)));
        let mut files = World::files(&disk);
        // Whatever came to be before the first checkpoint of its window holds nothing.
        files.retain(|name, text| !text.is_empty() || before.contains_key(name));
        assert_eq!(files, before, "stopped at operation {operation}");
        world.run(&disk).unwrap();
        assert!(World::files(&disk) == complete, "stopped at operation {operation}");
    }
    assert!(most >= 3, "no more than {most} windows were ever complete");
}

#[test]
fn files_of_complete_windows_are_as_they_were() {
    assert_taken_back(&pulls::everything_appended(1));
}

#[test]
fn so_they_are_where_several_windows_are_pulled_at_once() {
    assert_taken_back(&pulls::everything_appended(3));
}

/// They have taken the place of what was there.
#[test]
fn files_of_complete_windows_that_were_replaced_stay() {
    let world = pulls::window_files_beside_one();
    let disk = world.disk();
    world.run(&disk).unwrap();
    let complete = World::files(&disk);
    for operation in 0..disk.operations() {
        let disk = world.disk();
        disk.fail_at(operation, Fault::Stop(Done::All));
        let _ = world.run(&disk);
        let disk = disk.after_kill();
        if World::state(&disk).unfinished.is_none() {
            continue;
        }
        world.drop_unfinished(&disk).unwrap_or_else(|error| panic!("{operation}: {}", chain(&error)));
        let files = World::files(&disk);
        let stays = files.iter().all(|(name, text)| text.is_empty() || complete.get(name) == Some(text));
        assert!(stays, "stopped at operation {operation}: {:?}", files.keys());
    }
}

/// What can be taken back is.
#[test]
fn a_journal_that_is_gone_is_told() {
    let world = pulls::everything_appended(1);
    let disk = world.disk();
    world.run(&disk).unwrap();
    let half = disk.operations() * 3 / 4;
    let disk = world.disk();
    disk.fail_at(half, Fault::Stop(Done::All));
    world.run(&disk).unwrap_err();
    let disk = disk.after_kill();
    disk.put("/state/calls.ended", "");
    let error = world.drop_unfinished(&disk).unwrap_err();
    assert!(matches!(error, PullError::State(StateError::Damaged { .. })), "{}", chain(&error));
}
