//! Text that no file may contain.

use crate::files::texts;

/// Marks of unfinished work. They are split, so that this file does not contain them.
const UNFINISHED: [[&str; 2]; 5] =
    [["to", "do!"], ["FIX", "ME"], ["XX", "X"], ["db", "g!"], ["#[ig", "nore"]];

/// Paths that exist on one machine only.
const MACHINE: [[&str; 2]; 5] =
    [["/ho", "me/"], ["/ro", "ot/"], ["/Use", "rs/"], ["/wo", "rk/"], ["C:", "\\"]];

#[test]
fn no_file_is_unfinished_and_no_test_is_skipped() {
    assert_absent(&UNFINISHED);
}

#[test]
fn no_file_contains_a_path_of_one_machine() {
    assert_absent(&MACHINE);
}

#[track_caller]
fn assert_absent(words: &[[&str; 2]]) {
    for (path, text) in texts(&[".rs", ".md", ".toml", ".h", ".c"]) {
        for word in words {
            let word = word.concat();
            let line = text.lines().position(|line| line.contains(&word));
            assert!(line.is_none(), "{}:{} contains {word}", path.display(), line.unwrap_or_default() + 1);
        }
    }
}
