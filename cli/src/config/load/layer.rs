//! What one place says.

use std::path::PathBuf;

use figment::value::Dict;

use crate::config::origin::Origin;

/// What was written in one place.
#[derive(Clone)]
pub(in crate::config) struct Layer {
    pub(in crate::config) origin: Origin,
    /// What paths that are read are relative to.
    pub(in crate::config) folder: PathBuf,
    pub(in crate::config) values: Dict,
}
