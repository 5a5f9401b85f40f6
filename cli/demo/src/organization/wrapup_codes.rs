//! The codes that agents use to say what a conversation was about.

use serde::Serialize;

use super::divisions::Division;
use crate::{directory, interval::stamp, random::Random};

const NAMES: [&str; 8] = [
    "Address Change",
    "Billing Question",
    "Call Back",
    "Complaint",
    "Order, New",
    "Order, Status",
    "Technical Problem",
    "Wrong Number",
];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WrapupCode {
    id: String,
    name: String,
    division: Division,
    date_created: String,
    date_modified: String,
    modified_by: String,
    created_by: String,
    self_uri: String,
}

impl WrapupCode {
    pub(super) fn new(seed: u64, index: usize) -> Self {
        let mut random = Random::new(seed, "wrap-up code details", index);
        let (created, modified) = directory::dates(&mut random);
        let id = directory::id(seed, "wrap-up code", index);
        Self {
            name: directory::numbered(&NAMES, index),
            division: Division::home(seed),
            date_created: stamp(created),
            date_modified: stamp(modified),
            modified_by: directory::id(seed, "user", 0),
            created_by: directory::id(seed, "user", 0),
            self_uri: format!("/api/v2/routing/wrapupcodes/{id}"),
            id,
        }
    }
}
