//! The people who handle conversations.

use serde::Serialize;

use super::divisions::Division;
use crate::{directory, random::Random};

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

impl User {
    pub(super) fn new(seed: u64, index: usize) -> Self {
        let mut random = Random::new(seed, "user details", index);
        let id = directory::id(seed, "user", index);
        let name = directory::user_name(seed, index);
        let email = directory::email(seed, index);
        Self {
            division: Division::home(seed),
            chat: Chat { jabber_id: format!("{}@example.orgspan.com", id.replace('-', "")) },
            department: directory::department(seed, index),
            primary_contact_info: [Contact {
                address: email.clone(),
                media_type: "EMAIL",
                r#type: "PRIMARY",
            }],
            addresses: [],
            state: "active",
            title: directory::title(seed, index),
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
