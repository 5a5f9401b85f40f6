//! A running command.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, ChildStdout, Command},
};

use crate::command_output::CommandOutput;

/// A running command. It is killed at the end of its test.
pub(crate) struct RunningCommand {
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
    stderr: BufReader<ChildStderr>,
    stderr_so_far: String,
    folder: PathBuf,
}

impl RunningCommand {
    pub(crate) fn new(mut child: Child, folder: &Path) -> Self {
        let stdout = child.stdout.take().map(BufReader::new);
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stdout, stderr, stderr_so_far: String::new(), folder: folder.to_owned() }
    }

    /// Waits until a line on stderr contains `words`.
    #[track_caller]
    pub(crate) fn wait_for_stderr(&mut self, words: &str) {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            let read = self.stderr.read_line(&mut line).unwrap();
            assert!(read > 0, "it ended before it printed {words:?}: {}", self.stderr_so_far);
            self.stderr_so_far.push_str(&line);
        }
    }

    /// stdout, up to and including the line `last`.
    #[track_caller]
    pub(crate) fn stdout_until(&mut self, last: &str) -> String {
        let stdout = self.stdout.as_mut().unwrap();
        let mut printed = String::new();
        while printed.lines().last() != Some(last) {
            let read = stdout.read_line(&mut printed).unwrap();
            assert!(read > 0, "it ended before it printed {last:?}: {printed}");
        }
        printed
    }

    /// Closes the reading end of stdout.
    pub(crate) fn close_stdout(&mut self) {
        self.stdout = None;
    }

    /// The id of its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal: `INT` or `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits until it has a thread of this name.
    #[cfg(target_os = "linux")]
    #[track_caller]
    pub(crate) fn wait_for_thread(&self, name: &str) {
        let tasks = format!("/proc/{}/task", self.child.id());
        let names = || {
            let threads = std::fs::read_dir(&tasks).unwrap().flatten();
            // A thread may end meanwhile.
            threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("comm")).ok())
        };
        while !names().any(|found| found.trim_end() == name) {
            std::thread::yield_now();
        }
    }

    /// Kills it, unless it has ended.
    pub(crate) fn kill(mut self) -> CommandOutput {
        self.child.kill().unwrap();
        self.end()
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits until it ends.
    pub(crate) fn end(mut self) -> CommandOutput {
        let mut printed = Vec::new();
        if let Some(stdout) = &mut self.stdout {
            stdout.read_to_end(&mut printed).unwrap();
        }
        self.stderr.read_to_string(&mut self.stderr_so_far).unwrap();
        let status = self.child.wait().unwrap();
        CommandOutput::new(
            status,
            printed,
            std::mem::take(&mut self.stderr_so_far).into_bytes(),
            &self.folder,
        )
    }
}

impl Drop for RunningCommand {
    fn drop(&mut self) {
        // If the test passed, it has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
