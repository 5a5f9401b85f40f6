//! Runs a test again in a child process.

use std::{env, ffi::OsString, path::PathBuf, process::Command};

/// The variable with the arguments for the child process.
const ARGUMENTS: &str = "LONGHAUL_TEST_ARGUMENTS";

/// A child process that runs only the test `test` of this program. There, [`child_args`] returns `arguments`, which are
/// separated by spaces. Its environment has only `PATH`.
pub fn test_in_child(test: &str, arguments: &str) -> Command {
    let program: PathBuf = env::current_exe().expect("a running program has a file");
    let mut command = Command::new(program);
    command.args(["--exact", test, "--quiet", "--nocapture"]).env_clear().env(ARGUMENTS, arguments);
    if let Some(path) = env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

/// The arguments that were passed to [`test_in_child`], or `None` outside of a child process.
pub fn child_args() -> Option<Vec<OsString>> {
    let arguments = env::var(ARGUMENTS).ok()?;
    Some(arguments.split(' ').map(OsString::from).collect())
}
