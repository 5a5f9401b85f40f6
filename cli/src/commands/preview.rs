//! `longhaul preview`: the first page of a stream.

use std::{collections::HashSet, fmt::Write};

use longhaul_core::sink::{Batch, Options, SinkError, SinkErrorKind};

use crate::{
    args::{PreviewArguments, PreviewFormat},
    build::{Level, Seen, of_table, pointers, tabulate, without_lookups},
    commands::print,
    config::{Stream, Table},
    exit::Exit,
    session::{
        Session,
        first_page::{FirstPage, Wanted},
    },
    terminal::{failure::Failure, numbers::counted, screen::broken_between_words, table},
};

/// The maximum width of a line of `columns` whose comment is aligned with the others. A server may send names of any
/// length, and `format!` limits the padding.
const MAX_ALIGNED: usize = 100;

/// Prints the first page of a stream, or its JSON pointers. Nothing is saved.
pub(crate) fn execute(session: &Session, arguments: &PreviewArguments) -> Result<Exit, Failure> {
    let name = arguments.stream.as_str();
    let stream = session.loaded.stream(name)?;
    let access = session.connect()?;
    session.share_state(name, name)?;
    let source = session.source(name, stream, &access)?;
    let page = match FirstPage::fetch(session, name, stream, &source, &access, Wanted::OnePage)? {
        FirstPage::Fetched { first, .. } => first,
        FirstPage::NoParents => {
            session.screen.print(&format!("{name}: without a parent there is no page to fetch"));
            return Ok(Exit::Complete);
        }
        FirstPage::NothingNew => {
            session.screen.print(&format!("{name}: nothing new to pull"));
            return Ok(Exit::Complete);
        }
        FirstPage::NeedsJob(variables) => {
            let is_cancelled = source.job.as_ref().is_some_and(|job| job.cancel.is_some());
            let then = if is_cancelled { ", which is cancelled afterwards" } else { "" };
            session.screen.print(&format!("{name}: waiting for a job{then}"));
            FirstPage::fetch_with_job(session, name, &source, &access, &variables)?
        }
    };
    let batch = page.as_ref().map_or(Batch::new(&[], &[]), |page| page.batch());
    let text = if arguments.columns {
        columns(name, stream, &batch)?
    } else {
        shown(session, arguments, stream, &batch)?
    };
    let records = page.as_ref().map_or(0, |page| page.len());
    let shown = if batch.len() as u64 == records { "" } else { "; these are the first" };
    session.screen.print(&format!("{name}: {} on the first page{shown}", counted(records, "record")));
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
    // The names are in another stream, so the columns have the ids.
    let options = without_lookups(stream.table.as_ref().map(Table::options).unwrap_or_default());
    let table = tabulate(batch, &options).map_err(|error| wrong(session, stream, &options, error))?;
    Ok(match arguments.format {
        PreviewFormat::Csv => String::from_utf8_lossy(&table.csv()).into_owned(),
        _ => table::draw(&table.names, &table.texts().collect::<Vec<_>>(), table::width()),
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
    Failure::new(exit, error).hint("use --format ndjson to see the records as they are")
}

/// Every JSON pointer, as a table to add to the configuration.
fn columns(name: &str, stream: &Stream, batch: &Batch<'_>) -> Result<String, Failure> {
    let levels = pointers(batch).map_err(of_records)?;
    let Some(record) = levels.first().filter(|record| record.places > 0) else {
        return Ok("# There is no record, so there are no columns.\n".to_owned());
    };
    let key = key(stream, record);
    let width = table::width();
    let first = "Add this to the configuration. A sink uses it with `columns = \"stream\"`.";
    let mut text = format!("{}\n[streams.{name}.table]\n", comment(first, width));
    for level in levels.iter().filter(|level| !level.pointers.is_empty()) {
        // Writing to a string does not fail.
        let _ = describe(&mut text, level, key, width);
    }
    Ok(text)
}

/// The column by which rows can be joined with their record: the one that tells records apart, or else the first that every
/// record has.
fn key<'l>(stream: &Stream, record: &'l Level) -> Option<&'l Seen> {
    let is_value = |seen: &&Seen| {
        seen.count == record.places
            && seen.kinds.iter().all(|kind| ["text", "a number"].contains(kind))
            && !is_comment(seen)
    };
    let unique = record.pointers.iter().find(|seen| Some(&seen.at) == stream.unique.as_ref());
    unique.filter(is_value).or_else(|| record.pointers.iter().find(is_value))
}

/// A comment in lines of at most `width`.
fn comment(text: &str, width: usize) -> String {
    broken_between_words(&format!("# {text}"), width).replace("\n  ", "\n# ")
}

/// The pointers of the record as TOML, in lines of at most `width` where names allow it. Those of `rows` are alternatives,
/// so they are comments. `key` is their column of the record.
fn describe(text: &mut String, level: &Level, key: Option<&Seen>, width: usize) -> std::fmt::Result {
    let Level { rows, places, pointers } = level;
    let mark = if rows.is_empty() { "" } else { "# " };
    let key = key.filter(|_| !rows.is_empty());
    if !rows.is_empty() {
        let places = counted(*places, "row");
        let or = format!("Or {places}. A pointer with `^` starts at the record:");
        writeln!(text, "\n{}", comment(&or, width))?;
        writeln!(text, "# rows = {}", quoted(rows))?;
    }
    writeln!(text, "{mark}columns = [")?;
    let mut names = HashSet::new();
    if let Some(key) = key {
        names.insert(key.at.tokens().join("."));
        writeln!(text, "{mark}  {},  # of the record", quoted(&format!("^{}", key.at)))?;
    }
    let columns: Vec<_> =
        pointers.iter().map(|seen| (column(&mut names, seen), seen_as(seen, *places))).collect();
    let widths = columns.iter().map(|(column, _)| column.chars().count());
    let aligned = widths.filter(|width| *width <= MAX_ALIGNED).max().unwrap_or_default();
    let longest = columns.iter().map(|(_, seen)| seen.len()).max().unwrap_or_default();
    let is_narrow = mark.len() + aligned + "  # ".len() + longest > width;
    for (column, seen) in columns {
        if is_narrow {
            writeln!(text, "{mark}  # {seen}\n{mark}{column}")?;
        } else {
            writeln!(text, "{mark}{column:aligned$}  # {seen}")?;
        }
    }
    writeln!(text, "{mark}]")
}

