//! A Singer target for tests, which runs a test again in a child process.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io::{self, BufRead, Write},
    path::{Path, PathBuf},
};

use crate::child_process::child_args;

/// What the target of a test does with its input.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Target {
    /// At the end of its input, its file contains these records and nothing else.
    Replaces,
    /// It empties its file when it starts. Then it does what `AddsAtStates` does.
    ReplacesAtStart,
    /// At each state, it adds the records before it to its file, and writes the state.
    AddsAtStates,
    /// At the end of its input, it adds all records to its file, and writes the last state.
    AddsAtEnd,
    /// It adds all records, but writes only the state before the last one, if there is one.
    ConfirmsLate,
    /// It adds all records, and never writes a state.
    ConfirmsNothing,
}

const TARGETS: [(&str, Target); 6] = [
    ("replaces", Target::Replaces),
    ("replaces-at-start", Target::ReplacesAtStart),
    ("adds-at-states", Target::AddsAtStates),
    ("adds-at-end", Target::AddsAtEnd),
    ("confirms-late", Target::ConfirmsLate),
    ("confirms-nothing", Target::ConfirmsNothing),
];

/// The `command` of a target that writes records to `file`, one per line. It runs only the test `test` of this program,
/// which must call [`act_as_singer_target`].
///
/// A test program writes to standard output itself, so the target gets it under another number.
pub fn singer_target(test: &str, target: Target, file: &Path) -> Vec<String> {
    const SCRIPT: &str =
        r#"LONGHAUL_TEST_ARGUMENTS="$2" exec "$0" --exact "$1" --quiet --nocapture 3>&1 1>/dev/null"#;
    let program = env::current_exe().expect("a running program has a file");
    let name = TARGETS.iter().find(|(_, known)| *known == target).map_or("", |(name, _)| *name);
    let arguments = format!("{name} {}", file.display());
    ["sh", "-c", SCRIPT, &program.display().to_string(), test, &arguments].map(str::to_owned).into()
}

/// Acts as the target in a child process that was started with [`singer_target`]. Elsewhere it does nothing.
///
/// # Panics
/// If the input is not valid.
pub fn act_as_singer_target() {
    let Some(arguments) = child_args() else { return };
    let [name, file] = &arguments[..] else { return };
    let target = TARGETS.iter().find(|(known, _)| name == known).expect("a known target").1;
    Running { target, file: file.into(), ..Running::default() }.run();
}

#[derive(Debug)]
struct Running {
    target: Target,
    file: PathBuf,
    /// Whether there was a schema.
    has_schema: bool,
    /// The records that were not stored yet.
    records: String,
    states: Vec<String>,
}

impl Default for Running {
    fn default() -> Self {
        Self {
            target: Target::Replaces,
            file: PathBuf::new(),
            has_schema: false,
            records: String::new(),
            states: Vec::new(),
        }
    }
}

impl Running {
    fn run(mut self) {
        let mut output = OpenOptions::new().write(true).open("/dev/fd/3").expect("the script opened it");
        if self.target == Target::ReplacesAtStart {
            fs::write(&self.file, "").expect("the folder exists");
        }
        for line in io::stdin().lock().lines() {
            self.read(&line.expect("text"));
            let stores_at_states = [Target::ReplacesAtStart, Target::AddsAtStates].contains(&self.target);
            if stores_at_states && !self.states.is_empty() {
                self.add();
                writeln!(output, "{}", self.states.remove(0)).expect("somebody reads");
            }
        }
        match self.target {
            Target::Replaces => {
                let part = self.file.with_extension("new");
                fs::write(&part, &self.records).expect("the folder exists");
                fs::rename(part, &self.file).expect("the folder exists");
            }
            _ => self.add(),
        }
        let last = match self.target {
            Target::ConfirmsLate => self.states.iter().nth_back(1),
            Target::ConfirmsNothing => None,
            _ => self.states.last(),
        };
        if let Some(state) = last {
            writeln!(output, "{state}").expect("somebody reads");
        }
    }

    fn read(&mut self, line: &str) {
        if let Some(state) = line.strip_prefix(r#"{"type":"STATE","value":"#) {
            self.states.extend(state.strip_suffix('}').map(str::to_owned));
        } else if line.starts_with(r#"{"type":"SCHEMA""#) {
            self.has_schema = true;
        } else if let Some(rest) = line.strip_prefix(r#"{"type":"RECORD","stream":""#) {
            // The last line is cut off if the sender was killed.
            let Some(record) = rest.split_once(r#"","record":"#).and_then(|(_, end)| end.strip_suffix('}'))
            else {
                return;
            };
            assert!(self.has_schema, "the schema comes first");
            self.records.push_str(record);
            self.records.push('\n');
        }
    }

    /// Adds the records to the file in one call, so that those of two targets are not mixed.
    fn add(&mut self) {
        let mut file = File::options().append(true).create(true).open(&self.file).expect("the folder exists");
        file.write_all(self.records.as_bytes()).expect("the disk has space");
        self.records.clear();
    }
}
