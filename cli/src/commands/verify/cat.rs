//! Prints the records of a plan, as a single run would have written them.

use std::{
    fs::File,
    io::{self, BufWriter, ErrorKind, Write},
    path::PathBuf,
};

use longhaul_core::sink::{Options, SinkError};
use longhaul_sinks::{Join, JoinError};

use super::{VerifiedStream, Verifying};
use crate::{
    args::VerifyArguments,
    commands::run::{of_line, of_plan},
    exit::Exit,
    session::partitions::partition::Partition,
    terminal::failure::Failure,
};

/// Which files are printed, and how they are joined.
#[derive(Debug)]
pub(super) struct Printed<'p> {
    stream: &'p str,
    sink: &'p str,
    join: Join,
}

impl<'p> Printed<'p> {
    /// Chooses the stream and the sink. Nothing is printed yet.
    pub(super) fn of(verifying: &Verifying<'p>, arguments: &'p VerifyArguments) -> Result<Self, Failure> {
        let streams: Vec<_> = verifying.streams.iter().map(|stream| stream.header.name.as_str()).collect();
        let name = choose("stream", arguments.stream.as_deref(), &streams)?;
        let stream = verifying.streams.iter().find(|stream| stream.header.name == name);
        let sinks: Vec<_> = stream.into_iter().flat_map(VerifiedStream::sink_names).collect();
        let sink = choose("sink", arguments.sink.as_deref(), &sinks)?;
        let configured = verifying.session.loaded.config.sinks.get(sink);
        let kind = configured.map_or(sink, |sink| sink.kind.as_str());
        let options = configured.map_or_else(Options::new, |sink| sink.options.clone());
        let join = Join::of(kind, &options).map_err(Failure::usage)?;
        let join = join.ok_or_else(|| {
            Failure::usage(format!("files of type `{kind}` cannot be joined"))
                .hint("read them one by one, in the order of the plan")
        })?;
        Ok(Self { stream: name, sink, join })
    }

    /// Prints the files in the order of the plan.
    pub(super) fn print(&self, verifying: &Verifying<'_>) -> Result<Exit, Failure> {
        let stream = verifying.streams.iter().find(|stream| stream.header.name == self.stream);
        let Some(stream) = stream else { return Ok(Exit::Complete) };
        let mut failure = None;
        let paths = verifying.plan.lines().map_err(of_plan)?.filter_map(|line| {
            let line = match line.map_err(of_plan) {
                Ok(line) if line.stream == self.stream => line,
                Ok(_) => return None,
                Err(error) => {
                    failure.get_or_insert(error);
                    return None;
                }
            };
            let partition = Partition::new(&line, &verifying.folder, &stream.sinks, &stream.shared);
            match partition.map_err(of_line) {
                Ok(partition) => path(&partition, self.sink),
                Err(error) => {
                    failure.get_or_insert(error);
                    None
                }
            }
        });
        let files = paths.map(File::open);
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        let joined = self.join.write(files, &mut out).and_then(|()| Ok(out.flush()?));
        match (failure, joined) {
            (Some(failure), _) => Err(failure),
            (None, Ok(())) => Ok(Exit::Complete),
            (None, Err(JoinError::Io(error))) if error.kind() == ErrorKind::BrokenPipe => Ok(Exit::Complete),
            (None, Err(JoinError::Io(error))) => {
                let error = SinkError::io("cannot print the records", error);
                Err(Failure::new(Exit::Sink, error).hint("free some space, or redirect the output"))
            }
            (None, Err(error)) => Err(Failure::new(Exit::Sink, error)
                .hint("list `columns` in the sink, so that all files have the same, and make a new plan")),
        }
    }
}

impl<'p> VerifiedStream<'p> {
    fn sink_names(&self) -> impl Iterator<Item = &'p str> + use<'p> {
        self.sinks.iter().map(|(name, _)| *name).collect::<Vec<_>>().into_iter()
    }
}

fn path(partition: &Partition<'_>, sink: &str) -> Option<PathBuf> {
    partition.outputs.iter().find(|output| output.sink_name == sink)?.path().ok()
}

/// The only one, or the one that the command line names.
fn choose<'a>(kind: &str, named: Option<&'a str>, all: &[&'a str]) -> Result<&'a str, Failure> {
    let list = || all.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match (named, all) {
        (None, [only]) => Ok(only),
        (None, _) => Err(Failure::usage(format!("the plan has several {kind}s: {}", list()))
            .hint(format!("choose the one to print with --{kind}"))),
        (Some(named), all) if all.contains(&named) => Ok(named),
        (Some(named), _) => Err(Failure::usage(format!("the plan has no {kind} `{named}`"))
            .hint(format!("it has: {}", list()))),
    }
}
