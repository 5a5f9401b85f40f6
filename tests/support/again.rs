//! Runs a test again, in its own process.

use std::{env, ffi::OsString, path::PathBuf, process::Command};

/// The variable with the words for the process.
const WORDS: &str = "LONGHAUL_TEST_WORDS";

/// This program as a new process, which runs only the test `test`. There, [`told`] returns `words`. The environment has
/// only `PATH`.
pub fn again(test: &str, words: &str) -> Command {
    let program: PathBuf = env::current_exe().expect("a running program has a file");
    let mut command = Command::new(program);
    command.args(["--exact", test, "--quiet", "--nocapture"]).env_clear().env(WORDS, words);
    if let Some(path) = env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

/// The words of [`again`]; `None` in a test that it did not start.
pub fn told() -> Option<Vec<OsString>> {
    let words = env::var(WORDS).ok()?;
    Some(words.split(' ').map(OsString::from).collect())
}
