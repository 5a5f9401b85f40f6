//! Why a plan could not be written.

use std::io;

use longhaul_core::state::StateError;

/// Why a plan could not be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unwritten {
    /// The parents cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// The file cannot be written.
    #[error(transparent)]
    Output(#[from] io::Error),
}

impl From<serde_json::Error> for Unwritten {
    fn from(error: serde_json::Error) -> Self {
        Self::Output(error.into())
    }
}
