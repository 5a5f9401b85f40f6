//! The checksums of the parts of uploads.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The SHA-256 of the parts of each upload, by number. An upload that was begun without has none.
#[derive(Debug, Default)]
pub(crate) struct PartSums(Mutex<HashMap<String, Option<BTreeMap<u32, String>>>>);

impl PartSums {
    /// Adds an upload, with the parts that are there. What is known of it already may be newer.
    pub(crate) fn add_upload(&self, id: &str, parts: Option<BTreeMap<u32, String>>) {
        self.lock().entry(id.to_owned()).or_insert(parts);
    }

    /// Adds a part, or replaces it.
    pub(crate) fn add_part(&self, id: &str, number: u32, sha256: String) {
        if let Some(Some(parts)) = self.lock().get_mut(id) {
            parts.insert(number, sha256);
        }
    }

    /// Whether the parts of an upload have SHA-256. `None`: the upload is not known.
    pub(crate) fn has_sha256(&self, id: &str) -> Option<bool> {
        self.lock().get(id).map(Option::is_some)
    }

    pub(crate) fn of_upload(&self, id: &str) -> BTreeMap<u32, String> {
        self.lock().get(id).cloned().flatten().unwrap_or_default()
    }

    pub(crate) fn forget(&self, id: &str) {
        self.lock().remove(id);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Option<BTreeMap<u32, String>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
