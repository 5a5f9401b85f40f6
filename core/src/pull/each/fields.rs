//! Adds fields of a parent to the records of its partition.

use crate::{
    json::{PointerTree, pointer::Pointer},
    pull::error::PullError,
    sink::{Batch, Lines},
};

/// The fields of a parent that each record of its partition gets. This is the only case in which a record is changed.
#[derive(Debug)]
pub(crate) struct Fields {
    /// The members of an object, as JSON.
    members: String,
    names: Vec<String>,
    tree: PointerTree,
}

impl Fields {
    /// The fields of the JSON object `fields`; `None` if it has none.
    pub(crate) fn new(fields: &str) -> Option<Self> {
        let members = fields.strip_prefix('{')?.strip_suffix('}')?.to_owned();
        let parsed: serde_json::Map<_, _> = serde_json::from_str(fields).ok()?;
        let names: Vec<String> = parsed.into_iter().map(|(name, _)| name).collect();
        let pointers: Vec<_> = names.iter().map(|name| Pointer::from_tokens([name])).collect();
        (!names.is_empty()).then(|| Self { members, tree: PointerTree::of(&pointers), names })
    }

    /// The records with the fields at their ends. Everything else keeps its bytes. `before` is how many records came before.
    ///
    /// # Errors
    /// A record is not an object, or has such a field already.
    pub(crate) fn add_to(&self, batch: &Batch<'_>, before: u64) -> Result<Lines, PullError> {
        let mut lines = Lines::default();
        for (record, number) in batch.records().zip(before + 1..) {
            let text = str::from_utf8(record).unwrap_or_default();
            let inside = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
            let Some(inside) = inside else { return Err(PullError::NotAnObject { record: number }) };
            let mut found = vec![None; self.names.len()];
            // Records are valid JSON.
            let _ = self.tree.find(text, &mut found);
            if let Some((name, _)) = self.names.iter().zip(found).find(|(_, found)| found.is_some()) {
                return Err(PullError::FieldExists { record: number, name: name.clone() });
            }
            let separator = if inside.is_empty() { "" } else { "," };
            lines.push(&["{", inside, separator, &self.members, "}"]);
        }
        Ok(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(fields: &str, record: &str) -> Result<String, String> {
        let fields = Fields::new(fields).unwrap();
        let line = format!("{record}\n");
        let lines = fields.add_to(&Batch::new(line.as_bytes(), &[line.len()]), 4);
        let lines = lines.map_err(|error| error.to_string())?;
        Ok(String::from_utf8(lines.batch().bytes().to_vec()).unwrap())
    }

    #[test]
    fn fields_are_appended_and_the_rest_keeps_its_bytes() {
        let fields = r#"{"team":"\u00e9","n":1.10}"#;
        assert_eq!(
            added(fields, r#"{"b":1e2,"a":"\/"}"#).unwrap(),
            "{\"b\":1e2,\"a\":\"\\/\",\"team\":\"\\u00e9\",\"n\":1.10}\n"
        );
        assert_eq!(added(fields, "{}").unwrap(), "{\"team\":\"\\u00e9\",\"n\":1.10}\n");
        assert!(Fields::new("{}").is_none());
    }

    #[test]
    fn a_record_that_cannot_have_the_field_is_an_error() {
        for record in [r#"{"a":{},"team":null}"#, r#"{"t\u0065am":1}"#] {
            assert_eq!(
                added(r#"{"team":1}"#, record).unwrap_err(),
                "record 5 of the partition already has the field `team`, which `each.add` would add"
            );
        }
        assert_eq!(
            added(r#"{"team":1}"#, r#"{"a":{"team":1}}"#).unwrap(),
            "{\"a\":{\"team\":1},\"team\":1}\n"
        );
        assert_eq!(
            added(r#"{"team":1}"#, "[1]").unwrap_err(),
            "record 5 of the partition is not an object, so `each.add` cannot add a field to it"
        );
    }
}
