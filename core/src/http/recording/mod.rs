//! Recordings: the exchanges of a run with an API, in a folder, and transports that write and replay them.
//!
//! ```text
//! recording.json     when the run started and, once it has ended, how many exchanges there are
//! exchanges.ndjson   each request with its outcome, in the order of the outcomes
//! bodies             the bodies of the answers, each compressed with gzip
//! configuration.txt  the configuration, for people
//! state              what was saved of each stream when the run started
//! ```
//!
//! A recording contains no credentials. Requests are stored without their header fields, token requests not at all, and
//! secrets in URLs, header fields and bodies are replaced by `***`. A run that is killed leaves a recording that can be
//! replayed up to there: a body has its file before its exchange has a line.

mod body;
mod clock;
mod error;
mod exchange;
mod lines;
mod manifest;
mod missing;
mod opened;
mod recorder;
mod redaction;
mod replay;

pub use self::{
    clock::ReplayClock,
    error::RecordingError,
    manifest::Recorded,
    opened::Recording,
    recorder::{Recorder, RecordingTransport, Totals},
    replay::ReplayTransport,
};
