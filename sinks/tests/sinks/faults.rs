//! Files when the disk fails, the process is killed or the power is cut, at every operation, and once more while the
//! pull resumes. The tests drive the pull as the engine does.

use std::{collections::HashSet, fmt};

use longhaul_core::sink::{Mark, OpenSink, Opened, Receipt, SinkError, Variables};
use longhaul_tests::{Done, Fault, SimulatedDisk, compress, decompress, write_page};
use serde_json::json;

use super::support::{COMPRESSIONS, configured_on};

const FILE: &str = "/simulated/out/users.x";
const PART: &str = "/simulated/out/users.x.part";
/// The further files of a table that is divided into several.
const FURTHER: std::ops::RangeInclusive<u64> = 2..=14;
const SPOOL: &str = "/simulated/out/users.x.spool";
/// The pages after which the engine commits.
const COMMITS: [u64; 3] = [2, 4, 5];

/// A sink that writes a file, and the content of the disk before.
struct Case {
    name: &'static str,
    mode: &'static str,
    compression: &'static str,
    disk: SimulatedDisk,
    /// The file before the pull, and further ones.
    before: Vec<Option<Vec<u8>>>,
    /// The uncompressed content of the same files after it.
    after: Vec<Option<Vec<u8>>>,
}

/// The checkpoints that the engine saves.
#[derive(Clone, Debug, Default)]
struct Checkpoints {
    commits: Vec<(Receipt, Mark)>,
    /// Whether all pages were pulled and only publishing is left.
    finishing: bool,
}

impl Case {
    fn new(name: &'static str, mode: &'static str, compression: &'static str, disk: SimulatedDisk) -> Self {
        let before = files(&disk);
        let mut case = Self { name, mode, compression, disk, before, after: Vec::new() };
        let disk = case.disk.after_kill();
        case.pull(&disk, &mut Checkpoints::default()).unwrap();
        case.after = case.content(&disk);
        case
    }

    /// The uncompressed content of the files, which must be valid.
    fn content(&self, disk: &SimulatedDisk) -> Vec<Option<Vec<u8>>> {
        let file = |file: Option<Vec<u8>>| file.map(|file| decompress(self.compression, &file));
        files(disk).into_iter().map(file).collect()
    }

    /// The most rows of a file, with its header.
    fn max_rows(&self) -> Option<u64> {
        self.name.strip_prefix("csv of rows, at most ")?.parse().ok()
    }

    fn sink(&self, disk: &SimulatedDisk) -> Box<dyn OpenSink> {
        let mut options = json!({
            "path": "out/{stream}.x", "mode": self.mode, "compression": self.compression
        });
        if self.name == "csv" || self.max_rows().is_some() {
            options["columns"] = json!(["/page", "/text"]);
        }
        if let Some(rows) = self.max_rows() {
            options["max_rows"] = json!(rows);
        }
        configured_on(disk.handle(), self.name.split(' ').next().unwrap(), options).unwrap()
    }

    /// Pulls everything that is not in the checkpoints.
    fn pull(&self, disk: &SimulatedDisk, checkpoints: &mut Checkpoints) -> Result<(), SinkError> {
        let from = checkpoints.commits.last().map(|(receipt, mark)| (receipt, *mark));
        let Opened { mut sink, at } = self.sink(disk).open(&Variables::new("users", "/simulated"), from)?;
        if from.is_none() {
            checkpoints.commits.push((sink.commit(Mark::START)?, Mark::START));
        }
        for mark in at.0 + 1..=5 {
            write_page(&mut sink, &[&record(mark), "{}"])?;
            if COMMITS.contains(&mark) {
                checkpoints.commits.push((sink.commit(Mark(mark))?, Mark(mark)));
            }
        }
        checkpoints.finishing = true;
        sink.finish()
    }

    /// Makes a pull that resumes from `checkpoints` fail in every way at every operation. Calls `then` once with each disk
    /// that may result, and with the checkpoints that may be on it.
    fn fail(
        &self,
        start: &SimulatedDisk,
        checkpoints: &Checkpoints,
        faults: &[Fault],
        seeds: u64,
        mut then: impl FnMut(&SimulatedDisk, &Checkpoints, &str),
    ) {
        let operations = {
            let disk = start.after_kill();
            self.pull(&disk, &mut checkpoints.clone()).unwrap();
            disk.operations()
        };
        let mut seen = HashSet::new();
        for (at, fault) in (0..operations).flat_map(|at| faults.iter().map(move |fault| (at, *fault))) {
            let disk = start.after_kill();
            disk.fail_at(at, fault);
            let mut known = checkpoints.clone();
            let pulled = self.pull(&disk, &mut known);
            if pulled.is_ok() {
                self.assert_complete(&disk, &format!("{fault:?} at {at} went unnoticed"));
            }
            let cuts = (0..seeds).map(|seed| (disk.after_power_cut(seed), format!("power cut {seed}")));
            for (found, end) in [(disk.after_kill(), "kill".to_owned())].into_iter().chain(cuts) {
                for known in known.possible() {
                    // Many faults leave the same disk.
                    if !seen.insert((found.fingerprint(), format!("{known:?}"))) {
                        continue;
                    }
                    let commits = known.commits.len();
                    then(&found, &known, &format!("{fault:?} at {at}, {end}, {commits} commits"));
                }
            }
        }
    }

