//! A command that is still running.

use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, ChildStdout, Command},
};

use crate::ended::Ended;

/// A command that is still running; it does not outlive its test.
pub(crate) struct Running {
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
    stderr: BufReader<ChildStderr>,
    said: String,
    folder: PathBuf,
}

impl Running {
    pub(crate) fn new(mut child: Child, folder: &Path) -> Self {
        let stdout = child.stdout.take().map(BufReader::new);
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stdout, stderr, said: String::new(), folder: folder.to_owned() }
    }

    /// Waits until a line on stderr holds `words`.
    #[track_caller]
    pub(crate) fn wait_until_it_says(&mut self, words: &str) {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            let read = self.stderr.read_line(&mut line).unwrap();
            assert!(read > 0, "it ended without having said {words:?}: {}", self.said);
            self.said.push_str(&line);
        }
    }

    /// What it prints, up to and with the line `last`.
    #[track_caller]
    pub(crate) fn printed_until(&mut self, last: &str) -> String {
        let stdout = self.stdout.as_mut().unwrap();
        let mut printed = String::new();
        while printed.lines().last() != Some(last) {
            let read = stdout.read_line(&mut printed).unwrap();
            assert!(read > 0, "it ended without having printed {last:?}: {printed}");
        }
        printed
    }

    /// Reads no more of what it prints.
    pub(crate) fn close_stdout(&mut self) {
        self.stdout = None;
    }

    /// Sends it a signal: `INT`, `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Kills it without a warning, unless it has ended by itself.
    pub(crate) fn kill(mut self) -> Ended {
        self.child.kill().unwrap();
        self.end()
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for its end.
    pub(crate) fn end(mut self) -> Ended {
        let mut printed = Vec::new();
        if let Some(stdout) = &mut self.stdout {
            stdout.read_to_end(&mut printed).unwrap();
        }
        self.stderr.read_to_string(&mut self.said).unwrap();
        let status = self.child.wait().unwrap();
        Ended::new(status, printed, std::mem::take(&mut self.said).into_bytes(), &self.folder)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
