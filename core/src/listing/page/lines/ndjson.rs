//! NDJSON: each line is a record.

use serde_json::value::RawValue;

use super::is_last::IsLast;
use crate::{
    client::BodyFault,
    listing::page::scan::{Scan, Span},
};

/// Calls `found` with the position of each record in `text`, and returns the length of the whole lines. White space around
/// a record is ignored, and so are lines without a record. `number` counts the lines.
pub(super) fn lines(
    text: &[u8],
    is_last: IsLast,
    number: &mut u64,
    mut found: impl FnMut(Span),
) -> Result<usize, BodyFault> {
    let mut from = 0;
    while from < text.len() {
        let end = memchr::memchr(b'\n', &text[from..]).map(|length| from + length);
        let to = match (end, is_last) {
            (Some(end), _) => end,
            (None, IsLast::Yes) => text.len(),
            (None, IsLast::No) => return Ok(from),
        };
        *number += 1;
        let line = &text[from..to];
        if !line.iter().all(u8::is_ascii_whitespace) {
            let record = record(line).ok_or_else(|| fault(line, *number, end.is_none()))?;
            found(Span { range: from + record.range.start..from + record.range.end, ..record });
        }
        from = to + usize::from(end.is_some());
    }
    Ok(from)
}

/// Notes the ends of lines that are known to be records and nothing else, and returns their length.
pub(super) fn plain_lines(text: &[u8], is_last: IsLast, ends: &mut Vec<usize>) -> usize {
    ends.extend(memchr::memchr_iter(b'\n', text).map(|at| at + 1));
    let end = ends.last().copied().unwrap_or(0);
    if is_last == IsLast::No || end == text.len() {
        return end;
    }
    // The last line has no `\n` of its own, and will get one.
    ends.push(text.len() + 1);
    text.len()
}

/// The only value of a line, or `None` if it is not JSON.
fn record(line: &[u8]) -> Option<Span> {
    let mut scan = Scan::new(line);
    let span = scan.value()?;
    let is_only = scan.is_at_end() && str::from_utf8(&line[span.range.clone()]).is_ok();
    is_only.then_some(span)
}

/// What is wrong with a line. If it is the last one, has no line end and breaks off, it was cut.
fn fault(line: &[u8], number: u64, is_unended: bool) -> BodyFault {
    match serde_json::from_slice::<&RawValue>(line) {
        Err(error) if is_unended && error.is_eof() => BodyFault::CutLine { number },
        // The only line that the parser knows is this one.
        Err(error) => {
            BodyFault::Line { number, problem: error.to_string().replace(" at line 1 column", " at column") }
        }
        Ok(_) => BodyFault::Line { number, problem: "it is not a single value".to_owned() },
    }
}
