//! The queues where conversations wait.

use serde::Serialize;

use super::divisions::Division;
use crate::{directory, interval::stamp, random::Random};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Queue {
    id: String,
    name: String,
    division: Division,
    date_created: String,
    date_modified: String,
    modified_by: String,
    created_by: String,
    member_count: i64,
    user_member_count: i64,
    joined_member_count: i64,
    acw_settings: AfterCallWork,
    skill_evaluation_method: &'static str,
    auto_answer_only: bool,
    enable_transcription: bool,
    enable_manual_assignment: bool,
    self_uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AfterCallWork {
    wrapup_prompt: &'static str,
    timeout_ms: i64,
}

impl Queue {
    pub(super) fn new(seed: u64, index: usize) -> Self {
        let mut random = Random::new(seed, "queue details", index);
        let (created, modified) = directory::dates(&mut random);
        let members = random.between(4..=40);
        let id = directory::id(seed, "queue", index);
        Self {
            name: directory::queue_name(index),
            division: Division::home(seed),
            date_created: stamp(created),
            date_modified: stamp(modified),
            modified_by: directory::id(seed, "user", 0),
            created_by: directory::id(seed, "user", 0),
            member_count: members,
            user_member_count: members,
            joined_member_count: random.between(0..=members),
            acw_settings: AfterCallWork { wrapup_prompt: "MANDATORY_TIMEOUT", timeout_ms: 30_000 },
            skill_evaluation_method: "BEST",
            auto_answer_only: true,
            enable_transcription: random.chance(0.5),
            enable_manual_assignment: false,
            self_uri: format!("/api/v2/routing/queues/{id}"),
            id,
        }
    }
}
