//! The records on their way to a running target, and how far it has confirmed them.

use std::sync::Arc;

use longhaul_core::sink::{Batch, Mark, SinkError, SinkErrorKind};
use serde_json::{Value, json};

use super::{
    messages::{Layout, Messages},
    target::{Program, Target},
};
use crate::file::FilePath;

/// How many characters of an invalid line an error shows.
const SHOWN: usize = 80;

/// A running target, and the messages to it.
#[derive(Debug)]
pub(super) struct Delivery {
    target: Target,
    messages: Messages,
    /// What to send next.
    buffer: Vec<u8>,
    confirmations: Confirmations,
}

/// Reads the states that a target writes.
#[derive(Clone, Debug)]
struct Confirmations {
    /// The program, for messages.
    target: String,
    stream: String,
    /// The pull, in hexadecimal.
    pull: String,
}

impl Delivery {
    /// Starts the target for the records of this pull of `stream`, as soon as no other process has the lock at `lock`.
    pub(super) fn start(
        program: &Program,
        layout: &Arc<Layout>,
        stream: &str,
        pull: u64,
        lock: FilePath,
    ) -> Result<Self, SinkError> {
        let confirmations = Confirmations {
            target: program.command.first().cloned().unwrap_or_default(),
            stream: stream.to_owned(),
            pull: format!("{pull:016x}"),
        };
        let messages = Messages::new(Arc::clone(layout), stream);
        Ok(Self { target: program.start(lock)?, messages, buffer: Vec::new(), confirmations })
    }

    /// Sends records.
    pub(super) fn records(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        self.messages.records(batch, &mut self.buffer)?;
        self.send()
    }

    /// Sends a state. The target writes it when it has stored everything before it. `position` is the number of bytes of
    /// the records before it.
    pub(super) fn state(&mut self, mark: Mark, position: u64) -> Result<(), SinkError> {
        let bookmark = json!({ "page": mark, "position": position, "pull": self.confirmations.pull });
        self.messages.known_schema(&mut self.buffer);
        self.messages.state(&bookmark, &mut self.buffer);
        self.send()
    }

    /// The position of the last state that the target has written since the last call.
    pub(super) fn confirmed(&mut self) -> Result<Option<u64>, SinkError> {
        self.confirmations.last(self.target.lines())
    }

    /// Ends the input, waits for the target to end, and returns the position of the last state that it has written.
    pub(super) fn close(self) -> Result<Option<u64>, SinkError> {
        let lines = self.target.close()?;
        self.confirmations.last(lines)
    }

    fn send(&mut self) -> Result<(), SinkError> {
        let sent = self.target.send(&self.buffer);
        self.buffer.clear();
        sent
    }
}

impl Confirmations {
    fn last(&self, lines: impl Iterator<Item = String>) -> Result<Option<u64>, SinkError> {
        lines.map(|line| self.position(&line)).try_fold(None, |last, position| Ok(position?.or(last)))
    }

    /// The position in a state; `None` in that of another stream or pull.
    fn position(&self, line: &str) -> Result<Option<u64>, SinkError> {
        let state: Value =
            serde_json::from_str(line).map_err(|error| self.not_a_state(line).because(error))?;
        // Some targets write the whole message.
        let state = state.get("value").unwrap_or(&state);
        let bookmark = state.get("bookmarks").and_then(|bookmarks| bookmarks.get(&self.stream));
        let is_of_pull = |bookmark: &&Value| bookmark.get("pull").and_then(Value::as_str) == Some(&self.pull);
        Ok(bookmark.filter(is_of_pull).and_then(|bookmark| bookmark.get("position")?.as_u64()))
    }

    fn not_a_state(&self, line: &str) -> SinkError {
        let shown: String = line.chars().take(SHOWN).collect();
        let message = format!(
            "the target `{}` wrote `{shown}` to standard output, where only states may be (messages belong to standard \
             error)",
            self.target
        );
        SinkError::new(SinkErrorKind::Rejected, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(lines: &[&str]) -> Result<Option<u64>, String> {
        let (target, stream, pull) = ("target-x".into(), "users".into(), "0a".into());
        let confirmations = Confirmations { target, stream, pull };
        confirmations.last(lines.iter().map(|line| (*line).to_owned())).map_err(|error| error.to_string())
    }

    #[test]
    fn a_state_says_how_much_is_stored() {
        let state = |position: u32, pull: &str| {
            format!(r#"{{"bookmarks":{{"users":{{"page":1,"position":{position},"pull":"{pull}"}}}}}}"#)
        };
        assert_eq!(last(&[]), Ok(None));
        assert_eq!(last(&[&state(7, "0a"), &state(9, "0a"), "{}"]), Ok(Some(9)));
        assert_eq!(
            last(&[&state(7, "0a"), &state(9, "0b")]),
            Ok(Some(7)),
            "that of another pull says nothing"
        );
        assert_eq!(last(&[&format!(r#"{{"type":"STATE","value":{}}}"#, state(3, "0a"))]), Ok(Some(3)));
        assert_eq!(last(&["null", "7", "[]", r#"{"bookmarks":{"users":{"pull":"0a"}}}"#]), Ok(None));
    }

    #[test]
    fn other_output_is_an_error() {
        assert_eq!(
            last(&["Loaded 3 rows"]).unwrap_err(),
            "the target `target-x` wrote `Loaded 3 rows` to standard output, where only states may be (messages belong \
             to standard error)"
        );
    }
}
