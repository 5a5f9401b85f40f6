//! `longhaul run --plan`: pulls partitions of a plan.

mod partition;
mod planned_stream;

use std::{collections::BTreeSet, path::Path};

pub(in crate::commands) use self::partition::{of_line, of_settling};
use self::{partition::Puller, planned_stream::PlannedStream};
use super::{first_failure::FirstFailure, outcome::Outcome};
use crate::{
    args::{Part, RunArguments},
    build::{Access, SinkFor},
    exit::Exit,
    session::{
        Session,
        partitions::{
            configuration::check,
            output::shared,
            plan_file::{Line, PlanError, PlanFile, StreamHeader},
            worker_sinks::WorkerSinks,
        },
        resume::definition_of,
    },
    terminal::failure::Failure,
};

/// Pulls the chosen partitions, one after another. One that fails because of its own requests does not stop the others. The
/// first failure decides the exit code.
pub(super) fn pull_all(
    session: &Session,
    arguments: &RunArguments,
    path: &Path,
    outcomes: &mut Vec<Outcome>,
) -> Result<Exit, Failure> {
    let plan = PlanFile::open(&session.folder.join(path)).map_err(of_plan)?;
    let chosen = Chosen::of(arguments, &plan)?;
    let sinks = WorkerSinks::configure(session, &plan)?;
    let access = session.connect_for(arguments)?;
    let streams = streams(session, &plan, &sinks, &access)?;
    let mut puller = Puller::new(session, arguments, &plan, &access)?;
    let mut first = FirstFailure::default();
    for (line, number) in plan.lines().map_err(of_plan)?.zip(0..) {
        let line = line.map_err(of_plan)?;
        let Some(stream) = streams.iter().find(|stream| stream.header.name == line.stream) else { continue };
        if !chosen.has(number, &line) {
            continue;
        }
        let index = outcomes.iter().position(|outcome| outcome.stream == line.stream);
        let index = index.unwrap_or_else(|| {
            outcomes.push(Outcome::of(&line.stream));
            outcomes.len() - 1
        });
        let Err(failure) = puller.pull(stream, &line, &mut outcomes[index]) else { continue };
        // What else fails would fail in the next partition, too.
        let stops = failure.exit != Exit::Api || arguments.fail_fast || session.stop.reason().is_some();
        first.add(failure, session, arguments);
        if stops {
            break;
        }
    }
    first.take().map_or(Ok(Exit::Complete), Err)
}

/// The streams of the plan. The configuration must be the one that it was made with.
fn streams<'p>(
    session: &'p Session,
    plan: &'p PlanFile,
    all: &'p WorkerSinks,
    access: &Access,
) -> Result<Vec<PlannedStream<'p>>, Failure> {
    let stream = |header: &'p StreamHeader| {
        let stream = session.loaded.stream(&header.name)?;
        let source = session.source(&header.name, stream, access)?;
        let names: Vec<_> = header.sinks.iter().map(String::as_str).collect();
        check(header, &definition_of(session, &header.name, &source, &names))?;
        let names = names.into_iter().map(|name| SinkFor::of(name, stream));
        let columns = names.clone().flat_map(|sink| all.configured.columns(sink).to_vec()).collect();
        let sinks = names.filter_map(|sink| all.get(sink)).collect();
        Ok(PlannedStream { header, source, sinks, columns, shared: shared(header, &session.folder) })
    };
    plan.header.streams.iter().map(stream).collect()
}

/// Which partitions of a plan a command pulls.
#[derive(Debug)]
enum Chosen {
    All,
    /// Every n-th. Neighbours are alike, such as the hours of a night or the largest customers, so that shares of
    /// neighbours would differ more in how long they take.
    Share(Part),
    Ids(BTreeSet<String>),
}

impl Chosen {
    fn of(arguments: &RunArguments, plan: &PlanFile) -> Result<Self, Failure> {
        if arguments.partition.is_empty() {
            return Ok(arguments.part.map_or(Self::All, Self::Share));
        }
        let ids: BTreeSet<_> = arguments.partition.iter().cloned().collect();
        let mut unknown = ids.clone();
        for line in plan.lines().map_err(of_plan)? {
            unknown.remove(&line.map_err(of_plan)?.id);
        }
        match unknown.first() {
            None => Ok(Self::Ids(ids)),
            Some(id) => Err(Failure::usage(format!("the plan has no partition `{id}`"))
                .hint("each line of the plan has an `id`; `longhaul verify` prints those that are missing")),
        }
    }

    fn has(&self, number: u64, line: &Line) -> bool {
        match self {
            Self::All => true,
            Self::Share(Part { index, of }) => number % u64::from(of.get()) == u64::from(*index),
            Self::Ids(ids) => ids.contains(&line.id),
        }
    }
}

/// The plan cannot be used.
pub(in crate::commands) fn of_plan(error: PlanError) -> Failure {
    let hint = match &error {
        PlanError::Unreadable { .. } => "make a plan with: longhaul plan STREAM --out plan.ndjson",
        PlanError::Foreign { .. } => "make a new plan with: longhaul plan STREAM --out plan.ndjson",
        PlanError::Incomplete { .. } | PlanError::Changed { .. } => {
            "it was cut off or changed; make it again with: longhaul plan STREAM --out plan.ndjson"
        }
    };
    Failure::usage(error).hint(hint)
}
