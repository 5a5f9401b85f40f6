//! A layer of the configuration.

use std::path::PathBuf;

use figment::value::Dict;

use crate::config::origin::Origin;

/// The values from one origin.
#[derive(Clone)]
pub(in crate::config) struct Layer {
    pub(in crate::config) origin: Origin,
    /// The folder that paths are relative to, if longhaul reads them.
    pub(in crate::config) folder: PathBuf,
    pub(in crate::config) values: Dict,
}
