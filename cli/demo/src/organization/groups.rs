//! Groups of users.

use serde::Serialize;

use crate::{directory, interval::stamp, random::Random, settings::Settings};

#[expect(clippy::struct_excessive_bools, reason = "the fields are the platform's")]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Group {
    id: String,
    name: String,
    description: &'static str,
    date_modified: String,
    member_count: i64,
    state: &'static str,
    version: i64,
    r#type: &'static str,
    rules_visible: bool,
    visibility: &'static str,
    roles_enabled: bool,
    include_owners: bool,
    calls_enabled: bool,
    owners: [Owner; 1],
    self_uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Owner {
    id: String,
    self_uri: String,
}

impl Group {
    pub(super) fn new(settings: &Settings, index: usize) -> Self {
        let mut random = Random::new(settings.seed, "group details", index);
        let id = directory::id(settings.seed, "group", index);
        let owner = directory::id(settings.seed, "user", random.index(settings.users));
        Self {
            name: directory::group_name(index),
            description: "",
            date_modified: stamp(directory::dates(&mut random).1),
            member_count: random.between(1..=60),
            state: "active",
            version: random.between(1..=20),
            r#type: random.pick(&["official", "social"]),
            rules_visible: true,
            visibility: random.pick(&["public", "members"]),
            roles_enabled: false,
            include_owners: true,
            calls_enabled: false,
            owners: [Owner { self_uri: format!("/api/v2/users/{owner}"), id: owner }],
            self_uri: format!("/api/v2/groups/{id}"),
            id,
        }
    }
}
