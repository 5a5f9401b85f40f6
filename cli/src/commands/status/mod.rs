//! `longhaul status`: the saved state of each stream.

mod age;
mod json;

use std::fmt::{self, Write};

use longhaul_core::{
    ShownUrl,
    listing::{paginate::Cursor, position::Next},
    partition::PartitionId,
    state::{
        State, Summary, Unfinished,
        checkpoint::{Checkpoint, Stage},
    },
    window::Window,
};

use serde_json::Value;

use self::{age::check_age, json::of_pull};
use crate::{
    args::{StatusArguments, StatusFormat},
    commands::{print, print_text},
    config::Stream,
    exit::Exit,
    session::{Session, lock::PullLock, range},
    terminal::{
        failure::Failure,
        numbers::{counted, grouped},
        times::{self, shown},
    },
};

/// Prints whether each stream was never run, is complete, or stopped, and where. With a maximum age, fails if a stream is
/// older.
pub(crate) fn execute(session: &Session, arguments: &StatusArguments) -> Result<Exit, Failure> {
    let (mut text, mut json, mut last) = (String::new(), Vec::new(), Vec::new());
    for (name, stream) in streams(session, &arguments.streams)? {
        let mut newest = None;
        for pull in pulls(session, name)? {
            let holder = PullLock::holder(&session.local_folder(), &pull);
            let state = session.state_file(&pull)?.load();
            if holder.is_some() && arguments.format == StatusFormat::Text && arguments.max_age.is_none() {
                // Writing to a string does not fail.
                let _ = writeln!(text, "{pull}: running: {}", holder.unwrap_or_default());
                continue;
            }
            let state = state.map_err(|error| Failure::of_state(name, error))?;
            newest = newest.max(state.complete.as_ref().map(|complete| complete.at));
            json.push(of_pull(name, &pull, &state, holder.as_deref()));
            if let Some(holder) = holder {
                let _ = writeln!(text, "{pull}: running: {holder}");
                continue;
            }
            text.push_str(&described(session, name, stream, &pull)?);
        }
        last.push((name, newest));
    }
    match arguments.format {
        StatusFormat::Text => print_text(&text)?,
        StatusFormat::Json => print(&format!("{:#}\n", Value::from(json)))?,
    };
    match arguments.max_age {
        Some(limit) => check_age(session, &last, limit),
        None => Ok(Exit::Complete),
    }
}

/// The streams with these names, or all configured streams. What is saved of a pull does not depend on whether its stream
/// could be pulled now, so the range of time may be missing.
fn streams<'s>(session: &'s Session, names: &'s [String]) -> Result<Vec<(&'s str, &'s Stream)>, Failure> {
    if names.is_empty() {
        return session.streams(names);
    }
    names.iter().map(|name| Ok((name.as_str(), session.loaded.known_stream(name)?))).collect()
}

/// What is saved of a pull of the stream `name`.
pub(super) fn described(
    session: &Session,
    name: &str,
    stream: &Stream,
    pull: &str,
) -> Result<String, Failure> {
    if let Some(holder) = PullLock::holder(&session.local_folder(), pull) {
        return Ok(format!("{pull}: running: {holder}\n"));
    }
    let state = session.state_file(pull)?.load().map_err(|error| Failure::of_state(name, error))?;
    let range = state.unfinished.as_ref().and_then(|pull| pull.range).zip(stream.window.as_ref());
    let windows = range.map(|(bounds, window)| range::tile(session, name, window, bounds)).transpose()?;
    let command = state.unfinished.as_ref().and_then(|pull| pull.command.clone());
    let command = command.unwrap_or_else(|| session.invocation.run(name));
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = describe(&mut text, pull, &state, windows.map(|windows| windows.len()), &command);
    Ok(text)
}

/// The pulls of a stream: the usual one, and those into other sinks or of other ranges that have a state.
fn pulls(session: &Session, name: &str) -> Result<Vec<String>, Failure> {
    let unreadable = |error| Failure::new(Exit::State, error).hint("check `state_dir` and its permissions");
    let mut others = session.state_place()?.names().map_err(unreadable)?;
    others.retain(|pull| pull.starts_with(&format!("{name}@")));
    others.sort();
    others.insert(0, name.to_owned());
    Ok(others)
}

