//! The saved state of a stream. What is read is the same when it is written and read again, and a file that was changed is
//! damaged or means the same.
//!
//! Input: the file, or the state in it.

use longhaul_core::state::{
    PullState, State, StateFile, Unfinished,
    checkpoint::{CheckpointStore, Extent, Journal},
};
use longhaul_tests::{ManualClock, SimulatedDisk};

use super::input::number;

const PATH: &str = "/state/calls.json";

pub(super) fn run(input: &[u8]) {
    if let Some(state) = loaded(input) {
        assert_eq!(loaded(&saved(&state)), Some(state), "when it is written and read again");
    }
    let Ok(state) = serde_json::from_slice::<State>(input) else { return };
    let mut file = saved(&state);
    assert_eq!(loaded(&file).as_ref(), Some(&state), "when it is written and read again");
    let at = usize::try_from(number(input)).unwrap() % file.len();
    file[at] ^= 1 << (number(input) >> 61);
    if let Some(other) = loaded(&file) {
        assert_eq!(other, state, "byte {at} is another one");
    }
    if let Some(unfinished) = &state.unfinished {
        check_journal(&state, unfinished, input);
    }
}

/// A disk with this file.
fn disk(file: &[u8]) -> SimulatedDisk {
    let disk = SimulatedDisk::new();
    disk.put_folder("/state");
    disk.put(PATH, file);
    disk
}

fn loaded(file: &[u8]) -> Option<State> {
    StateFile::new(disk(file).handle(), "/state", "calls").load().ok()
}

fn saved(state: &State) -> Vec<u8> {
    let disk = disk(b"");
    StateFile::new(disk.handle(), "/state", "calls").save(state).unwrap();
    disk.contents(PATH).unwrap()
}

/// A journal is what its extent describes, or damaged.
fn check_journal(state: &State, unfinished: &Unfinished, journal: &[u8]) {
    let (disk, clock) = (disk(b""), ManualClock::new());
    disk.put("/state/calls.pages", journal);
    let file = StateFile::new(disk.handle(), "/state", "calls");
    let pull = PullState::new(&file, &*clock, state.clone(), unfinished.clone());
    let entries: Vec<u128> = journal.as_chunks().0.iter().map(|entry| u128::from_le_bytes(*entry)).collect();
    for extent in [unfinished.checkpoint.pages, Extent::default().and(&entries)] {
        if let Ok(read) = pull.read(Journal::Pages, &extent) {
            assert_eq!(Extent::default().and(&read), extent);
        }
    }
    let whole = Extent::default().and(&entries);
    assert_eq!(pull.read(Journal::Pages, &whole).ok(), Some(entries));
}
