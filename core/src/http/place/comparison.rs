//! Comparisons of the value at a place.

use serde_json::Value;

/// A comparison of the value at a place.
#[derive(Clone, Debug, PartialEq)]
pub enum Comparison {
    /// The value is one of these.
    Is(Vec<Value>),
    /// The value exists, and is none of these.
    Not(Vec<Value>),
    /// Whether there is a value. `null` counts as none.
    Exists(bool),
    /// The value is a text that contains this, in any case.
    Contains(String),
}

impl Comparison {
    /// Whether `value` passes. Values are compared as JSON, or as text if either side is text.
    pub fn holds(&self, value: Option<&Value>) -> bool {
        let is_null = value.is_some_and(Value::is_null);
        match (self, value.filter(|_| !is_null)) {
            (Self::Is(expected), None) => is_null && expected.contains(&Value::Null),
            (Self::Exists(expected), value) => value.is_some() == *expected,
            (_, None) => false,
            (Self::Is(expected), Some(value)) => expected.iter().any(|expected| equals(expected, value)),
            (Self::Not(others), Some(value)) => !others.iter().any(|other| equals(other, value)),
            (Self::Contains(part), Some(value)) => {
                value.as_str().is_some_and(|text| text.to_lowercase().contains(&part.to_lowercase()))
            }
        }
    }
}

fn equals(one: &Value, other: &Value) -> bool {
    if one.is_string() || other.is_string() { text(one) == text(other) } else { one == other }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_compared_as_json_or_as_text() {
        let is = |expected: Value, value: Value| Comparison::Is(vec![expected]).holds(Some(&value));
        assert!(
            is(json!(false), json!(false)) && is(json!("false"), json!(false)) && is(json!(7), json!("7"))
        );
        assert!(!is(json!(false), json!(0)) && !is(json!("a"), json!("A")));
        let list = Comparison::Is(vec![json!("a"), json!(2)]);
        assert!(list.holds(Some(&json!(2))) && !list.holds(Some(&json!(3))) && !list.holds(None));
        let null = Comparison::Is(vec![Value::Null]);
        assert!(null.holds(Some(&Value::Null)) && !null.holds(None), "a missing value is not null");
        let not = Comparison::Not(vec![json!("done")]);
        assert!(not.holds(Some(&json!("running"))) && !not.holds(Some(&json!("done"))));
        assert!(!not.holds(None), "a missing value proves nothing");
        let contains = Comparison::Contains("Limit".to_owned());
        assert!(contains.holds(Some(&json!("rate LIMIT exceeded"))) && !contains.holds(Some(&json!(7))));
        for (expected, value, holds) in [
            (true, Some(json!(0)), true),
            (true, Some(json!(null)), false),
            (false, None, true),
            (false, Some(json!("")), false),
        ] {
            assert_eq!(Comparison::Exists(expected).holds(value.as_ref()), holds, "{value:?}");
        }
    }
}
