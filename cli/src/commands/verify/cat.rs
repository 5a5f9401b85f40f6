//! Prints the records of a plan as a single run would have written them, or the paths of its files.

use std::io::{self, BufWriter, ErrorKind, Write};

use longhaul_core::sink::{Options, SinkError};

use super::verifying::Verifying;
use crate::{
    args::VerifyArguments,
    build::{Join, JoinError},
    commands::run::{of_line, of_plan},
    exit::Exit,
    session::partitions::{output::Place, partition::Partition},
    terminal::failure::Failure,
};

/// The files that are printed, or whose paths are.
#[derive(Debug)]
pub(super) struct Files<'p> {
    stream: &'p str,
    sink: &'p str,
    /// How they are joined. `None` if only their paths are printed.
    join: Option<Join>,
}

impl<'p> Files<'p> {
    /// Chooses the stream and the sink. Nothing is printed yet.
    pub(super) fn of(verifying: &Verifying<'p>, arguments: &'p VerifyArguments) -> Result<Self, Failure> {
        let streams: Vec<_> = verifying.streams.iter().map(|stream| stream.header.name.as_str()).collect();
        let name = choose("stream", arguments.stream.as_deref(), &streams)?;
        let stream = verifying.streams.iter().find(|stream| stream.header.name == name);
        let sinks = stream.map_or(&[][..], |stream| &stream.sinks);
        let sinks: Vec<_> = sinks.iter().map(|sink| sink.name).collect();
        let sink = choose("sink", arguments.sink.as_deref(), &sinks)?;
        let join = if arguments.cat { Some(join(verifying, sink)?) } else { None };
        Ok(Self { stream: name, sink, join })
    }

    /// Prints the files, or their paths, in the order of the plan.
    pub(super) fn print(&self, verifying: &Verifying<'_>) -> Result<Exit, Failure> {
        let mut failure = None;
        let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
        let printed = {
            let known =
                self.places(verifying)?.map_while(|place| place.map_err(|error| failure = Some(error)).ok());
            let mut places = known.flatten();
            match self.join {
                Some(join) => join.write(places.map(|place| place.open()), &mut out),
                None => places.try_for_each(|place| writeln!(out, "{place}")).map_err(JoinError::from),
            }
        };
        let printed = printed.and_then(|()| Ok(out.flush()?));
        match (failure, printed) {
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

    /// The files; `None` for partitions of other streams.
    fn places<'v>(
        &'v self,
        verifying: &'v Verifying<'_>,
    ) -> Result<impl Iterator<Item = Result<Option<Place>, Failure>> + 'v, Failure> {
        let stream = verifying.streams.iter().find(|stream| stream.header.name == self.stream);
        Ok(verifying.plan.lines().map_err(of_plan)?.map(move |line| {
            let line = line.map_err(of_plan)?;
            let Some(stream) = stream.filter(|_| line.stream == self.stream) else { return Ok(None) };
            let partition = Partition::new(&line, &verifying.folder, &stream.sinks, &stream.shared);
            Ok(place(&partition.map_err(of_line)?, self.sink))
        }))
    }
}

/// How the files of the sink are joined.
fn join(verifying: &Verifying<'_>, sink: &str) -> Result<Join, Failure> {
    let configured = verifying.session.loaded.config.sinks.get(sink);
    let kind = configured.map_or(sink, |sink| sink.kind.as_str());
    let options = configured.map_or_else(Options::new, |sink| sink.options.clone());
    Join::of(kind, &options).map_err(Failure::usage)?.ok_or_else(|| {
        Failure::usage(format!("files of type `{kind}` cannot be joined"))
            .hint("use --files, which prints their paths in the order of the plan")
    })
}

fn place(partition: &Partition<'_>, sink: &str) -> Option<Place> {
    partition.outputs.iter().find(|output| output.sink_name == sink)?.place().ok()
}

/// The only one, or the one that the command line names.
fn choose<'a>(kind: &str, named: Option<&'a str>, all: &[&'a str]) -> Result<&'a str, Failure> {
    let list = || all.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match (named, all) {
        (None, [only]) => Ok(only),
        (None, _) => Err(Failure::usage(format!("the plan has several {kind}s: {}", list()))
            .hint(format!("choose the one to print with --{kind}"))),
        (Some(named), all) if all.contains(&named) => Ok(named),
        (Some(named), _) => {
            Err(Failure::usage(format!("the plan has no {kind} `{named}`"))
                .hint(format!("it has: {}", list())))
        }
    }
}
