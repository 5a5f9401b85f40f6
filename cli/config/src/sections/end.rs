//! The conditions of `end` in `[streams.NAME.pages]`.

use longhaul_core::{client::answer::StatusMatch, http::place::Places, listing::end::LastPage};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::values::{
    comparison::{AnyOf, Compared},
    place,
    status::Statuses,
};

/// A condition that makes a page the last one.
#[derive(Deserialize)]
#[serde(try_from = "ConditionTable")]
pub(super) struct Condition(pub(super) LastPage);

/// A condition that makes a page the last one. All of its keys must match.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Condition")]
pub(super) struct ConditionTable {
    /// Place of a value, for `is`, `not`, `exists` and `contains`.
    #[schemars(with = "Option<place::Places>")]
    at: Option<Places>,
    /// Text that the value contains, in upper or lower case.
    contains: Option<String>,
    /// Whether there is a value. `null` counts as none.
    exists: Option<bool>,
    /// The value is this, or one of these.
    is: Option<AnyOf>,
    /// There is a value, and it is not this, or none of these.
    not: Option<AnyOf>,
    /// The page has fewer records than `size`.
    #[serde(default)]
    short: bool,
    /// Status such as `200`, class such as `"2xx"`, or a list of both.
    #[serde(default, deserialize_with = "Statuses::deserialize")]
    #[schemars(with = "Option<Statuses>")]
    status: Vec<StatusMatch>,
}

impl TryFrom<ConditionTable> for Condition {
    type Error = String;

    fn try_from(table: ConditionTable) -> Result<Self, String> {
        let ConditionTable { at, contains, exists, is, not, short, status } = table;
        let at = Compared { at, contains, exists, is, not }.comparisons()?;
        if at.is_none() && status.is_empty() && !short {
            return Err("a condition of `end` requires `at`, `short` or `status`".to_owned());
        }
        Ok(Self(LastPage { is_short: short, status, at }))
    }
}
