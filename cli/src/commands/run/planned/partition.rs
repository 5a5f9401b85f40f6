//! One partition of a plan.

use std::{
    collections::BTreeMap,
    fs::File,
    hash::{BuildHasher, Hasher, RandomState},
    io,
    num::NonZeroU32,
    path::{Path, PathBuf},
    time::Duration,
};

use longhaul_core::{
    clock::Wake,
    disk::SystemDisk,
    pull::{Pull, PullError, run},
    sink::{OpenSink, SinkError, SinkErrorKind},
    state::{
        Parents, PullState, State, StateError, Summary, Unfinished,
        checkpoint::{Checkpoint, Checkpointing, Earlier},
    },
};

use super::planned_stream::PlannedStream;
use crate::{
    args::RunArguments,
    build::Access,
    commands::run::outcome::Outcome,
    exit::Exit,
    session::{
        Session,
        lock::create_private,
        partitions::{
            attempt::Attempt,
            files::checksum,
            folder::PlanFolder,
            output::Place,
            partition::{Partition, SettleError},
            plan_file::{Line, PlanFile},
            receipt::{Created, FileReceipt, Receipt, ReceiptError},
        },
    },
    terminal::{
        expected::Expected,
        failure::Failure,
        numbers::{counted, duration},
        report::Chain,
        storage,
    },
};

/// Pulls partitions, one at a time.
#[derive(Debug)]
pub(super) struct Puller<'p> {
    session: &'p Session,
    arguments: &'p RunArguments,
    access: &'p Access,
    folder: PlanFolder,
    /// Whether this worker has sent anything.
    has_begun: bool,
}

impl<'p> Puller<'p> {
    pub(super) fn new(
        session: &'p Session,
        arguments: &'p RunArguments,
        plan: &PlanFile,
        access: &'p Access,
    ) -> Result<Self, Failure> {
        let local = session.local_folder();
        let folder = PlanFolder::new(session.state_place()?, &local, &plan.id);
        create_private(&local)
            .and_then(|()| create_private(folder.path()))
            .map_err(|error| unusable(folder.path(), error))?;
        Ok(Self { session, arguments, access, folder, has_begun: false })
    }

    /// Pulls a partition, unless it is complete, and adds the result to `outcome`.
    pub(super) fn pull(
        &mut self,
        stream: &PlannedStream<'_>,
        line: &Line,
        outcome: &mut Outcome,
    ) -> Result<(), Failure> {
        let pulled = self.pull_unless_complete(stream, line);
        match pulled {
            Ok((receipt, took)) => {
                outcome.summary = std::mem::take(&mut outcome.summary).and(&receipt.summary);
                outcome.took += took;
                Ok(())
            }
            Err(failure) => {
                let clause = format!("partition {}: {}", line.id, Chain(failure.error.as_ref()));
                outcome.error.get_or_insert((clause, failure.exit));
                outcome.resumable = true;
                Err(failure)
            }
        }
    }

    fn pull_unless_complete(
        &mut self,
        stream: &PlannedStream<'_>,
        line: &Line,
    ) -> Result<(Receipt, Duration), Failure> {
        let partition = Partition::new(line, &self.folder, &stream.sinks, &stream.shared);
        let partition = partition.map_err(of_line)?;
        if let Some(receipt) = partition.complete().map_err(of_settling)? {
            return Ok((receipt, Duration::ZERO));
        }
        if !self.has_begun && self.arguments.workers() > NonZeroU32::MIN {
            // If the run is stopped, the pull notices it.
            let _ = spread(self.session);
        }
        self.has_begun = true;
        let failure = match self.attempt(stream, &partition) {
            Ok(pulled) => return Ok(pulled),
            Err(failure) => failure,
        };
        // Another attempt may have been complete first, and have removed the files of this one.
        match partition.complete() {
            Ok(Some(receipt)) => {
                self.print_other(line);
                Ok((receipt, Duration::ZERO))
            }
            _ => Err(failure),
        }
    }

