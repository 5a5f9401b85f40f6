//! The organization's presences.

#![expect(clippy::struct_field_names, reason = "the names are the platform's")]

use serde::Serialize;

use super::divisions::Division;
use crate::{
    directory, interval::stamp, json, presence::SystemPresence, random::Random, request::Request,
    response::Response,
};

/// The presences that the organization added to the platform's.
const ADDED: [(&str, SystemPresence); 3] = [
    ("Lunch at Desk", SystemPresence::Available),
    ("Team Meeting", SystemPresence::Meeting),
    ("Writing Emails", SystemPresence::Available),
];

/// The number of presences.
pub(super) const COUNT: usize = SystemPresence::ALL.len() + ADDED.len();

/// A presence in the listing with numbered pages.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Presence {
    id: String,
    name: &'static str,
    language_labels: Labels,
    system_presence: &'static str,
    deactivated: bool,
    primary: bool,
    created_by: Author,
    created_date: String,
    modified_by: Author,
    modified_date: String,
    self_uri: String,
}

#[derive(Serialize)]
struct Labels {
    #[serde(rename = "en_US")]
    english: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Author {
    id: String,
    self_uri: String,
}

/// A presence in the listing without pages.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Definition {
    id: String,
    name: &'static str,
    r#type: &'static str,
    language_labels: Labels,
    system_presence: &'static str,
    division_id: String,
    deactivated: bool,
    self_uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Definitions<'r> {
    total: usize,
    entities: Vec<Definition>,
    self_uri: &'r str,
}

impl Presence {
    pub(super) fn new(seed: u64, index: usize) -> Self {
        let (label, system) = defined(index);
        let mut random = Random::new(seed, "presence details", index);
        let (created, modified) = directory::dates(&mut random);
        let id = directory::id(seed, "presence", index);
        Self {
            name: label,
            language_labels: Labels { english: label },
            system_presence: system.label(),
            deactivated: false,
            primary: index < SystemPresence::ALL.len(),
            created_by: Author::new(seed),
            created_date: stamp(created),
            modified_by: Author::new(seed),
            modified_date: stamp(modified),
            self_uri: format!("/api/v2/presencedefinitions/{id}"),
            id,
        }
    }
}

impl Author {
    fn new(seed: u64) -> Self {
        let id = directory::id(seed, "user", 0);
        Self { self_uri: format!("/api/v2/users/{id}"), id }
    }
}

impl Definition {
    fn new(seed: u64, index: usize) -> Self {
        let (label, system) = defined(index);
        let id = directory::id(seed, "presence", index);
        Self {
            name: label,
            r#type: if index < SystemPresence::ALL.len() { "System" } else { "User" },
            language_labels: Labels { english: label },
            system_presence: system.name(),
            division_id: Division::home(seed).id,
            deactivated: false,
            self_uri: format!("/api/v2/presence/definitions/{id}"),
            id,
        }
    }
}

/// All presences in one response.
pub(super) fn definitions(seed: u64, request: &Request) -> Response {
    let entities = (0..COUNT).map(|at| Definition::new(seed, at)).collect();
    let all = Definitions { total: COUNT, entities, self_uri: &request.path };
    Response::json(200, json::text(&all))
}

/// The name of a presence and the platform's presence behind it. The platform's own come first.
fn defined(index: usize) -> (&'static str, SystemPresence) {
    match SystemPresence::ALL.get(index) {
        Some(system) => (system.label(), *system),
        None => ADDED[index - SystemPresence::ALL.len()],
    }
}
