//! Where a plan is written.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Seek, Write},
    path::Path,
};

use longhaul_core::{disk::followed, sink::SinkError};

use super::{lines::Resolved, unwritten::Unwritten};
use crate::{
    args::PlanArguments,
    build::ConfiguredSinks,
    exit::Exit,
    session::{
        Session,
        partitions::plan_file::{Header, StreamHeader, write_line, write_plan},
        plan::Planned,
    },
    terminal::{failure::Failure, numbers::counted, times},
};

/// Writes the plan to `--out`, completely or not at all, or to standard output.
pub(super) fn write_all(
    session: &Session,
    arguments: &PlanArguments,
    pulls: &[&Planned<'_>],
    sinks: &ConfiguredSinks,
    mut headers: Vec<StreamHeader>,
) -> Result<Exit, Failure> {
    let streams = pulls.iter().zip(&mut headers);
    let streams = streams.map(|(pull, header)| Resolved::new(session, pull, sinks, header));
    let streams = streams.collect::<Result<Vec<_>, _>>()?;
    let mut header = Header::new(session.now, headers);
    let partitions = counted(header.partitions(), "partition");
    let ranges = header.streams.iter().filter_map(|stream| Some((&stream.name, stream.range?)));
    let ranges: Vec<_> = ranges.map(|(name, range)| format!("{name}: {}", times::range(range))).collect();
    let write = |file: &File| {
        write_plan(file, &mut header, |header, out| {
            let mut write = |line: &_| Ok(write_line(out, line)?);
            streams.iter().try_for_each(|stream| stream.lines(header, &mut write))
        })
    };
    let (written, place) = match &arguments.out {
        Some(path) => (replace(&session.folder.join(path), write), format!("`{}`", path.display())),
        None => (print(write), "standard output".to_owned()),
    };
    match written {
        Ok(()) => {
            for range in &ranges {
                session.screen.print(range);
            }
            session.screen.print(&format!("plan: {partitions} -> {place}"));
            Ok(Exit::Complete)
        }
        Err(Unwritten::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(Exit::Complete),
        Err(Unwritten::Output(error)) => {
            let error = SinkError::io(format!("cannot write the plan to {place}"), error);
            Err(Failure::new(Exit::Sink, error).hint("free some space, or choose another file with --out"))
        }
        Err(Unwritten::State(error)) => Err(Failure::of_state("plan", error)),
    }
}

fn replace(path: &Path, write: impl FnOnce(&File) -> Result<(), Unwritten>) -> Result<(), Unwritten> {
    let path = &followed(path);
    if fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        // It would be replaced by a file.
        return Err(io::Error::other("it is not a regular file").into());
    }
    let new = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(path))?;
    write(new.as_file())?;
    new.as_file().sync_all()?;
    new.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// The checksum comes first and is known last, so the plan is printed from a file.
fn print(write: impl FnOnce(&File) -> Result<(), Unwritten>) -> Result<(), Unwritten> {
    let mut file = tempfile::tempfile()?;
    write(&file)?;
    file.rewind()?;
    let mut out = io::stdout().lock();
    io::copy(&mut file, &mut out)?;
    Ok(out.flush()?)
}
