//! `[[streams.NAME.where]]`: conditions on records.

use longhaul_core::{
    Pointer,
    http::place::{Comparison, Place, Places},
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::values::{
    comparison::{AnyOf, Compared},
    described::described,
    pointer::JsonPointer,
};

/// A condition that a record must match.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(try_from = "Keys")]
pub struct RecordCondition {
    /// Where a record has the value.
    pub at: Pointer,
    /// The comparisons that the value must pass.
    pub comparisons: Vec<Comparison>,
}

/// A condition that a record must match. All of its keys must match.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Keys {
    /// Pointer to a value in the record.
    #[schemars(with = "Option<JsonPointer>")]
    at: Option<Places>,
    /// Text that the value contains, in upper or lower case.
    contains: Option<String>,
    /// Whether there is a value. `null` counts as none.
    exists: Option<bool>,
    /// The value is this, or one of these.
    is: Option<AnyOf>,
    /// There is a value, and it is not this, or none of these.
    not: Option<AnyOf>,
}

impl TryFrom<Keys> for RecordCondition {
    type Error = String;

    fn try_from(keys: Keys) -> Result<Self, String> {
        let Keys { at, contains, exists, is, not } = keys;
        let compared = Compared { at, contains, exists, is, not }.comparisons()?;
        let (places, comparisons) = compared.ok_or("`at` is missing, the place of the value")?;
        let mut places = places.iter();
        match (places.next(), places.next()) {
            (Some(Place::Body(at)), None) => Ok(Self { at: at.clone(), comparisons }),
            _ => Err("`at` must be one JSON pointer into the record".to_owned()),
        }
    }
}

described!(RecordCondition as Keys);
