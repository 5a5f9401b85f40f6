//! The files of a random stream, and what they must have.

use std::{cmp::Ordering, collections::BTreeMap};

use longhaul_tests::SimulatedDisk;

use super::{
    shape::{Record, Shape},
    sink::Sink,
};

/// The end of the name of a file that is not published yet.
const PART: &str = ".part";

/// The files of a stream that are not empty.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Files {
    /// The files of each sink under their final names.
    of_sinks: Vec<BTreeMap<Name, Vec<u8>>>,
    /// The other files of the sinks, which are there while they work.
    others: Vec<String>,
    /// The files of the state.
    state: Vec<String>,
}

/// The name of a file. Numbers are in order: the tenth file comes after the second.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Name(usize, String);

impl Files {
    pub(super) fn of(disk: &SimulatedDisk, shape: &Shape) -> Self {
        let of_sinks = vec![BTreeMap::new(); shape.sinks.len()];
        let mut found = Self { of_sinks, others: Vec::new(), state: Vec::new() };
        for path in disk.files() {
            let bytes = disk.contents(&path).unwrap_or_default();
            let is_spool = path.extension().is_some_and(|ending| ending == "spool");
            let path = path.to_str().unwrap().to_owned();
            if bytes.is_empty() || !is_of(shape.stream, &path) {
                continue;
            }
            let Some(rest) = path.strip_prefix("/out/") else {
                // A run that is killed may leave a spool that no checkpoint mentions. No other run reads it.
                found.state.extend((!is_spool).then_some(path));
                continue;
            };
            let (sink, _) = rest.split_once('/').unwrap();
            let is_other = [PART, ".spool", ".appending"].iter().any(|ending| path.ends_with(ending));
            if is_other {
                // A power cut may bring back the spool of a table that was complete. The next pull removes it.
                found.others.extend((!is_spool).then_some(path));
            } else {
                found.of_sinks[sink.parse::<usize>().unwrap()].insert(Name(path.len(), path), bytes);
            }
        }
        found
    }

    /// Checks that the sinks have each record of this and earlier pulls once and in order, as far as they keep them.
    pub(super) fn check_records(&self, shape: &Shape, pull: u64) -> Result<(), String> {
        let pulls: Vec<Vec<Record>> = (1..=pull).map(|pull| shape.written(pull)).collect();
        for (number, sink) in shape.sinks.iter().enumerate() {
            let texts = self.texts(number, sink);
            let found = sink.lines(texts.values().map(String::as_str));
            let expected = sink.expected(pulls.iter().map(Vec::as_slice));
            if found != expected {
                return Err(format!("sink {number}: {}", difference(&found, &expected)));
            }
        }
        Ok(())
    }

    /// Checks that the sinks have left nothing beside their files.
    pub(super) fn check_no_others(&self, may_leave_part: bool) -> Result<(), String> {
        let is_left = |path: &&String| !(may_leave_part && path.ends_with(PART));
        let left: Vec<_> = self.others.iter().filter(is_left).collect();
        if left.is_empty() { Ok(()) } else { Err(format!("{left:?} are left")) }
    }

    /// Checks that these are the files of a complete pull.
    pub(super) fn check_complete(&self, shape: &Shape, complete: &Self) -> Result<(), String> {
        for (number, sink) in shape.sinks.iter().enumerate() {
            let (found, expected) = (self.texts(number, sink), complete.texts(number, sink));
            let names = found.keys().chain(expected.keys());
            if let Some(name) = names.into_iter().find(|name| found.get(name) != expected.get(name)) {
                let lines = |texts: &BTreeMap<_, String>| -> Vec<String> {
                    texts.get(name).into_iter().flat_map(|text| text.lines().map(str::to_owned)).collect()
                };
                return Err(format!("`{}`: {}", name.1, difference(&lines(&found), &lines(&expected))));
            }
        }
        Ok(())
    }

    /// Checks that nothing of an unfinished pull is published, and that nothing of earlier ones is lost. A file that is
    /// replaced has its content from before the pull, or that of the complete pull.
    pub(super) fn check_unfinished(
        &self,
        shape: &Shape,
        before: &Self,
        complete: &Self,
    ) -> Result<(), String> {
        for (number, sink) in shape.sinks.iter().enumerate() {
            if sink.is_appended {
                let is_kept = |(name, bytes): (&Name, &Vec<u8>)| {
                    self.of_sinks[number].get(name).is_some_and(|found| found.starts_with(bytes))
                };
                if let Some((name, _)) = before.of_sinks[number].iter().find(|file| !is_kept(*file)) {
                    return Err(format!("`{}` has lost what was there before the pull", name.1));
                }
                continue;
            }
            let [found, before, complete] = [self, before, complete].map(|files| files.texts(number, sink));
            let names = found.keys().chain(before.keys());
            let is_published =
                |name: &Name| found.get(name) == before.get(name) || found.get(name) == complete.get(name);
            if let Some(name) = names.into_iter().find(|name| !is_published(name)) {
                return Err(format!("`{}` is published, but not complete", name.1));
            }
        }
        Ok(())
    }

    /// Checks that the files that are appended to are as before the pull.
    pub(super) fn check_undone(&self, shape: &Shape, before: &Self) -> Result<(), String> {
        for (number, sink) in shape.sinks.iter().enumerate().filter(|(_, sink)| sink.is_appended) {
            if self.texts(number, sink) != before.texts(number, sink) {
                return Err(format!("sink {number} was not rolled back to where the pull started"));
            }
        }
        Ok(())
    }

    /// Checks that the state has the files that it has after a complete pull.
    pub(super) fn check_state(&self, complete: &Self) -> Result<(), String> {
        let is_same = self.state == complete.state;
        if is_same { Ok(()) } else { Err(format!("{:?} are left, not {:?}", self.state, complete.state)) }
    }

    /// The texts of the files of a sink. A compressed file may be without one.
    fn texts(&self, number: usize, sink: &Sink) -> BTreeMap<Name, String> {
        let texts = self.of_sinks[number].iter().map(|(name, bytes)| (name.clone(), sink.text(bytes)));
        texts.filter(|(_, text)| !text.is_empty()).collect()
    }
}

/// Whether a file is of this stream. The names of some streams start with those of others.
fn is_of(stream: &str, path: &str) -> bool {
    let rest = path.rsplit('/').next().and_then(|name| name.strip_prefix(stream));
    rest.is_some_and(|rest| rest.starts_with(['.', '-']))
}

/// Where lines differ.
fn difference(found: &[String], expected: &[String]) -> String {
    let at = found.iter().zip(expected).take_while(|(found, expected)| found == expected).count();
    let shown = |lines: &[String]| match lines.get(at) {
        Some(line) => line.chars().take(60).collect(),
        None => "nothing".to_owned(),
    };
    let counts = match found.len().cmp(&expected.len()) {
        Ordering::Equal => String::new(),
        _ => format!("{} lines instead of {}, and ", found.len(), expected.len()),
    };
    format!("{counts}after {at} lines {} instead of {}", shown(found), shown(expected))
}
