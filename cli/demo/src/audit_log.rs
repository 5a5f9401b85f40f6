//! Who changed what, and when.

use std::{collections::BTreeMap, ops::Range};

use serde::Serialize;

use crate::{
    directory,
    interval::{Interval, stamp},
    random::Random,
    settings::Settings,
};

const DAY: i64 = 24 * 60 * 60 * 1000;

/// Each service with the type of entity it logs and the actions on it.
const SERVICES: [(&str, &str, [&str; 3]); 4] = [
    ("AnalyticsReporting", "Exports", ["Create", "Download", "Delete"]),
    ("Groups", "DirectoryGroup", ["Create", "MemberAdd", "MemberRemove"]),
    ("PeoplePermissions", "Role", ["Create", "Update", "Delete"]),
    ("Routing", "Queue", ["Update", "MemberAdd", "MemberRemove"]),
];

/// All entries, ordered by time. Each is a pure function of the seed and its index.
#[derive(Clone, Debug)]
pub(crate) struct AuditLog {
    settings: Settings,
}

/// An entry in the platform's format.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    id: String,
    pub(crate) user_home_org_id: String,
    pub(crate) user: Reference,
    pub(crate) client: Reference,
    remote_ip: [String; 1],
    pub(crate) service_name: &'static str,
    level: &'static str,
    event_date: String,
    pub(crate) action: &'static str,
    pub(crate) entity: Reference,
    pub(crate) entity_type: &'static str,
    status: &'static str,
    application: &'static str,
    transaction_initiator: bool,
    property_changes: Vec<PropertyChange>,
    context: BTreeMap<&'static str, String>,
}

/// An entity that an entry refers to: the one that changed, or one that was involved.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reference {
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    self_uri: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PropertyChange {
    property: &'static str,
    old_values: [String; 1],
    new_values: [String; 1],
}

impl AuditLog {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self { settings: settings.clone() }
    }

    /// Which entries were logged in an interval.
    pub(crate) fn logged(&self, interval: Interval) -> impl Iterator<Item = usize> {
        let within = move |at: &usize| (interval.start..interval.end).contains(&self.moment(*at));
        (0..self.settings.audits).filter(within)
    }

    /// The entry at an index.
    pub(crate) fn entry(&self, index: usize) -> Entry {
        let seed = self.settings.seed;
        let mut random = Random::new(seed, "audit", index);
        let (service_name, entity_type, actions) = random.pick(&SERVICES);
        let action = random.pick(&actions);
        let user = directory::id(seed, "user", random.index(self.settings.users));
        let changed = action == "Update";
        let exported = entity_type == "Exports";
        Entry {
            id: random.uuid(),
            user_home_org_id: directory::id(seed, "organization", 0),
            user: Reference { self_uri: Some(format!("/api/v2/users/{user}")), id: user, name: None },
            client: Reference { id: self.settings.client_id.clone(), ..Reference::default() },
            remote_ip: [format!("192.0.2.{}", random.between(1..=254))],
            service_name,
            level: "USER",
            event_date: stamp(self.moment(index)),
            action,
            entity: self.entity(entity_type, &mut random),
            entity_type,
            status: if random.chance(0.03) { "FAILURE" } else { "SUCCESS" },
            application: "",
            transaction_initiator: random.chance(0.8),
            property_changes: changed.then(|| timeout_changed(&mut random)).into_iter().collect(),
            context: exported.then(|| ("ExportType", "CSV".to_owned())).into_iter().collect(),
        }
    }

    fn entity(&self, entity_type: &str, random: &mut Random) -> Reference {
        let seed = self.settings.seed;
        let reference = |id: String, name: String| Reference { id, name: Some(name), self_uri: None };
        match entity_type {
            "DirectoryGroup" => {
                let index = random.index(self.settings.groups);
                reference(directory::id(seed, "group", index), directory::group_name(index))
            }
            "Queue" => {
                let index = random.index(self.settings.queues);
                reference(directory::id(seed, "queue", index), directory::queue_name(index))
            }
            "Role" => reference(directory::id(seed, "role", 0), "Supervisor".to_owned()),
            _ => Reference { id: random.uuid(), ..Reference::default() },
        }
    }

    /// When an entry was logged. Each entry has a time slot of its own, which keeps them in order.
    fn moment(&self, index: usize) -> i64 {
        let Range { start, end } = self.slot(index);
        Random::new(self.settings.seed, "audit time", index).between(start..=(end - 1).max(start))
    }

    fn slot(&self, index: usize) -> Range<i64> {
        let span = i128::from(self.settings.days) * i128::from(DAY);
        let edge = |index: usize| {
            let share = span * index as i128 / self.settings.audits.max(1) as i128;
            self.settings.start.as_millisecond() + i64::try_from(share).unwrap_or_default()
        };
        edge(index)..edge(index + 1)
    }
}

fn timeout_changed(random: &mut Random) -> PropertyChange {
    let mut seconds = || [(random.between(1..=12) * 10).to_string()];
    PropertyChange { property: "alertingTimeoutSeconds", old_values: seconds(), new_values: seconds() }
}
