//! Why state cannot be used.

use std::{io, path::PathBuf};

/// Why state cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write `{}`", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The file was changed or cut off.
    #[error("`{}` is damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Damage,
    },
    /// The file is missing, although a journal beside it is there.
    #[error("`{}` is missing, although `{}` is there", path.display(), journal.display())]
    Missing {
        /// The file.
        path: PathBuf,
        /// The journal.
        journal: PathBuf,
    },
    /// The file is of another version of longhaul.
    #[error("`{}` was written by another version of longhaul", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// It is not JSON of the expected shape.
    #[error(transparent)]
    Shape(#[from] serde_json::Error),
    /// Its content does not match its check value.
    #[error("its content does not match its check value")]
    Check,
    /// It is the state of another stream.
    #[error("it is the state of another stream")]
    Stream,
    /// It has fewer entries than were written.
    #[error("it has {found} entries, but {written} were written")]
    Short {
        /// How many it has.
        found: u64,
        /// How many it should have.
        written: u64,
    },
}