    /// Pulls the partition in an attempt of its own.
    fn attempt(
        &self,
        stream: &PlannedStream<'_>,
        partition: &Partition<'_>,
    ) -> Result<(Receipt, Duration), Failure> {
        for output in &partition.outputs {
            if let Place::Object(object) = output.place().map_err(of_sink)? {
                object.check().map_err(of_sink)?;
            }
        }
        let begun = if self.arguments.fresh {
            partition.attempts.start()
        } else {
            partition.attempts.begin(&partition.outputs)
        };
        let attempt = begun.map_err(|error| unusable(partition.attempts.folder(), error))?;
        let pulled = self.pull_in(&attempt, stream, partition).and_then(|(summary, took)| {
            let (receipt, is_first) = self.publish(&attempt, partition, summary)?;
            Ok((receipt, is_first, took))
        });
        let (receipt, is_first, took) = pulled.inspect_err(|_| attempt.end())?;
        let line = partition.line;
        if is_first {
            let (name, id, records) = (&line.stream, &line.id, counted(receipt.summary.records, "record"));
            let took = duration(took);
            self.session.screen.print(&format!("{name}: partition {id} complete, {records}, {took}"));
        } else {
            self.print_other(line);
        }
        Ok((receipt, took))
    }

    fn print_other(&self, line: &Line) {
        let Line { stream, id, .. } = line;
        self.session.screen.print(&format!("{stream}: partition {id} was completed by another worker"));
    }

    /// Pulls the partition into the files of the attempt.
    fn pull_in(
        &self,
        attempt: &Attempt,
        stream: &PlannedStream<'_>,
        partition: &Partition<'_>,
    ) -> Result<(Summary, Duration), Failure> {
        let Self { session, arguments, .. } = self;
        let Partition { line, outputs, .. } = partition;
        let name = &line.stream;
        let parents = parents(attempt, line).map_err(|error| unusable(partition.attempts.folder(), error))?;
        let parents = parents.map(|path| Parents::open(&SystemDisk, &path)).transpose();
        let parents = parents.map_err(|error| Failure::of_state(name, error))?.flatten();
        let unfinished = attempt.from.clone().unwrap_or_else(|| Unfinished {
            started: session.now,
            saved: session.now,
            definition: BTreeMap::new(),
            pages: String::new(),
            placeholders: stream.header.placeholders.clone(),
            range: line.window,
            watermark: None,
            earlier: None,
            continuation: None,
            parents: None,
            command: None,
            checkpoint: Checkpoint::default(),
        });
        let from = attempt.from.as_ref().map(|unfinished| unfinished.checkpoint.clone());
        let before = from.as_ref().map(Checkpoint::so_far).unwrap_or_default();
        if before.pages > 0 {
            let records = counted(before.records, "record");
            session
                .screen
                .print(&format!("{name}: resuming partition {} ({records} already saved)", line.id));
        }
        let state = PullState::new(&attempt.state, session.clock.as_ref(), State::default(), unfinished);
        let sinks: Vec<_> =
            outputs.iter().map(|output| (output.sink_name, output.sink_of(&attempt.name))).collect();
        session.progress.start(name, &before, Expected::new(None, None, 0));
        let pulled = run(
            &Pull {
                source: &stream.source,
                windows: line.window.map(|window| vec![window]),
                parents: parents.as_ref(),
                sinks: sinks.iter().map(|(name, sink)| (*name, sink as &dyn OpenSink)).collect(),
                // Whether a column is empty in all records is only known when all partitions are complete.
                columns: if arguments.strict { Vec::new() } else { stream.columns.clone() },
                variables: stream.shared.clone(),
                spool: None,
                strict: arguments.strict,
                limit: None,
                checkpointing: Some(Checkpointing {
                    store: &state,
                    from,
                    earlier: Earlier::default(),
                    every: session.loaded.config.commit_every,
                }),
            },
            self.access.client(name),
        );
        let took = session.progress.end();
        pulled.map(|summary| (summary, took)).map_err(|error| self.failed(partition, error, &state))
    }

    fn failed(&self, partition: &Partition<'_>, error: PullError, state: &PullState<'_>) -> Failure {
        let (session, line) = (self.session, partition.line);
        let saved = state.saved().unfinished.map(|unfinished| unfinished.checkpoint.so_far());
        let saved = saved.unwrap_or_default();
        if saved.pages > 0 {
            let why = session.stop.reason().map(|reason| format!(": {reason}")).unwrap_or_default();
            let (name, id, records) = (&line.stream, &line.id, counted(saved.records, "record"));
            session.screen.print(&format!("{name}: partition {id} stopped{why}; {records} saved"));
        }
        let mut failure = Failure::of_pull(&line.stream, error, &saved, session.stop.reason());
        if failure.exit == Exit::Usage && saved.pages > 0 {
            // The exit code for usage means that nothing was sent.
            failure.exit = Exit::Sink;
        }
        failure
    }

