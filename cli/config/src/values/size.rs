//! Sizes in bytes: `256MiB`, `10MB`.

use serde::{Deserialize, Deserializer, de};

use crate::values::described::described;

const UNITS: [(&str, u64); 7] = [
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("B", 1),
];

/// A number of bytes above zero, with its unit.
pub(crate) enum Size {}

described!(Size, { "type": "string", "x-value": "size", "examples": ["256MiB", "10MB"] });

impl Size {
    /// Reads the number of bytes.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        let size = UNITS.iter().find_map(|(unit, bytes)| {
            let number: u64 = text.strip_suffix(unit)?.trim_end().parse().ok()?;
            number.checked_mul(*bytes).filter(|size| *size > 0)
        });
        size.ok_or_else(|| de::Error::custom(format!("`{text}` is not a size such as `256MiB` or `10MB`")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn units_are_powers_of_two_or_ten() {
        assert_eq!(Size::deserialize(json!("256MiB")).unwrap(), 268_435_456);
        assert_eq!(Size::deserialize(json!("10 MB")).unwrap(), 10_000_000);
        assert_eq!(Size::deserialize(json!("512B")).unwrap(), 512);
    }

    #[test]
    fn invalid_sizes_are_refused() {
        for text in ["256", "0B", "-1MB", "1.5MB", "MB", "99999999999GB"] {
            let refusal = Size::deserialize(json!(text)).unwrap_err().to_string();
            assert_eq!(refusal, format!("`{text}` is not a size such as `256MiB` or `10MB`"));
        }
    }
}
