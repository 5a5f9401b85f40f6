//! Names and ids by index, the same everywhere they appear.

use crate::random::Random;

const FIRST: [&str; 12] =
    ["Ana", "Björn", "Chidi", "Dana", "Eoin", "Fatima", "Grace", "Hiro", "Ines", "Jamal", "Katya", "Lucía"];
const LAST: [&str; 10] =
    ["Almeida", "Brandt", "Chen", "Dubois", "Eriksen", "Fischer", "García", "Haddad", "Ivanova", "O'Neill"];
const QUEUES: [&str; 6] =
    ["Billing", "Claims, Returns", "Sales", "Support – Tier 1", "Support – Tier 2", "VIP"];

const DEPARTMENTS: [&str; 4] = ["Billing", "Service", "Sales", "Technical Support"];
const TITLES: [&str; 3] = ["Agent", "Senior Agent", "Supervisor"];
const GROUPS: [&str; 5] = ["All Agents", "Early Shift", "Late Shift", "Team Leads", "Work at Home"];

/// 2024-01-01.
const CREATED: i64 = 1_704_067_200_000;
const YEAR: i64 = 365 * 24 * 60 * 60 * 1000;

/// The id of the `index`th entity of a kind.
pub(crate) fn id(seed: u64, kind: &str, index: usize) -> String {
    Random::new(seed, kind, index).uuid()
}

pub(crate) fn user_name(seed: u64, index: usize) -> String {
    let mut random = Random::new(seed, "user name", index);
    format!("{} {}", random.pick(&FIRST), random.pick(&LAST))
}

pub(crate) fn email(seed: u64, index: usize) -> String {
    let name = user_name(seed, index).to_lowercase().replace([' ', '\''], ".");
    format!("{name}.{index}@example.com")
}

pub(crate) fn department(seed: u64, index: usize) -> &'static str {
    Random::new(seed, "department", index).pick(&DEPARTMENTS)
}

pub(crate) fn title(seed: u64, index: usize) -> &'static str {
    Random::new(seed, "title", index).pick(&TITLES)
}

pub(crate) fn queue_name(index: usize) -> String {
    numbered(&QUEUES, index)
}

pub(crate) fn group_name(index: usize) -> String {
    numbered(&GROUPS, index)
}

/// The `index`th of `names`. After the last, they repeat with a number appended.
pub(crate) fn numbered(names: &[&str], index: usize) -> String {
    let (name, round) = (names[index % names.len()], index / names.len());
    if round == 0 { name.to_owned() } else { format!("{name} {}", round + 1) }
}

/// When an entity was created and when it was last modified.
pub(crate) fn dates(random: &mut Random) -> (i64, i64) {
    let created = random.between(CREATED..=CREATED + YEAR);
    (created, random.between(created..=CREATED + YEAR))
}
