//! The receipts of objects.

use std::{fmt, str::FromStr};

use longhaul_core::sink::{Receipt, SinkError};

use super::error::rejected;
use crate::file::Position;

/// Where an object stood at a commit: the tag of its pull, its length, and the end of the part that is not full. As text,
/// `00c0ffee00c0ffee 9000000 611392 3f1c0a92d4e87b65`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct ObjectReceipt {
    pub(super) tag: String,
    pub(super) length: u64,
    /// The length of the last part, with a checksum of its end.
    pub(super) in_part: Position,
}

impl ObjectReceipt {
    /// Reads a receipt. `shown` is for the message.
    pub(super) fn read(Receipt(text): &Receipt, shown: &str) -> Result<Self, SinkError> {
        text.parse().map_err(|NotAReceipt| {
            rejected(format!("cannot resume `{shown}`: the receipt `{text}` is not one of an object"))
        })
    }
}

impl fmt::Display for ObjectReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.tag, self.length, self.in_part)
    }
}

/// The text is not a tag, a length and a position.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct NotAReceipt;

impl FromStr for ObjectReceipt {
    type Err = NotAReceipt;

    fn from_str(text: &str) -> Result<Self, NotAReceipt> {
        let mut words = text.splitn(3, ' ');
        let tag = words.next().filter(|tag| !tag.is_empty()).ok_or(NotAReceipt)?.to_owned();
        let length = words.next().and_then(|length| length.parse().ok()).ok_or(NotAReceipt)?;
        let in_part = words.next().and_then(|position| position.parse().ok()).ok_or(NotAReceipt)?;
        Ok(Self { tag, length, in_part })
    }
}

#[cfg(test)]
mod tests {
    use super::{NotAReceipt, ObjectReceipt};

    #[test]
    fn a_receipt_is_read_from_its_own_text() {
        let text = "00c0ffee00c0ffee 9000000 611392 3f1c0a92d4e87b65";
        assert_eq!(text.parse::<ObjectReceipt>().unwrap().to_string(), text);
        for text in ["", "a", "a 7", "a 7 7", " 7 7 ab", "a x 7 ab", "27 3f1c0a92d4e87b65"] {
            assert_eq!(text.parse::<ObjectReceipt>(), Err(NotAReceipt), "{text}");
        }
    }
}