    /// Resumes the pull, which must end like one that never failed.
    fn assert_resumes(&self, found: &SimulatedDisk, known: &Checkpoints, what: &str) {
        self.assert_untouched(found, known, what);
        let disk = found.after_kill();
        self.pull(&disk, &mut known.clone()).unwrap_or_else(|error| panic!("{self}: {what}: {error}"));
        self.assert_complete(&disk, what);
    }

    /// Half a pull must never replace a complete file, and an append must not change what was there before.
    fn assert_untouched(&self, found: &SimulatedDisk, known: &Checkpoints, what: &str) {
        let (now, before) = (files(found), &self.before);
        if self.mode == "append" {
            for (now, before) in now.into_iter().zip(before) {
                let (now, before) = (now.unwrap_or_default(), before.as_deref().unwrap_or_default());
                assert!(now.starts_with(before), "{self}: {what}");
            }
            return;
        }
        if !known.finishing && self.max_rows().is_some() {
            assert!(now == *before, "{self}: {what}: published too early");
        }
        let content = self.content(found);
        for (index, (now, content)) in now.iter().zip(&content).enumerate() {
            assert!(*now == before[index] || *content == self.after[index], "{self}: {what}: file {index}");
        }
        // The first file is only there together with the others.
        assert!(now[0] == before[0] || content == self.after, "{self}: {what}: the first file is too early");
    }

    /// The pull is complete and survives a power cut.
    fn assert_complete(&self, disk: &SimulatedDisk, what: &str) {
        for seed in 0..2 {
            let disk = disk.after_power_cut(seed);
            assert_eq!(self.content(&disk), self.after, "{self}: {what}");
            assert!(
                disk.files().iter().all(|path| {
                    let name = path.to_str().unwrap();
                    name.strip_suffix(".part").is_none() || (self.mode == "append" && name == PART)
                }),
                "{self}: {what}: the part file is left"
            );
        }
        assert_eq!(disk.contents(SPOOL), None, "{self}: {what}: the spool is left");
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = if self.before[0].is_some() { "a file" } else { "an empty disk" };
        write!(f, "{} {} {} on {before}", self.name, self.mode, self.compression)
    }
}

impl Checkpoints {
    /// The checkpoints that may be on the disk. The last one may be missing, unless the engine did something that it
    /// only does after saving it.
    fn possible(&self) -> Vec<Self> {
        let mut older = self.clone();
        if self.finishing || self.commits.len() < 2 {
            return vec![older];
        }
        older.commits.pop();
        vec![self.clone(), older]
    }
}

fn files(disk: &SimulatedDisk) -> Vec<Option<Vec<u8>>> {
    let further = FURTHER.map(|number| disk.contents(format!("/simulated/out/users.{number}.x")));
    [disk.contents(FILE)].into_iter().chain(further).collect()
}

fn record(mark: u64) -> String {
    let mut record = json!({"page": mark, "text": "x".repeat(10 * usize::try_from(mark).unwrap())});
    if mark == 5 {
        record["late"] = json!(true);
    }
    record.to_string()
}

fn cases() -> impl Iterator<Item = Case> {
    COMPRESSIONS.into_iter().flat_map(cases_of)
}

fn cases_of(compression: &'static str) -> impl Iterator<Item = Case> {
    let used = SimulatedDisk::new();
    used.put(FILE, compress(compression, "page,text\r\nold,\r\n"));
    used.put(PART, "left by another pull, and longer than what this one writes".repeat(9));
    let sinks = ["ndjson", "csv"].into_iter().flat_map(|name| ["replace", "append"].map(|mode| (name, mode)));
    sinks.chain([("csv of all columns", "replace")]).flat_map(move |(name, mode)| {
        [SimulatedDisk::new(), used.after_kill()].map(|disk| Case::new(name, mode, compression, disk))
    })
}

