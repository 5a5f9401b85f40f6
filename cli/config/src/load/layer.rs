//! A layer of the configuration.

use std::path::PathBuf;

use figment::value::Dict;

use crate::origin::Origin;

/// The values from one origin.
#[derive(Clone)]
pub(crate) struct Layer {
    pub(crate) origin: Origin,
    /// The folder that paths are relative to, if longhaul reads them.
    pub(crate) folder: PathBuf,
    pub(crate) values: Dict,
}
