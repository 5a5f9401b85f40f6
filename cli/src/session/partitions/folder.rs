//! The state of a plan.

use std::path::{Path, PathBuf};

use crate::session::partitions::attempt::Attempts;

/// How many digits of the id of a plan the names of its attempts start with.
const DIGITS: usize = 8;

/// The folder with the state of a plan: for each partition, a receipt once it is complete, and a folder of attempts until
/// then.
#[derive(Debug)]
pub(crate) struct PlanFolder {
    path: PathBuf,
    /// What the names of all attempts start with.
    prefix: String,
}

impl PlanFolder {
    /// The folder of the plan `id`, in `state_dir`.
    pub(crate) fn new(state_dir: &Path, id: &str) -> Self {
        Self { path: state_dir.join(format!("plan-{id}")), prefix: id[..DIGITS.min(id.len())].to_owned() }
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What the names of all attempts start with.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The file with the receipt of a partition.
    pub(crate) fn receipt(&self, partition: &str) -> PathBuf {
        self.path.join(format!("{partition}.json"))
    }

    /// The attempts at a partition.
    pub(crate) fn attempts(&self, partition: &str) -> Attempts {
        Attempts::new(self.path.join(format!("{partition}.attempts")), &self.prefix)
    }
}
