//! Finds the key of a record.

use std::collections::HashSet;

use serde_json::Value;

/// Names of keys, most usual first.
const NAMES: [&str; 8] = ["id", "Id", "ID", "_id", "uuid", "guid", "sys_id", "key"];

/// The name of a member that all records have and no two share. `None` without records.
pub(super) fn find(records: &[Value]) -> Option<&'static str> {
    records.first()?;
    NAMES.into_iter().find(|name| {
        let mut seen = HashSet::new();
        records.iter().all(|record| match record.get(name) {
            Some(key @ (Value::String(_) | Value::Number(_))) => seen.insert(key.to_string()),
            _ => false,
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_is_in_every_record_and_different_in_each() {
        let found = |records: Value| find(records.as_array().unwrap());
        assert_eq!(found(json!([{ "id": 1 }, { "id": 2 }])), Some("id"));
        assert_eq!(found(json!([{ "id": 1, "uuid": "a" }, { "id": 1, "uuid": "b" }])), Some("uuid"));
        assert_eq!(found(json!([{ "id": 1 }, { "name": "x" }])), None);
        assert_eq!(found(json!([{ "id": null }])), None);
        assert_eq!(found(json!([])), None);
    }
}
