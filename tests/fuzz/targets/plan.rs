//! Plans and receipts of partitions. A plan or receipt that was changed is refused, and one that is accepted is the same when
//! it is written and read again.
//!
//! Input: the file.

use std::fs;

use longhaul::fuzzing;
use tempfile::TempDir;

use super::input::number;

pub(super) fn run(input: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    check(&folder, input, |path| fuzzing::rewritten_plan(path).ok());
    check(&folder, input, |path| fuzzing::rewritten_receipt(path).ok());
    // No mutation finds a checksum, so it is set right.
    if let Some(sealed) = fuzzing::sealed_plan(input) {
        check(&folder, &sealed, |path| fuzzing::rewritten_plan(path).ok());
    }
    if let Some(sealed) = fuzzing::sealed_receipt(input) {
        check(&folder, &sealed, |path| fuzzing::rewritten_receipt(path).ok());
    }
}

/// Checks that a file is refused, or is the same when it is written and read again. Then it is refused with any other byte.
fn check(folder: &TempDir, file: &[u8], rewritten: impl Fn(&std::path::Path) -> Option<Vec<u8>>) {
    let path = folder.path().join("file");
    let rewritten = |file: &[u8]| {
        fs::write(&path, file).unwrap();
        rewritten(&path)
    };
    let Some(again) = rewritten(file) else { return };
    assert_eq!(rewritten(&again).as_ref(), Some(&again), "when it is written and read again");
    let mut changed = again.clone();
    let at = usize::try_from(number(file)).unwrap() % changed.len();
    changed[at] ^= 1 << (number(file) >> 61);
    if let Some(other) = rewritten(&changed) {
        assert_eq!(other, again, "byte {at} is another one");
    }
}
