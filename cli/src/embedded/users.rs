//! The people who handle conversations.

use serde::Serialize;

use super::{directory, random::Random};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    id: String,
    name: String,
    division: Division,
    chat: Chat,
    department: &'static str,
    email: String,
    primary_contact_info: [Contact; 1],
    addresses: [(); 0],
    state: &'static str,
    title: &'static str,
    username: String,
    version: i64,
    acd_auto_answer: bool,
    self_uri: String,
}

/// A part of the organization.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Division {
    id: String,
    name: &'static str,
    self_uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Chat {
    jabber_id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Contact {
    address: String,
    media_type: &'static str,
    r#type: &'static str,
}

impl Division {
    /// The one that everything is in.
    pub(super) fn home(seed: u64) -> Self {
        let id = directory::id(seed, "division", 0);
        Self { self_uri: format!("/api/v2/authorization/divisions/{id}"), id, name: "Home" }
    }
}

impl User {
    pub(super) fn new(seed: u64, index: usize) -> Self {
        let mut random = Random::new(seed, "user details", index);
        let id = directory::id(seed, "user", index);
        let name = directory::user_name(seed, index);
        let email = format!("{}.{index}@example.com", name.to_lowercase().replace([' ', '\''], "."));
        Self {
            division: Division::home(seed),
            chat: Chat { jabber_id: format!("{}@example.orgspan.com", id.replace('-', "")) },
            department: random.pick(&["Billing", "Service", "Sales", "Technical Support"]),
            primary_contact_info: [Contact {
                address: email.clone(),
                media_type: "EMAIL",
                r#type: "PRIMARY",
            }],
            addresses: [],
            state: "active",
            title: random.pick(&["Agent", "Senior Agent", "Supervisor"]),
            username: email.clone(),
            version: random.between(1..=60),
            acd_auto_answer: random.chance(0.2),
            self_uri: format!("/api/v2/users/{id}"),
            id,
            name,
            email,
        }
    }
}
