//! Reads lines of either format.

use super::rows::Rows;
use crate::listing::page::format::Format;

/// Reads lines, and counts them.
#[derive(Clone, Debug)]
pub(super) enum Reader {
    Ndjson { number: u64 },
    Csv(Rows),
}

impl Reader {
    pub(super) fn new(format: &Format) -> Self {
        match format {
            Format::Csv(csv) => Self::Csv(Rows::new(csv)),
            Format::Json | Format::Ndjson => Self::Ndjson { number: 0 },
        }
    }

    /// Reads text again that had no fault.
    pub(super) fn of_valid(format: &Format) -> Self {
        match format {
            Format::Csv(csv) => Self::Csv(Rows::of_valid(csv)),
            Format::Json | Format::Ndjson => Self::new(format),
        }
    }

    /// How many lines were read.
    pub(super) fn number(&self) -> u64 {
        match self {
            Self::Ndjson { number } => *number,
            Self::Csv(rows) => rows.number(),
        }
    }
}
