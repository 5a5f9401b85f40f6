//! What details queries and details jobs select: an interval, and the order of its records.

use serde::Deserialize;

use crate::{errors::ApiError, interval::Interval};

/// What a query or a job selects.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Selection {
    interval: Option<String>,
    #[serde(default)]
    pub(crate) order: Order,
    #[serde(default)]
    pub(crate) order_by: OrderBy,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Order {
    #[default]
    Asc,
    Desc,
    Unordered,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(crate) enum OrderBy {
    ConversationEnd,
    #[default]
    ConversationStart,
    SegmentEnd,
    SegmentStart,
}

impl Selection {
    pub(crate) fn interval(&self) -> Result<Interval, ApiError> {
        let text =
            self.interval.as_deref().ok_or_else(|| ApiError::invalid_date("An interval is required."))?;
        Interval::parse(text)
    }
}