/// Tables in several files: the rows cross the limit inside a page, at a commit, and at the very last row.
fn divided() -> impl Iterator<Item = Case> {
    let limits = ["csv of rows, at most 3", "csv of rows, at most 4", "csv of rows, at most 10"];
    let compressions = limits.into_iter().flat_map(|name| {
        COMPRESSIONS
            .into_iter()
            .filter(move |kind| *kind == "none" || name.ends_with('4'))
            .map(move |kind| (name, kind))
    });
    compressions.flat_map(|(name, kind)| ["replace", "append"].map(|mode| (name, kind, mode))).flat_map(
        |(name, kind, mode)| {
            // The last of the existing files is full or not, depending on the limit.
            let used = SimulatedDisk::new();
            for number in ["", ".2", ".3", ".4", ".5", ".6"] {
                used.put(
                    format!("/simulated/out/users{number}.x"),
                    compress(kind, "page,text\r\nold,\r\nold,\r\n"),
                );
            }
            if mode == "replace" {
                for number in ["", ".2", ".3", ".6", ".7"] {
                    used.put(
                        format!("/simulated/out/users{number}.x.part"),
                        "left by another pull".repeat(9),
                    );
                }
            }
            [SimulatedDisk::new(), used].map(|disk| Case::new(name, mode, kind, disk))
        },
    )
}

#[test]
fn a_table_in_several_files_resumes_after_any_fault() {
    for case in divided() {
        let seeds = if case.compression == "none" { 6 } else { 1 };
        case.fail(&case.disk, &Checkpoints::default(), &Fault::EVERY, seeds, |found, known, what| {
            case.assert_resumes(found, known, what);
        });
    }
}

/// A pull that starts over rolls back to its first commit. A pull with another state must not follow half of this one.
#[test]
fn a_table_in_several_files_is_undone_after_any_fault() {
    let variables = Variables::new("users", "/simulated");
    for case in divided().filter(|case| case.mode == "append" && case.compression == "none") {
        case.fail(&case.disk, &Checkpoints::default(), &Fault::EVERY, 3, |found, known, what| {
            let what = format!("{case}: {what}");
            // A complete pull cannot be undone.
            if case.content(found) == case.after {
                return;
            }
            let other = found.after_kill();
            if let Ok(()) = case.pull(&other, &mut Checkpoints::default()) {
                assert_eq!(case.content(&other), case.after, "{what}: it follows half of another pull");
            }
            if let Some((start, mark)) = known.commits.first() {
                let undone = found.after_kill();
                drop(case.sink(&undone).open(&variables, Some((start, *mark))).unwrap_or_else(|error| {
                    panic!("{what}: {error}");
                }));
                assert_eq!(files(&undone), case.before, "{what}: it is not undone");
            }
        });
    }
}

#[test]
fn a_pull_resumes_after_any_fault() {
    for case in cases() {
        // The compression makes no difference to what survives, and takes long.
        let seeds = if case.compression == "none" { 20 } else { 3 };
        case.fail(&case.disk, &Checkpoints::default(), &Fault::EVERY, seeds, |found, known, what| {
            case.assert_resumes(found, known, what);
        });
    }
}

#[test]
fn a_pull_resumes_after_any_two_faults() {
    let stop = [Fault::Stop(Done::Half)];
    // The format of the file makes no difference here, and this test takes longest.
    for case in cases_of("none").filter(|case| case.name == "ndjson") {
        case.fail(&case.disk, &Checkpoints::default(), &stop, 2, |found, known, first| {
            case.fail(found, known, &stop, 2, |found, known, second| {
                case.assert_resumes(found, known, &format!("{first}; {second}"));
            });
        });
    }
}

/// No later write makes the truncation durable here: the server has no more records when the pull resumes.
#[test]
fn a_truncation_is_durable_even_if_the_run_was_killed_after_it() {
    for case in cases().filter(|case| case.name == "ndjson") {
        let (variables, sink) = (Variables::new("users", "/simulated"), case.sink(&case.disk));
        let mut open = sink.open(&variables, None).unwrap().sink;
        write_page(&mut open, &["{}"]).unwrap();
        let receipt = open.commit(Mark(1)).unwrap();
        // Enough data that some of it reaches the disk before the next commit, with any compression.
        let numbers = (1..1 << 15).map(|number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        write_page(&mut open, &[&json!(numbers.collect::<Vec<_>>()).to_string()]).unwrap();
        let killed = case.disk.after_kill();
        // The first operation truncates the file, the second would make that durable.
        killed.fail_at(1, Fault::Stop(Done::Nothing));
        assert!(case.sink(&killed).open(&variables, Some((&receipt, Mark(1)))).is_err());
        let disk = killed.after_kill();
        let mut open = case.sink(&disk).open(&variables, Some((&receipt, Mark(1)))).unwrap().sink;
        open.commit(Mark(1)).unwrap();
        open.finish().unwrap();
        let complete = disk.contents(FILE).unwrap();
        assert!(decompress(case.compression, &complete).ends_with(b"{}\n"));
        for seed in 0..20 {
            assert_eq!(disk.after_power_cut(seed).contents(FILE).unwrap(), complete, "{case}");
        }
    }
}