/// What the values of a column are, and how many records have one.
fn seen_as(Seen { kinds, count, .. }: &Seen, places: u64) -> String {
    let frequency = if *count == places { format!("all {places}") } else { format!("{count} of {places}") };
    format!("{}, {frequency}", kinds.join(" or "))
}

/// A line of `columns`. Objects are comments, because their members are usually better columns. A name `*` is a comment,
/// because a sink does not accept it.
fn column(used: &mut HashSet<String>, seen: &Seen) -> String {
    let tokens = seen.at.tokens();
    let (at, dotted) = (seen.at.to_string(), tokens.join("."));
    let usual = if tokens.is_empty() { "value" } else { &dotted };
    let numbered = (2..).map(|number| format!("{usual} ({number})"));
    let mut names = [usual.to_owned(), at.clone()].into_iter().chain(numbered);
    let name = names.find(|name| used.insert(name.clone())).unwrap_or_default();
    let at = quoted(&at);
    let column = if tokens.is_empty() || name != dotted {
        format!("{{ name = {}, at = {at} }},", quoted(&name))
    } else {
        format!("{at},")
    };
    format!("  {}{column}", if is_comment(seen) { "# " } else { "" })
}

fn is_comment(seen: &Seen) -> bool {
    seen.kinds == ["an object"] || seen.at.tokens().iter().any(|token| token == "*")
}

/// `text` in TOML, on one line and without characters that control the terminal.
pub(crate) fn quoted(text: &str) -> String {
    if !text.chars().any(table::controls_terminal) {
        return toml_edit::Value::from(text).to_string();
    }
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => quoted.extend(['\\', char]),
            // All of them fit into four digits.
            char if table::controls_terminal(char) => {
                // Writing to a string does not fail.
                let _ = write!(quoted, "\\u{:04X}", u32::from(char));
            }
            char => quoted.push(char),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::{describe, pointers, quoted};
    use longhaul_core::sink::Batch;

    fn listed(record: &str) -> String {
        listed_in(record, 160)
    }

    fn listed_in(record: &str, width: usize) -> String {
        let line = format!("{record}\n");
        let levels = pointers(&Batch::new(line.as_bytes(), &[line.len()])).unwrap();
        let mut text = String::new();
        for level in &levels {
            describe(&mut text, level, None, width).unwrap();
        }
        text
    }

    #[test]
    fn line_breaks_in_names_are_escaped() {
        let expected = r#"columns = [
  # "/a\u000A]\u000A[auth]",  # an object, all 1
  "/a\u000A]\u000A[auth]/x",  # a number, all 1
  "/c\u009B2J\u202E\"\\",     # a number, all 1
  "/list\u000A",              # an array, all 1
]

# Or 1 row. A pointer with `^` starts at the record:
# rows = "/list\u000A/*"
# columns = [
#   { name = "value", at = "" },  # a number, all 1
# ]
"#;
        let record = r#"{"a\n]\n[auth]":{"x":1},"c\u009b2J\u202e\"\\":1,"list\n":[1]}"#;
        let text = listed(record);
        assert_eq!(text, expected);
        text.parse::<toml_edit::DocumentMut>().unwrap();
        assert_eq!(quoted("/'\"\n"), "\"/'\\\"\\u000A\"");
    }

    #[test]
    fn long_names_are_not_aligned() {
        let name = "x".repeat(70_000);
        let expected =
            format!("columns = [\n  \"/a\",  # a number, all 1\n  \"/{name}\",  # a number, all 1\n]\n");
        assert!(listed(&format!(r#"{{"a":1,"{name}":2}}"#)) == expected);
    }

    #[test]
    fn on_a_narrow_terminal_a_comment_has_its_own_line() {
        let expected = "columns = [\n  # a number, all 1\n  \"/conversationStart\",\n  # an array, all 1\n  \"/list\",\n]\n\n\
                        # Or 1 row. A pointer with `^` starts at\n# the record:\n# rows = \"/list/*\"\n# columns = [\n\
                        #   # text, all 1\n#   { name = \"value\", at = \"\" },\n# ]\n";
        assert_eq!(listed_in(r#"{"conversationStart":1,"list":["x"]}"#, 40), expected);
    }

    #[test]
    fn columns_with_the_same_name_get_different_names() {
        let record = r#"{"/a.b":1,"a":{"b":2},"a.b":3,"c.d":4,"c":{"d":5},"*":6}"#;
        let expected = r#"columns = [
  "/~1a.b",                           # a number, all 1
  # "/a",                             # an object, all 1
  "/a/b",                             # a number, all 1
  { name = "a.b (2)", at = "/a.b" },  # a number, all 1
  "/c.d",                             # a number, all 1
  # "/c",                             # an object, all 1
  { name = "/c/d", at = "/c/d" },     # a number, all 1
  # "/*",                             # a number, all 1
]
"#;
        assert_eq!(listed(record), expected);
    }
}
