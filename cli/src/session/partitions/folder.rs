//! The state of a plan.

use std::path::{Path, PathBuf};

use crate::session::{
    partitions::{attempt::Attempts, receipt::ReceiptFile},
    state_place::StatePlace,
};

/// How many digits of the id of a plan the names of its attempts start with.
const DIGITS: usize = 8;

/// The folder with the state of a plan: for each partition, a receipt once it is complete, and a folder of attempts until
/// then. If the state is in an object store, the receipts are there, and the attempts are in the folder of local files.
#[derive(Debug)]
pub(crate) struct PlanFolder {
    place: StatePlace,
    name: String,
    path: PathBuf,
    /// What the names of all attempts start with.
    prefix: String,
}

impl PlanFolder {
    /// The folder of the plan `id`. The state is in `place`, and `local` is the folder of local files.
    pub(crate) fn new(place: &StatePlace, local: &Path, id: &str) -> Self {
        let name = format!("plan-{id}");
        let (path, prefix) = (local.join(&name), id[..DIGITS.min(id.len())].to_owned());
        Self { place: place.clone(), name, path, prefix }
    }

    /// The path of the folder on this machine.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What the names of all attempts start with.
    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The file with the receipt of a partition.
    pub(crate) fn receipt(&self, partition: &str) -> ReceiptFile {
        ReceiptFile::new(self.place.clone(), format!("{}/{partition}.json", self.name))
    }

    /// The attempts at a partition.
    pub(crate) fn attempts(&self, partition: &str) -> Attempts {
        Attempts::new(self.path.join(format!("{partition}.attempts")), &self.prefix)
    }
}
