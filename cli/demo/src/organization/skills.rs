//! The skills of agents.

use serde::Serialize;

use crate::{directory, interval::stamp, random::Random};

const NAMES: [&str; 6] =
    ["English", "Español", "Français", "Billing", "Returns & Refunds", "Technical, Level 2"];

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Skill {
    id: String,
    name: String,
    date_modified: String,
    state: &'static str,
    /// A string here, but a number in users and groups.
    version: String,
    self_uri: String,
}

impl Skill {
    pub(super) fn new(seed: u64, index: usize) -> Self {
        let mut random = Random::new(seed, "skill details", index);
        let id = directory::id(seed, "skill", index);
        Self {
            name: directory::numbered(&NAMES, index),
            date_modified: stamp(directory::dates(&mut random).1),
            state: "active",
            version: random.between(1..=9).to_string(),
            self_uri: format!("/api/v2/routing/skills/{id}"),
            id,
        }
    }
}
