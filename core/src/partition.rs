//! The identity of a partition.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::window::Window;

/// Which partition of a pull it is. As text, `3` is the fourth parent, `start/end` a window, and `3@start/end` a window of
/// that parent.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct PartitionId {
    /// The number of the parent, from 0, if the stream has parents.
    pub parent: Option<u64>,
    /// The slice of time, if the pull has windows.
    pub window: Option<Window>,
}

impl PartitionId {
    /// Whether the partition is the whole stream.
    pub fn is_whole(&self) -> bool {
        *self == Self::default()
    }

    /// The same parent with another window.
    #[must_use]
    pub fn with_window(self, window: Window) -> Self {
        Self { window: Some(window), ..self }
    }

    /// The id as `{partition}` has it in the path of a file: `3`, `20260101T000000Z-20260102T000000Z`, both as
    /// `3_20260101T000000Z-20260102T000000Z`, and `all` for the whole stream. No two partitions of a pull have the same, and
    /// no character separates folders or is one that some system does not allow.
    ///
    /// It stays the same as long as the parents and the windows do: a parent is its number in their order.
    pub fn in_file_names(&self) -> String {
        // A fraction of a second is only written if there is one.
        let written = |time: Timestamp| time.strftime("%Y%m%dT%H%M%S%.fZ").to_string();
        let window = self.window.map(|Window { start, end }| format!("{}-{}", written(start), written(end)));
        match (self.parent, window) {
            (Some(parent), Some(window)) => format!("{parent}_{window}"),
            (Some(parent), None) => parent.to_string(),
            (None, Some(window)) => window,
            (None, None) => "all".to_owned(),
        }
    }
}

impl From<Window> for PartitionId {
    fn from(window: Window) -> Self {
        Self::default().with_window(window)
    }
}

impl fmt::Display for PartitionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.parent, self.window) {
            (Some(parent), Some(window)) => write!(f, "{parent}@{window}"),
            (Some(parent), None) => write!(f, "{parent}"),
            (None, Some(window)) => write!(f, "{window}"),
            (None, None) => f.write_str("all"),
        }
    }
}

impl From<PartitionId> for String {
    fn from(id: PartitionId) -> Self {
        id.to_string()
    }
}

/// Text that is not the id of a partition.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is not the id of a partition")]
pub struct InvalidId(String);

impl FromStr for PartitionId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId(text.to_owned());
        if text == "all" {
            return Ok(Self::default());
        }
        let (parent, window) = match text.split_once('@') {
            Some((parent, window)) => (Some(parent), Some(window)),
            None if text.contains('/') => (None, Some(text)),
            None => (Some(text), None),
        };
        let parent = parent.map(str::parse).transpose().map_err(|_| invalid())?;
        let window = window.map(|window| Window::try_from(window.to_owned())).transpose();
        Ok(Self { parent, window: window.map_err(|_| invalid())? })
    }
}

impl TryFrom<String> for PartitionId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::PartitionId;

    #[test]
    fn ids_are_read_as_they_are_written() {
        let window = "2026-01-01T00:00:00Z/2026-01-02T00:00:00Z";
        for text in ["all", "0", "17", window, &format!("17@{window}")] {
            let id: PartitionId = text.parse().unwrap();
            assert_eq!(id.to_string(), text);
            assert_eq!(id.is_whole(), text == "all");
        }
        for text in ["", "x", "1@", "@1", "1/2", "-1"] {
            let error = text.parse::<PartitionId>().unwrap_err();
            assert_eq!(error.to_string(), format!("`{text}` is not the id of a partition"));
        }
    }

    #[test]
    fn ids_in_file_names_are_plain_and_differ() {
        for (text, expected) in [
            ("all", "all"),
            ("17", "17"),
            ("2026-01-01T00:00:00Z/2026-01-02T00:00:00Z", "20260101T000000Z-20260102T000000Z"),
            ("2026-01-01T00:00:00Z/2026-01-01T00:00:00.5Z", "20260101T000000Z-20260101T000000.5Z"),
            ("17@2026-01-01T00:00:00Z/2026-01-02T00:00:00Z", "17_20260101T000000Z-20260102T000000Z"),
        ] {
            let id = text.parse::<PartitionId>().unwrap().in_file_names();
            assert_eq!(id, expected);
            assert!(
                id.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)),
                "it needs no escapes"
            );
        }
    }
}
