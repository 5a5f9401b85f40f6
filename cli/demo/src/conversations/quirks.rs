//! Valid values that careless tools corrupt.

use std::collections::BTreeMap;

use super::shape::Participant;
use crate::{
    json::{self, Literal},
    random::Random,
};

const CUSTOMERS: [&str; 12] = [
    "Mobile Number, CA",
    "Toll Free",
    "Zoë Müller",
    "René Lefèvre",
    "李雷",
    "Ana \"Nana\" García",
    "O'Brien, Pat",
    "Łukasz 🚀",
    "عمر",
    "Smith & Sons </b>",
    "NaN",
    "007",
];

const NOTES: [&str; 6] = [
    "Said \"call back, please\" twice",
    "Line one\nline two\twith a tab",
    "=SUM(A1:A9)",
    "Refund of 12,50 € agreed; row separators \u{2028} and \\n included",
    "@manager: - 1 + 1 👍🏽",
    "ok",
];

/// A customer's name. Some are written with JSON escapes: the same text in different bytes.
pub(super) fn customer(random: &mut Random) -> Literal {
    let name = random.pick(&CUSTOMERS);
    if random.chance(0.25) { Literal::escaped(name) } else { Literal(json::text(name)) }
}

/// An agent's note, if there is one.
pub(super) fn note(random: &mut Random) -> Option<String> {
    random.chance(0.2).then(|| random.pick(&NOTES).to_owned())
}

/// A mean opinion score, with two decimals (trailing zeros included) or with more digits than a float can hold.
pub(super) fn mos(random: &mut Random) -> Literal {
    let hundredths = random.between(310..=492);
    let more = if random.chance(0.1) { "21074962615967" } else { "" };
    Literal(format!("{}.{:02}{more}", hundredths / 100, hundredths % 100))
}

/// Adds the attributes to the customers; only jobs return them.
pub(super) fn attribute(participants: &mut [Participant], random: &mut Random) {
    for participant in participants.iter_mut().filter(|participant| participant.purpose == "customer") {
        participant.attributes = Some(BTreeMap::from([
            ("customerTier", random.pick(&["bronze", "silver", "gold"]).to_owned()),
            ("ivr.Menu Path", format!("main/{}/{}", random.below(5), random.below(5))),
            ("scheduled", random.chance(0.1).to_string()),
            ("survey.comment", random.pick(&NOTES).to_owned()),
        ]));
    }
}
