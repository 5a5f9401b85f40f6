//! `longhaul verify`: checks the partitions of a plan, and prints their records in order.

mod cat;
mod leftovers;

use std::{collections::HashSet, fs::File, path::Path};

use longhaul_core::{
    sink::{OpenSink, Variables},
    state::Summary,
};

use self::cat::Files;

use crate::{
    args::VerifyArguments,
    build::{ConfiguredSinks, SinkFor},
    commands::{
        print,
        run::{Outcome, of_line, of_plan, of_settling, summary},
    },
    exit::Exit,
    session::{
        Session,
        parents::fingerprint_of,
        partitions::{
            configuration::check_without_bodies,
            files::checksum,
            folder::PlanFolder,
            output::{shared, with_attempt},
            partition::Partition,
            plan_file::{Line, PlanFile, StreamHeader},
            receipt::Receipt,
        },
    },
    terminal::{failure::Failure, findings, numbers::counted, report::Chain},
};

/// A plan to verify.
#[derive(Debug)]
struct Verifying<'p> {
    session: &'p Session,
    plan: &'p PlanFile,
    folder: PlanFolder,
    streams: Vec<VerifiedStream<'p>>,
}

/// A stream of the plan.
#[derive(Debug)]
struct VerifiedStream<'p> {
    header: &'p StreamHeader,
    sinks: Vec<(&'p str, &'p dyn OpenSink)>,
    /// The values of the placeholders that all partitions share.
    shared: Variables,
}

/// What was found.
#[derive(Debug, Default)]
struct Found {
    missing: u64,
    /// The first damage, and how many partitions are damaged.
    damage: Option<Failure>,
    damaged: u64,
    /// How many partitions have findings.
    doubtful: u64,
}

/// Checks every partition, and writes what the arguments ask for.
pub(crate) fn execute(session: &Session, arguments: &VerifyArguments) -> Result<Exit, Failure> {
    if let Some(path) = &arguments.summary {
        summary::check(session, path)?;
    }
    let plan = PlanFile::open(&session.folder.join(&arguments.plan)).map_err(of_plan)?;
    let mut wanted = Vec::new();
    for header in &plan.header.streams {
        let table = session.loaded.stream(&header.name)?.table.as_ref();
        wanted.extend(header.sinks.iter().map(|name| SinkFor { name, table }));
    }
    let sinks = ConfiguredSinks::configure_with(&session.loaded, wanted, &session.plugins()?, with_attempt)?;
    let verifying = Verifying::new(session, &plan, &sinks)?;
    let is_printed = arguments.cat || arguments.files;
    let files = is_printed.then(|| Files::of(&verifying, arguments)).transpose()?;
    let mut outcomes: Vec<_> = plan.header.streams.iter().map(|header| outcome(session, header)).collect();
    let verified = verifying.verify(arguments, &mut outcomes);
    if let Some(path) = &arguments.summary {
        summary::write(session, path, &outcomes, verified.as_ref().err())?;
    }
    verified?;
    files.map_or(Ok(Exit::Complete), |files| files.print(&verifying))
}

