//! Conditions on records.

use serde_json::Value;

use crate::{
    http::place::Comparison,
    json::{PointerTree, pointer::Pointer},
};

/// Keeps the records that match all conditions.
#[derive(Debug)]
pub struct Filter {
    conditions: Vec<Vec<Comparison>>,
    tree: PointerTree,
}

impl Filter {
    /// A filter with these conditions: the place of a value in a record, and the comparisons that it must pass.
    pub fn new(conditions: Vec<(Pointer, Vec<Comparison>)>) -> Self {
        let tree = PointerTree::of(conditions.iter().map(|(at, _)| at));
        Self { conditions: conditions.into_iter().map(|(_, comparisons)| comparisons).collect(), tree }
    }

    /// Whether the record matches.
    pub(crate) fn keeps(&self, record: &[u8]) -> bool {
        let mut found = vec![None; self.conditions.len()];
        // Records are valid JSON.
        let _ = self.tree.find(str::from_utf8(record).unwrap_or_default(), &mut found);
        self.conditions.iter().zip(found).all(|(comparisons, json)| {
            let value: Option<Value> = json.and_then(|json| serde_json::from_str(json).ok());
            comparisons.iter().all(|comparison| comparison.holds(value.as_ref()))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_record_must_match_all_conditions() {
        let at = |pointer: &str| pointer.parse().unwrap();
        let filter = Filter::new(vec![
            (at("/a/b"), vec![Comparison::Is(vec![json!("x"), json!(7)])]),
            (at("/c"), vec![Comparison::Exists(true), Comparison::Not(vec![json!("y")])]),
        ]);
        for (record, keeps) in [
            (r#"{"a":{"b":"x"},"c":1}"#, true),
            (r#"{"c":"z","a":{"b":7}}"#, true),
            (r#"{"a":{"b":"x"},"c":"y"}"#, false),
            (r#"{"a":{"b":"x"},"c":null}"#, false),
            (r#"{"a":{"b":"x"}}"#, false),
            (r#"{"a":"x","c":1}"#, false),
            ("[]", false),
        ] {
            assert_eq!(filter.keeps(record.as_bytes()), keeps, "{record}");
        }
    }
}
