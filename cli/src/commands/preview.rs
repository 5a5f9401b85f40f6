//! `longhaul preview`: one page, to look at.

use std::fmt::Write;

use longhaul_core::sink::{Batch, Options, SinkError, SinkErrorKind};

use crate::{
    args::{PreviewArguments, PreviewFormat},
    commands::{grid, print},
    config::{Stream, Table},
    exit::Exit,
    failure::Failure,
    first_page::FirstPage,
    progress::counted,
    session::Session,
    wire::{Level, Seen, of_table, pointers, tabulate},
};

/// Prints the first page of a stream, or what is in it. Nothing is kept.
pub(crate) fn execute(session: &Session, arguments: &PreviewArguments) -> Result<Exit, Failure> {
    let name = arguments.stream.as_str();
    let stream = session.loaded.stream(name)?;
    let access = session.connect()?;
    let source = session.source(name, stream, &access)?;
    let page = match FirstPage::fetch(session, name, stream, &source, &access)? {
        FirstPage::Fetched(page) => page,
        FirstPage::NothingNew => {
            session.screen.tell(&format!("{name}: there is nothing new"));
            return Ok(Exit::Complete);
        }
        FirstPage::OfJob(site) => {
            let is_cancelled = source.job.as_ref().is_some_and(|job| job.cancel.is_some());
            let then = if is_cancelled { ", which is cancelled afterwards" } else { "" };
            session.screen.tell(&format!("{name}: waiting for a job{then}"));
            FirstPage::of_job(session, name, &source, &access, &site)?
        }
    };
    let batch = page.as_ref().map_or(Batch::new(&[], &[]), |page| page.batch());
    let text = if arguments.columns { columns(&batch)? } else { shown(session, arguments, stream, &batch)? };
    session.screen.tell(&format!("{name}: {} on the first page", counted(batch.len() as u64, "record")));
    print(&text)
}

fn shown(
    session: &Session,
    arguments: &PreviewArguments,
    stream: &Stream,
    batch: &Batch<'_>,
) -> Result<String, Failure> {
    if arguments.format == PreviewFormat::Ndjson {
        return Ok(String::from_utf8_lossy(batch.bytes()).into_owned());
    }
    let options = stream.table.as_ref().map(Table::options).unwrap_or_default();
    let table = tabulate(batch, &options).map_err(|error| wrong(session, stream, &options, error))?;
    Ok(match arguments.format {
        PreviewFormat::Csv => String::from_utf8_lossy(&table.csv()).into_owned(),
        _ => grid::draw(&table.names, &table.texts().collect::<Vec<_>>(), grid::width()),
    })
}

fn wrong(session: &Session, stream: &Stream, options: &Options, error: SinkError) -> Failure {
    match error.key() {
        Some(key) if options.contains_key(key) => of_table(&session.loaded, stream.table.as_ref(), error),
        _ => of_records(error),
    }
}

fn of_records(error: SinkError) -> Failure {
    let exit = if error.kind() == SinkErrorKind::Rejected { Exit::Sink } else { Exit::Fault };
    Failure::new(exit, error).hint("--format ndjson shows the records as they are")
}

/// Every pointer, to be pasted into `columns` and `rows`.
fn columns(batch: &Batch<'_>) -> Result<String, Failure> {
    let levels = pointers(batch).map_err(of_records)?;
    let mut text = String::new();
    for level in levels.iter().filter(|level| !level.pointers.is_empty()) {
        // Writing to a string does not fail.
        let _ = describe(&mut text, level);
    }
    Ok(if text.is_empty() { "columns = []\n".to_owned() } else { text })
}

/// The record's pointers as TOML; those below, of which one can be chosen instead, as a comment.
fn describe(text: &mut String, level: &Level) -> std::fmt::Result {
    let Level { rows, places, pointers } = level;
    let mark = if rows.is_empty() { "" } else { "# " };
    if !rows.is_empty() {
        let places = counted(*places, "row");
        writeln!(text, "\n# Or {places}, where `^` before a pointer makes it count from the record:")?;
        writeln!(text, "# rows = {}", quoted(rows))?;
    }
    writeln!(text, "{mark}columns = [")?;
    let columns: Vec<_> =
        pointers.iter().enumerate().map(|(at, seen)| (column(&pointers[..at], seen), seen)).collect();
    let width = columns.iter().map(|(column, _)| column.chars().count()).max().unwrap_or_default();
    for (column, Seen { kinds, count, .. }) in columns {
        let often = if count == places { format!("all {places}") } else { format!("{count} of {places}") };
        writeln!(text, "{mark}{column:width$}  # {}, {often}", kinds.join(" or "))?;
    }
    writeln!(text, "{mark}]")
}

/// A line of `columns`. An object is better taken apart, so it is there to be chosen.
fn column(before: &[Seen], seen: &Seen) -> String {
    let name = |seen: &Seen| seen.at.tokens().join(".");
    let at = quoted(&seen.at.to_string());
    let column = if seen.at.tokens().is_empty() {
        format!("{{ name = \"value\", at = {at} }},")
    } else if before.iter().any(|other| name(other) == name(seen)) {
        format!("{{ name = {at}, at = {at} }},")
    } else {
        format!("{at},")
    };
    let mark = if seen.kinds == ["an object"] { "# " } else { "" };
    format!("  {mark}{column}")
}

fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}
