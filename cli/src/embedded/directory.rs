//! Who and what there is, by number: the same names and ids wherever they are told.

use super::random::Random;

const FIRST: [&str; 12] =
    ["Ana", "Björn", "Chidi", "Dana", "Eoin", "Fatima", "Grace", "Hiro", "Ines", "Jamal", "Katya", "Lucía"];
const LAST: [&str; 10] =
    ["Almeida", "Brandt", "Chen", "Dubois", "Eriksen", "Fischer", "García", "Haddad", "Ivanova", "O'Neill"];
const QUEUES: [&str; 6] =
    ["Billing", "Claims, Returns", "Sales", "Support – Tier 1", "Support – Tier 2", "VIP"];

/// The id of the `index`th thing of a kind.
pub(super) fn id(seed: u64, kind: &str, index: usize) -> String {
    Random::new(seed, kind, index).uuid()
}

pub(super) fn user_name(seed: u64, index: usize) -> String {
    let mut random = Random::new(seed, "user name", index);
    format!("{} {}", random.pick(&FIRST), random.pick(&LAST))
}

pub(super) fn queue_name(index: usize) -> String {
    let name = QUEUES[index % QUEUES.len()];
    if index < QUEUES.len() { name.to_owned() } else { format!("{name} {}", index / QUEUES.len() + 1) }
}