impl<'p> Verifying<'p> {
    fn new(session: &'p Session, plan: &'p PlanFile, sinks: &'p ConfiguredSinks) -> Result<Self, Failure> {
        let stream = |header: &'p StreamHeader| {
            let table = session.loaded.stream(&header.name)?.table.as_ref();
            let names: Vec<_> = header.sinks.iter().map(String::as_str).collect();
            check_without_bodies(header, &session.loaded.definition(&header.name, &names))?;
            let sinks =
                names.into_iter().filter_map(|name| Some((name, sinks.get(SinkFor { name, table })?)));
            let (sinks, shared) = (sinks.collect(), shared(header, &session.folder));
            Ok::<_, Failure>(VerifiedStream { header, sinks, shared })
        };
        let streams = plan.header.streams.iter().map(stream).collect::<Result<_, _>>()?;
        let folder = PlanFolder::new(&session.state_folder(), &plan.id);
        Ok(Self { session, plan, folder, streams })
    }

    /// Checks every partition, and says what is wrong.
    fn verify(&self, arguments: &VerifyArguments, outcomes: &mut [Outcome]) -> Result<(), Failure> {
        let mut found = Found::default();
        self.each(|index, partition| {
            let (line, outcome) = (partition.line, &mut outcomes[index]);
            match verified(partition) {
                Ok(Some(receipt)) => {
                    found.doubtful += u64::from(self.warn(line, &receipt));
                    outcome.summary = std::mem::take(&mut outcome.summary).and(&receipt.summary);
                }
                Ok(None) => {
                    found.missing += 1;
                    outcome.resumable = true;
                    if arguments.cat || arguments.files {
                        self.session.screen.print(&format!("missing: {}", line.id));
                    } else {
                        print(&format!("{}\n", line.id))?;
                    }
                    let error = || ("some partitions are missing".to_owned(), Exit::TryLater);
                    outcome.error.get_or_insert_with(error);
                }
                Err(failure) => {
                    found.damaged += 1;
                    let clause = format!("partition {}: {}", line.id, Chain(failure.error.as_ref()));
                    self.session.screen.print(&format!("{}: {clause}", line.stream));
                    outcome.error = Some((clause, failure.exit));
                    found.damage.get_or_insert(failure);
                }
            }
            Ok(())
        })?;
        found.failure(self.plan.header.partitions(), &arguments.plan).map_or(Ok(()), Err)?;
        leftovers::remove(self)?;
        for outcome in outcomes {
            let (name, records) = (&outcome.stream, counted(outcome.summary.records, "record"));
            for clause in findings::clauses(&outcome.summary) {
                log::warn!("{name}: {clause}");
            }
            self.session.screen.print(&format!("{name}: verified, {records}"));
        }
        Ok(())
    }

    /// Calls `each` with every partition and the number of its stream. No partition occurs twice.
    fn each(
        &self,
        mut each: impl FnMut(usize, &Partition<'_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut ids = HashSet::new();
        for line in self.plan.lines().map_err(of_plan)? {
            let line = line.map_err(of_plan)?;
            let index = self.streams.iter().position(|stream| stream.header.name == line.stream);
            let Some(index) = index.filter(|_| ids.insert(fingerprint_of(Path::new(&line.id)))) else {
                return Err(Failure::usage(format!("the plan has two partitions `{}`", line.id))
                    .hint("make a new plan with: longhaul plan STREAM --out plan.ndjson"));
            };
            let stream = &self.streams[index];
            let partition = Partition::new(&line, &self.folder, &stream.sinks, &stream.shared);
            each(index, &partition.map_err(of_line)?)?;
        }
        Ok(())
    }

    /// Says how many records are missing that the API reported. Returns whether any are.
    fn warn(&self, line: &Line, receipt: &Receipt) -> bool {
        let is_missing = receipt.summary.missing > 0;
        // The others depend on all partitions, or are no proof that anything is missing.
        let missing = Summary { missing: receipt.summary.missing, ..Summary::default() };
        for clause in findings::clauses(&missing) {
            self.session.screen.print(&format!("{}: partition {}: {clause}", line.stream, line.id));
        }
        is_missing
    }
}

/// The receipt of a partition whose files are intact; `None` if it is not complete.
fn verified(partition: &Partition<'_>) -> Result<Option<Receipt>, Failure> {
    let Some(receipt) = partition.complete().map_err(of_settling)? else { return Ok(None) };
    for output in &partition.outputs {
        let damaged = |clause: String| {
            Failure::new(Exit::Sink, clause).hint(format!(
                "restore the file, or delete its receipt to pull the partition again: {}",
                partition.receipt.display()
            ))
        };
        let path = output.path().map_err(|error| damaged(error.to_string()))?;
        let shown = path.display();
        let Some(file) = receipt.files.iter().find(|file| file.sink == output.sink_name) else {
            return Err(damaged(format!("the receipt does not have `{shown}`")));
        };
        let found = File::open(&path).and_then(checksum);
        let (_, sha256) = found.map_err(|error| damaged(format!("cannot read `{shown}`: {error}")))?;
        if sha256 != file.sha256 {
            return Err(damaged(format!("`{shown}` has changed since it was complete")));
        }
    }
    Ok(Some(receipt))
}

impl Found {
    /// The failure that decides the exit code: damage, then missing partitions, then totals.
    fn failure(self, partitions: u64, plan: &Path) -> Option<Failure> {
        let of_all = counted(partitions, "partition");
        if let Some(damage) = self.damage {
            return Some(damage);
        }
        if self.missing > 0 {
            let are = if self.missing == 1 { "is" } else { "are" };
            let clause = format!("{} of {of_all} {are} missing", self.missing);
            let hint = format!("pull them with: longhaul run --plan {} --partition ID", plan.display());
            return Some(Failure::new(Exit::TryLater, clause).hint(hint));
        }
        if self.doubtful > 0 {
            let have = if self.doubtful == 1 { "has" } else { "have" };
            let clause = format!("{} of {of_all} {have} fewer records than the API reported", self.doubtful);
            let hint = "to pull one again, delete its receipt in `state_dir`";
            return Some(Failure::new(Exit::Api, clause).hint(hint));
        }
        None
    }
}

/// The outcome of a stream, without its partitions.
fn outcome(session: &Session, header: &StreamHeader) -> Outcome {
    let sinks = &session.loaded.config.sinks;
    let path = |name: &String| sinks.get(name)?.options.get("path")?.as_str().map(str::to_owned);
    Outcome { destinations: header.sinks.iter().filter_map(path).collect(), ..Outcome::of(&header.name) }
}
