//! Why a recording cannot be written or replayed.

use std::{io, path::PathBuf};

/// A recording that cannot be written or replayed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// The folder for a new recording contains something already.
    #[error("cannot record into `{}`: the folder is not empty", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// A file of a new recording cannot be written.
    #[error("cannot write the recording `{}`", path.display())]
    Unwritable {
        /// The folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The folder does not exist, or has no recording in it.
    #[error("`{}` is not the folder of a recording", path.display())]
    NotARecording {
        /// The folder.
        path: PathBuf,
    },
    /// A file of a recording cannot be read.
    #[error("cannot read the recording: `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The recording has a format that this version does not know.
    #[error("the recording `{}` was made by another version of longhaul", path.display())]
    Foreign {
        /// The folder.
        path: PathBuf,
    },
    /// A file of the recording is not as it was written.
    #[error("the recording is damaged: `{}` {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, as the rest of a sentence.
        problem: &'static str,
    },
}
