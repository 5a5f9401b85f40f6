//! Words that have no place in the project.

use crate::files::texts;

/// Taken apart, so that they do not stand here.
const UNFINISHED: [[&str; 2]; 5] =
    [["to", "do!"], ["FIX", "ME"], ["XX", "X"], ["db", "g!"], ["#[ig", "nore"]];

/// Paths that exist on one machine only.
const MACHINE: [[&str; 2]; 5] =
    [["/ho", "me/"], ["/ro", "ot/"], ["/Use", "rs/"], ["/wo", "rk/"], ["C:", "\\"]];

#[test]
fn nothing_is_unfinished_or_left_out() {
    assert_absent(&UNFINISHED);
}

#[test]
fn no_file_speaks_of_the_machine_it_was_written_on() {
    assert_absent(&MACHINE);
}

#[track_caller]
fn assert_absent(words: &[[&str; 2]]) {
    for (path, text) in texts(&[".rs", ".md", ".toml", ".h", ".c"]) {
        for word in words {
            let word = word.concat();
            let line = text.lines().position(|line| line.contains(&word));
            assert!(line.is_none(), "{}:{} says {word}", path.display(), line.unwrap_or_default() + 1);
        }
    }
}
