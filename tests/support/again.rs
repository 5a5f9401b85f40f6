//! A test that starts itself once more, as a process of its own.

use std::{env, ffi::OsString, path::PathBuf, process::Command};

/// The variable with what the process is told.
const TOLD: &str = "LONGHAUL_TEST_TOLD";

/// This program as a process of its own, in which the test of that name is [`told`] these words. It sees no environment but
/// `PATH`.
pub fn again(test: &str, words: &str) -> Command {
    let program: PathBuf = env::current_exe().expect("a running program has a file");
    let mut command = Command::new(program);
    command.args(["--exact", test, "--quiet", "--nocapture"]).env_clear().env(TOLD, words);
    if let Some(path) = env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

/// The words that [`again`] was given; none in a test that was not started by it.
pub fn told() -> Option<Vec<OsString>> {
    let words = env::var(TOLD).ok()?;
    Some(words.split(' ').map(OsString::from).collect())
}