fn describe(
    text: &mut String,
    name: &str,
    state: &State,
    windows: Option<usize>,
    command: &str,
) -> fmt::Result {
    match (&state.unfinished, &state.complete) {
        (Some(pull), _) => {
            stopped(text, name, pull, windows)?;
            writeln!(text, "  resume with: {command}")?;
        }
        (None, Some(complete)) => {
            let Summary { records, pages, .. } = complete.summary;
            let (records, pages) = (counted(records, "record"), counted(pages, "page"));
            writeln!(text, "{name}: complete since {}, {records} in {pages}", shown(complete.at))?;
            of_range(text, complete.range)?;
        }
        (None, None) => writeln!(text, "{name}: never run")?,
    }
    if let (Some(_), Some(complete)) = (&state.unfinished, &state.complete) {
        writeln!(text, "  the last complete pull ended at {}", shown(complete.at))?;
    }
    if let Some(reached) = state.reached.as_ref().filter(|_| state.unfinished.is_none()) {
        match reached.start() {
            Some(start) => writeln!(text, "  the next run starts at {start}")?,
            None => writeln!(text, "  the next run starts at the beginning")?,
        }
    }
    match state.watermark {
        Some(watermark) => writeln!(text, "  everything before {} has been pulled", shown(watermark)),
        None => Ok(()),
    }
}

fn stopped(text: &mut String, name: &str, pull: &Unfinished, windows: Option<usize>) -> fmt::Result {
    let Unfinished { started, saved, checkpoint, .. } = pull;
    let so_far = checkpoint.so_far();
    let (records, pages) = (counted(so_far.records, "record"), counted(so_far.pages, "page"));
    writeln!(text, "{name}: stopped at {}, {records} ({pages}) saved", shown(*saved))?;
    writeln!(text, "  started at {}", shown(*started))?;
    of_range(text, pull.range)?;
    let complete = checkpoint.taken.saturating_sub(checkpoint.partitions.len() as u64);
    if let Some(parents) = pull.parents {
        let all = parents.entries.saturating_mul(windows.unwrap_or(1) as u64);
        writeln!(text, "  {} of {} complete", grouped(complete), counted(all, "partition"))?;
    } else if let Some(windows) = windows {
        writeln!(text, "  {} of {} complete", grouped(complete), counted(windows as u64, "window"))?;
    }
    next(text, checkpoint)
}

fn of_range(text: &mut String, range: Option<Window>) -> fmt::Result {
    range.map_or(Ok(()), |range| writeln!(text, "  from {}", times::range(range)))
}

fn next(text: &mut String, checkpoint: &Checkpoint) -> fmt::Result {
    if checkpoint.stage == Stage::Finishing {
        return writeln!(text, "  every page is pulled; only publishing them is left");
    }
    if checkpoint.stage == Stage::Discarding {
        return writeln!(text, "  it is being discarded; the next run starts again");
    }
    for partition in checkpoint.partitions.iter().filter(|partition| partition.listing.next != Next::First) {
        let of_window = match partition.id {
            PartitionId { parent: Some(_), .. } => format!(" of the partition {}", partition.id),
            PartitionId { window: Some(window), .. } => format!(" of the window {window}"),
            PartitionId { .. } => String::new(),
        };
        let next = match &partition.listing.next {
            Next::First => continue,
            Next::End => "the end of the listing".to_owned(),
            Next::At(cursor) => describe_cursor(cursor),
        };
        writeln!(text, "  next: {next}{of_window}")?;
    }
    Ok(())
}

fn describe_cursor(cursor: &Cursor) -> String {
    match cursor {
        Cursor::Offset(offset) => format!("the page at offset {}", grouped(*offset)),
        Cursor::Page(number) => format!("page {}", grouped(*number)),
        Cursor::Token(value) => format!("the page at cursor {value}"),
        Cursor::Url(url) => format!("the page at {}", ShownUrl::from(url)),
        Cursor::File { index, .. } => format!("file {} of the job", grouped(index + 1)),
        _ => "the next page".to_owned(),
    }
}
