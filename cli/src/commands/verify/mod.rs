//! `longhaul verify`: checks the partitions of a plan, and prints their records in order.

mod cat;
mod leftovers;
mod verifying;

use std::path::Path;

use longhaul_core::state::Summary;

use self::{cat::Files, verifying::Verifying};
use crate::{
    args::VerifyArguments,
    commands::{
        print,
        run::{Outcome, of_plan, of_settling, summary},
    },
    exit::Exit,
    session::{
        Session,
        partitions::{
            files::checksum,
            partition::Partition,
            plan_file::{Line, PlanFile, StreamHeader},
            receipt::Receipt,
            repeats,
            worker_sinks::WorkerSinks,
        },
    },
    terminal::{failure::Failure, findings, numbers::counted, report::Chain, storage},
};

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
    let sinks = WorkerSinks::configure(session, &plan)?;
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

impl Verifying<'_> {
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
            if repeats::may_occur(self.session.loaded.stream(name)?) {
                log::warn!("{name}: {}", repeats::CLAUSE);
            }
            self.session.screen.print(&format!("{name}: verified, {records}"));
        }
        Ok(())
    }

    /// Says how many records are missing that the API reported. Returns whether any are.
    fn warn(&self, line: &Line, receipt: &Receipt) -> bool {
        let is_missing = receipt.summary.missing > 0;
        // The others depend on all partitions, or are no proof that anything is missing.
        let Summary { records, repeated, missing, .. } = receipt.summary;
        let missing = Summary { records, repeated, missing, ..Summary::default() };
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
                partition.receipt.path().display()
            ))
        };
        let place = output.place().map_err(|error| damaged(error.to_string()))?;
        let Some(file) = receipt.files.iter().find(|file| file.sink == output.sink_name) else {
            return Err(damaged(format!("the receipt does not have `{place}`")));
        };
        let found = place.open().and_then(checksum);
        let (_, sha256) = found.map_err(|error| match storage::exit(&error) {
            Exit::TryLater => {
                Failure::new(Exit::TryLater, format!("cannot read `{place}`: {}", Chain(&error)))
                    .hint(storage::state_folder(&error))
            }
            _ => damaged(format!("cannot read `{place}`: {error}")),
        })?;
        if sha256 != file.sha256 {
            return Err(damaged(format!("`{place}` has changed since it was complete")));
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
