//! The divisions of the organization.

use serde::Serialize;

use crate::directory;

const NAMES: [&str; 4] = ["Home", "Europe", "Asia & Pacific", "Outsourcing"];

/// A reference to a division.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Division {
    pub(super) id: String,
    name: String,
    self_uri: String,
}

/// A division in its listing.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuthzDivision {
    id: String,
    name: String,
    description: &'static str,
    home_division: bool,
    self_uri: String,
}

impl Division {
    /// The division that everything belongs to.
    pub(super) fn home(seed: u64) -> Self {
        let AuthzDivision { id, name, self_uri, .. } = AuthzDivision::new(seed, 0);
        Self { id, name, self_uri }
    }
}

impl AuthzDivision {
    pub(super) fn new(seed: u64, index: usize) -> Self {
        let id = directory::id(seed, "division", index);
        Self {
            name: directory::numbered(&NAMES, index),
            description: "",
            home_division: index == 0,
            self_uri: format!("/api/v2/authorization/divisions/{id}"),
            id,
        }
    }
}
