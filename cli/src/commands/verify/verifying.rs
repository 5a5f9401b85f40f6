//! The plan to verify, and its partitions.

use std::{collections::HashSet, path::Path};

use longhaul_core::sink::Variables;

use crate::{
    build::SinkFor,
    commands::run::{of_line, of_plan},
    session::{
        Session,
        parents::fingerprint_of,
        partitions::{
            configuration::check_without_bodies,
            folder::PlanFolder,
            output::shared,
            partition::Partition,
            plan_file::{PlanFile, StreamHeader},
            worker_sinks::{WorkerSink, WorkerSinks},
        },
    },
    terminal::failure::Failure,
};

/// A plan to verify.
#[derive(Debug)]
pub(super) struct Verifying<'p> {
    pub(super) session: &'p Session,
    /// The plan.
    pub(super) plan: &'p PlanFile,
    /// Its state.
    pub(super) folder: PlanFolder,
    /// Its streams.
    pub(super) streams: Vec<VerifiedStream<'p>>,
}

/// A stream of the plan.
#[derive(Debug)]
pub(super) struct VerifiedStream<'p> {
    /// What the plan says about it.
    pub(super) header: &'p StreamHeader,
    /// The sinks.
    pub(super) sinks: Vec<WorkerSink<'p>>,
    /// The values of the placeholders that all partitions share.
    pub(super) shared: Variables,
}

impl<'p> Verifying<'p> {
    /// The plan, whose configuration must be that of the session.
    pub(super) fn new(
        session: &'p Session,
        plan: &'p PlanFile,
        sinks: &'p WorkerSinks,
    ) -> Result<Self, Failure> {
        let stream = |header: &'p StreamHeader| {
            let stream = session.loaded.stream(&header.name)?;
            let names: Vec<_> = header.sinks.iter().map(String::as_str).collect();
            check_without_bodies(header, &session.loaded.definition(&header.name, &names))?;
            let sinks = names.into_iter().filter_map(|name| sinks.get(SinkFor::of(name, stream)));
            let (sinks, shared) = (sinks.collect(), shared(header, &session.folder));
            Ok::<_, Failure>(VerifiedStream { header, sinks, shared })
        };
        let streams = plan.header.streams.iter().map(stream).collect::<Result<_, _>>()?;
        let folder = PlanFolder::new(session.state_place()?, &session.local_folder(), &plan.id);
        Ok(Self { session, plan, folder, streams })
    }

    /// Calls `each` with every partition and the number of its stream. No partition occurs twice.
    pub(super) fn each(
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
}
