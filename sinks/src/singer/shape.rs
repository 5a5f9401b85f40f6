//! The fields of records that were seen so far, as a JSON Schema.

use std::collections::HashMap;

use longhaul_core::json::{NotJson, Scan};
use serde_json::{Value, json};

/// The types of JSON Schema for each bit of [`Kinds`], in this order.
const NAMES: [&str; 6] = ["string", "integer", "number", "boolean", "object", "array"];

/// The fields of the records seen so far, in the order of their first appearance, and the kinds of their values.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    fields: Vec<(String, Kinds)>,
    indexes: HashMap<String, usize>,
}

/// The kinds of values of a field, as a set of bits. Null is always one of them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Kinds(u8);

impl Kinds {
    /// Only null so far.
    const NONE: Self = Self(0);
    pub(super) const TEXT: Self = Self(1);
    pub(super) const INTEGER: Self = Self(1 << 1);
    pub(super) const NUMBER: Self = Self(1 << 2);
    pub(super) const BOOLEAN: Self = Self(1 << 3);
    const OBJECT: Self = Self(1 << 4);
    const ARRAY: Self = Self(1 << 5);
    /// Every kind.
    pub(super) const ANY: Self = Self((1 << NAMES.len()) - 1);

    /// The kind of the value with this JSON text.
    fn of(json: &str) -> Self {
        match json.as_bytes().first() {
            Some(b'"') => Self::TEXT,
            Some(b'{') => Self::OBJECT,
            Some(b'[') => Self::ARRAY,
            Some(b't' | b'f') => Self::BOOLEAN,
            Some(b'n') | None => Self::NONE,
            Some(_) if json.contains(['.', 'e', 'E']) => Self::NUMBER,
            Some(_) => Self::INTEGER,
        }
    }

    fn contains(self, other: Self) -> bool {
        // Whole numbers are numbers, too.
        let own = if self.0 & Self::NUMBER.0 > 0 { self.0 | Self::INTEGER.0 } else { self.0 };
        own & other.0 == other.0
    }

    /// The schema that accepts these kinds. Where only null was seen, it accepts everything.
    pub(super) fn schema(self) -> Value {
        let kinds = if self == Self::NONE { Self::ANY } else { self };
        let covered = kinds != Self::ANY && kinds.0 & Self::NUMBER.0 > 0;
        let kinds = if covered { kinds.0 & !Self::INTEGER.0 } else { kinds.0 };
        let named = NAMES.iter().enumerate().filter(|(bit, _)| kinds & (1 << bit) > 0);
        let types: Vec<_> = ["null"].into_iter().chain(named.map(|(_, name)| *name)).collect();
        json!({ "type": types })
    }
}

impl Shape {
    /// Adds the fields of a record. Returns whether the schema has changed.
    ///
    /// # Errors
    /// The record is not a JSON object.
    pub(super) fn learn(&mut self, record: &str) -> Result<bool, NotJson> {
        let mut has_changed = false;
        Scan::new(record).members(|name, scan| {
            let kinds = Kinds::of(scan.value()?);
            let name = name.text();
            if let Some(index) = self.indexes.get(name.as_ref()) {
                let known = &mut self.fields[*index].1;
                if *known == Kinds::NONE {
                    // A field that was only null so far accepts everything already.
                    *known = if kinds == Kinds::NONE { Kinds::NONE } else { Kinds::ANY };
                } else if !known.contains(kinds) {
                    *known = Kinds(known.0 | kinds.0);
                    has_changed = true;
                }
            } else {
                self.indexes.insert(name.to_string(), self.fields.len());
                self.fields.push((name.into_owned(), kinds));
                has_changed = true;
            }
            Ok::<_, NotJson>(())
        })?;
        Ok(has_changed)
    }

    /// Each field with its schema.
    pub(super) fn properties(&self) -> impl Iterator<Item = (&str, Value)> {
        self.fields.iter().map(|(name, kinds)| (name.as_str(), kinds.schema()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Shape;

    fn properties(shape: &Shape) -> Value {
        shape.properties().map(|(name, schema)| (name.to_owned(), schema)).collect()
    }

    #[test]
    fn the_schema_grows_only_with_new_fields_and_kinds() {
        let mut shape = Shape::default();
        assert_eq!(
            shape.learn(r#"{"id":1,"n\u0061me":"a","gone":null,"tags":[],"o":{"x":1},"ok":true}"#),
            Ok(true)
        );
        assert_eq!(shape.learn(r#"{"id":2,"name":null}"#), Ok(false));
        let expected = json!({
            "id": {"type": ["null", "integer"]},
            "name": {"type": ["null", "string"]},
            "gone": {"type": ["null", "string", "integer", "number", "boolean", "object", "array"]},
            "tags": {"type": ["null", "array"]},
            "o": {"type": ["null", "object"]},
            "ok": {"type": ["null", "boolean"]},
        });
        assert_eq!(properties(&shape), expected);
        assert_eq!(shape.learn(r#"{"gone":1,"tags":[2]}"#), Ok(false), "any value was accepted already");
        assert_eq!(properties(&shape), expected);
        assert_eq!(shape.learn(r#"{"id":1.5,"name":7}"#), Ok(true));
        assert_eq!(properties(&shape)["id"], json!({"type": ["null", "number"]}));
        assert_eq!(properties(&shape)["name"], json!({"type": ["null", "string", "integer"]}));
        assert_eq!(shape.learn(r#"{"id":3,"name":"b"}"#), Ok(false), "a whole number is a number");
    }

    #[test]
    fn only_objects_have_a_shape() {
        for record in ["[1]", "7", "", "{"] {
            assert!(Shape::default().learn(record).is_err(), "{record}");
        }
        assert_eq!(Shape::default().learn("{}"), Ok(false));
    }
}
