//! The result of a command.

use std::{path::Path, process::ExitStatus};

/// The result of a command.
#[derive(Debug)]
pub(crate) struct CommandOutput {
    /// The exit code; `None` if a signal ended the process.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    /// The bytes as they are. Most tests use [`stable_stderr`](Self::stable_stderr) instead.
    pub(crate) stderr: String,
    folder: String,
}

impl CommandOutput {
    pub(crate) fn new(status: ExitStatus, stdout: Vec<u8>, stderr: Vec<u8>, folder: &Path) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let folder = folder.to_str().unwrap().to_owned();
        Self { code: status.code(), stdout: text(stdout), stderr: text(stderr), folder }
    }

    /// stderr, without what differs between runs.
    pub(crate) fn stable_stderr(&self) -> String {
        stable(&self.stderr, &self.folder)
    }

    /// stdout, without what differs between runs.
    pub(crate) fn stable_stdout(&self) -> String {
        stable(&self.stdout, &self.folder)
    }

    /// The command failed with this on stderr, and nothing on stdout.
    #[track_caller]
    pub(crate) fn assert_failed(&self, code: i32, stderr: &str) {
        assert_eq!(self.stable_stderr(), stderr);
        assert_eq!((self.code, self.stdout.as_str()), (Some(code), ""));
    }

    /// The command succeeded.
    #[track_caller]
    pub(crate) fn assert_complete(&self) -> &Self {
        assert_eq!(self.code, Some(0), "{}", self.stderr);
        self
    }

    /// The last error: the `error:` line, its causes and the hint.
    #[track_caller]
    pub(crate) fn last_error(&self) -> String {
        let stderr = self.stable_stderr();
        let start =
            stderr.rfind("\nerror: ").map(|before| before + 1).or(stderr.starts_with("error: ").then_some(0));
        let start = start.unwrap_or_else(|| panic!("no error in {stderr}"));
        stderr[start..].to_owned()
    }

    /// Neither stderr nor stdout shows `secret`.
    #[track_caller]
    pub(crate) fn assert_hides(&self, secret: &str) {
        assert!(!self.stderr.contains(secret), "stderr shows it: {}", self.stderr);
        assert!(!self.stdout.contains(secret), "stdout shows it: {}", self.stdout);
    }
}

fn stable(text: &str, folder: &str) -> String {
    let text = text.replace(folder, "FOLDER");
    let text: String = text.split_inclusive('\n').map(without_timestamp).collect();
    let text = masked(&text, "127.0.0.1:", "PORT", |c| c.is_ascii_digit());
    let text = masked(&text, "correlation id ", "ID", |c| c.is_ascii_hexdigit() || c == '-');
    let text = masked(&text, "os error ", "N", |c| c.is_ascii_digit());
    let text = masked(&text, ": process ", "PID", |c| c.is_ascii_digit());
    let text = masked(&text, "process PID on ", "HOST", |c| c != ',');
    let text = without_moments(&text);
    let text = masked(&text, "retrying in ", "TIME", |c| c != '\n');
    text.split_inclusive('\n').filter(|line| !is_progress(line)).map(without_time_taken).collect()
}

/// A run that takes long logs its progress every ten seconds.
fn is_progress(line: &str) -> bool {
    let counts =
        line.strip_prefix("info ").and_then(|line| line.split_once("/s, ")).map(|(counts, _)| counts);
    counts.is_some_and(|counts| counts.contains(" in ") && counts.ends_with(|c: char| c.is_ascii_digit()))
}

/// The line about a complete stream ends with the time it took, and where the records are.
fn without_time_taken(line: &str) -> String {
    let parts = line.split_once(" -> ").filter(|(done, _)| done.contains(": complete, "));
    match parts.and_then(|(done, place)| Some((done.rsplit_once(", ")?.0, place))) {
        Some((done, place)) => format!("{done}, TIME -> {place}"),
        None => line.to_owned(),
    }
}

/// A log line starts with the time, in a fixed width.
fn without_timestamp(line: &str) -> &str {
    let stamped = line.get(..21).is_some_and(|start| {
        let pattern = "0000-00-00T00:00:00Z ";
        start.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).eq(pattern.chars())
    });
    if stamped { &line[21..] } else { line }
}

/// `text` with `MOMENT` for every time such as `2026-01-02 03:04:05 UTC`.
fn without_moments(text: &str) -> String {
    let mut parts = text.split(" UTC");
    let mut stable = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let time = stable.len().checked_sub("0000-00-00 00:00:00".len());
        match time.filter(|start| stable.is_char_boundary(*start) && stable[*start..].starts_with("20")) {
            Some(start) => stable.replace_range(start.., "MOMENT"),
            None => stable.push_str(" UTC"),
        }
        stable.push_str(part);
    }
    stable
}

/// Replaces the characters for which `differs` is true after `marker` with `mask`.
fn masked(text: &str, marker: &str, mask: &str, differs: impl Fn(char) -> bool) -> String {
    let mut parts = text.split(marker);
    let mut stable = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(&differs);
        stable.push_str(marker);
        if rest.len() < part.len() {
            stable.push_str(mask);
        }
        stable.push_str(rest);
    }
    stable
}

#[test]
fn texts_that_differ_between_runs_are_replaced() {
    assert_eq!(stable("at 2026-01-02 03:04:05 UTC, in UTC", "/a/folder"), "at MOMENT, in UTC");
    let text = "2026-01-02T03:04:05Z warn  from 127.0.0.1:4711 (correlation id 12ab-9), retrying in 0.1 s\n\
                2026-01-02T03:04:05Z info  calls: 262 records in 1,400 pages, 26/s, 10 s\n\
                2026-01-02T03:04:05Z info  calls: 5 records\n\
                calls: complete, 5 records in 1 pages, 1.2 s -> /a/folder/out\n\
                jobs: complete, 5 records in 3 pages of 2 windows, 1,234 duplicates dropped, 1 min 2 s -> x\n";
    assert_eq!(
        stable(text, "/a/folder"),
        "warn  from 127.0.0.1:PORT (correlation id ID), retrying in TIME\n\
         info  calls: 5 records\n\
         calls: complete, 5 records in 1 pages, TIME -> FOLDER/out\n\
         jobs: complete, 5 records in 3 pages of 2 windows, 1,234 duplicates dropped, TIME -> x\n"
    );
}
