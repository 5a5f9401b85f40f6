//! The batches of a long page.

use std::{
    mem, panic,
    sync::mpsc::{self, Receiver, Sender},
    thread,
};

use super::{is_last::IsLast, ndjson, reader::Reader, records::Lines, text::Text};
use crate::{client::BodyFault, http::transport::LastReader};

/// The batches of a page in a file. A thread of their own reads them, so that the next one is ready once this one is written.
#[derive(Debug)]
pub(super) struct Batches {
    read: Receiver<Result<Lines, BodyFault>>,
    /// Returns the memory of a batch, into which the one after the next is read.
    memory: Sender<Lines>,
    are_over: bool,
}

/// Reads a page in a file that was checked before.
#[derive(Debug)]
pub(super) struct Decoder {
    pub(super) text: Text<LastReader>,
    pub(super) reader: Reader,
    /// Every line is a record without white space between its tokens, and nothing else.
    pub(super) is_plain: bool,
}

impl Batches {
    pub(super) fn of(mut decoder: Decoder) -> Self {
        let (memory, free) = mpsc::channel();
        let (batches, read) = mpsc::channel();
        // A channel that nobody receives from means that nobody needs more batches.
        let _ = memory.send(Lines::default());
        thread::spawn(move || {
            for before in free {
                let next = decoder.next(before);
                let is_last = next.as_ref().map_or(true, |lines| lines.ends.is_empty());
                if batches.send(next).is_err() || is_last {
                    return;
                }
            }
        });
        Self { read, memory, are_over: false }
    }

    /// The next records. None after the last.
    pub(super) fn next(&mut self, before: Lines) -> Result<Lines, BodyFault> {
        if self.are_over {
            return Ok(Lines::default());
        }
        let _ = self.memory.send(before);
        let Ok(next) = self.read.recv() else {
            panic::resume_unwind(Box::new("the thread that reads a page panicked"))
        };
        self.are_over = next.as_ref().map_or(true, |lines| lines.ends.is_empty());
        next
    }
}

impl Decoder {
    /// The next records, in the memory of earlier ones. None after the last.
    fn next(&mut self, before: Lines) -> Result<Lines, BodyFault> {
        let mut lines = Lines { bytes: before.bytes, ..Lines::default() };
        while lines.ends.is_empty() && !self.text.is_at_end {
            self.text.fill(&self.reader)?;
            lines = match self.reader {
                Reader::Ndjson { .. } => self.lines(lines.bytes)?,
                Reader::Csv(_) => self.rows(lines.bytes)?,
            };
        }
        Ok(lines)
    }

    fn lines(&mut self, mut memory: Vec<u8>) -> Result<Lines, BodyFault> {
        let is_last = IsLast::from(self.text.is_at_end);
        let text = &mut self.text.bytes;
        let (mut spans, mut ends) = (Vec::new(), Vec::new());
        let used = match &mut self.reader {
            Reader::Ndjson { number } if !self.is_plain => {
                ndjson::lines(text, is_last, number, |span| spans.push(span))?
            }
            _ => ndjson::plain_lines(text, is_last, &mut ends),
        };
        // The whole lines are the batch. What follows them stays, in the memory of an earlier batch.
        memory.clear();
        memory.extend_from_slice(&text[used..]);
        text.truncate(used);
        let mut bytes = mem::replace(text, memory);
        if !self.is_plain {
            return Ok(Lines::of_spans(bytes, &spans));
        }
        if bytes.last().is_some_and(|last| *last != b'\n') {
            bytes.push(b'\n');
        }
        Ok(Lines { range: 0..bytes.len(), bytes, ends, ..Lines::default() })
    }

    fn rows(&mut self, memory: Vec<u8>) -> Result<Lines, BodyFault> {
        let mut lines = Lines { bytes: memory, ..Lines::default() };
        if let Reader::Csv(rows) = &mut self.reader {
            let is_last = IsLast::from(self.text.is_at_end);
            let used = rows.rows(&self.text.bytes, is_last, |columns, row| lines.push(columns, row))?;
            self.text.bytes.drain(..used);
        }
        Ok(lines)
    }
}