    /// Makes the attempt the one that counts, unless another one was complete before. Returns the receipt of the one that
    /// counts, and whether it is this one.
    fn publish(
        &self,
        attempt: &Attempt,
        partition: &Partition<'_>,
        summary: Summary,
    ) -> Result<(Receipt, bool), Failure> {
        let files = partition.outputs.iter().map(|output| {
            let path = output.path_of(&attempt.name)?;
            let unreadable = |error| SinkError::io(format!("cannot read `{}`", path.display()), error);
            let (bytes, sha256) = File::open(&path).and_then(checksum).map_err(unreadable)?;
            let upload = match output.place()? {
                Place::File(_) => None,
                Place::Object(object) => Some(object.upload(&path, bytes, &attempt.name)?),
            };
            Ok(FileReceipt { sink: output.sink_name.to_owned(), bytes, sha256, upload })
        });
        let files = files.collect::<Result<Vec<_>, SinkError>>().map_err(of_sink)?;
        let at = jiff::Timestamp::try_from(self.session.clock.now()).unwrap_or_default();
        let receipt = Receipt::new(&partition.line.id, &attempt.name, at, summary, files);
        let created = partition.receipt.create(&receipt, &attempt.file("receipt")).map_err(of_receipt)?;
        let (receipt, was_first) = match created {
            Created::New => (receipt, true),
            Created::Other(other) => (*other, false),
        };
        partition.settle(&receipt).map_err(of_settling)?;
        Ok((receipt, was_first))
    }
}

/// The file with the parent of the partition, if it has one.
fn parents(attempt: &Attempt, line: &Line) -> io::Result<Option<PathBuf>> {
    let (Some(values), Some(add)) = (&line.values, &line.add) else { return Ok(None) };
    attempt.write("parents", &format!("[{values},{add}]\n")).map(Some)
}

fn unusable(folder: &Path, source: io::Error) -> Failure {
    let hint = storage::state_folder(&source);
    let error = StateError::Unwritable { path: folder.to_owned(), source };
    Failure::new(Exit::State, error).hint(hint)
}

/// A line of the plan cannot be used.
pub(in crate::commands) fn of_line(error: serde_json::Error) -> Failure {
    Failure::usage(error).hint("make a new plan with: longhaul plan STREAM --out plan.ndjson")
}

/// What workers have left of a partition cannot be put in order.
pub(in crate::commands) fn of_settling(error: SettleError) -> Failure {
    match error {
        SettleError::Receipt(error) => of_receipt(error),
        SettleError::Attempts(_) => {
            let no_room = storage::full_disk(&error);
            let hint = no_room.unwrap_or("check the permissions of the folder of the files");
            Failure::new(Exit::Sink, error).hint(hint)
        }
    }
}

/// A sink or its store failed outside of the pull.
fn of_sink(error: SinkError) -> Failure {
    let (exit, hint) = match error.kind() {
        SinkErrorKind::Unreachable => (Exit::TryLater, "run the same command again when the store answers"),
        _ => (
            Exit::Sink,
            storage::full_disk(&error).unwrap_or("fix the problem, then run the same command again"),
        ),
    };
    Failure::new(exit, error).hint(hint)
}

/// The receipt or the files of a partition cannot be used.
fn of_receipt(error: ReceiptError) -> Failure {
    let error = match error {
        ReceiptError::Store(error) => return of_sink(error),
        error => error,
    };
    let (exit, hint) = match &error {
        ReceiptError::Unusable { source, .. } => (storage::exit(source), unusable_receipt(source).to_owned()),
        ReceiptError::Unpublished { .. } => (
            Exit::Sink,
            storage::full_disk(&error)
                .unwrap_or("check the permissions of the file and its folder")
                .to_owned(),
        ),
        ReceiptError::Damaged { path } => {
            (Exit::Sink, format!("delete it to pull the partition again: {}", path.display()))
        }
        ReceiptError::Lost { receipt, .. } | ReceiptError::Changed { receipt, .. } => (
            Exit::Sink,
            format!(
                "restore the file, or delete its receipt to pull the partition again: {}",
                receipt.display()
            ),
        ),
        ReceiptError::Store(_) | ReceiptError::Path(_) => {
            (Exit::Sink, "check the path of the sink".to_owned())
        }
    };
    Failure::new(exit, error).hint(hint)
}

fn unusable_receipt(error: &io::Error) -> &'static str {
    match storage::store_error(error) {
        Some(_) => storage::state_folder(error),
        None => storage::full_state_folder(error)
            .unwrap_or("check `state_dir` and its permissions; its file system must have hard links"),
    }
}

/// Waits for a random fraction of a second, so that workers that start together do not ask for tokens and first pages
/// together.
fn spread(session: &Session) -> Wake {
    let random = RandomState::new().build_hasher().finish() % 1000;
    session.clock.sleep(Duration::from_millis(random))
}
