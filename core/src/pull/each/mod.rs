//! Parents: records of another stream, each of which makes a partition of this one.

mod fields;
mod sink;

pub(crate) use self::fields::Fields;
pub use self::sink::ParentsSink;
use crate::{
    json::{PointerTree, Scan, pointer::Pointer, text},
    sink::Variables,
    state::Parent,
};

/// How partitions are made of parents.
#[derive(Debug)]
pub struct Each {
    /// The stream, file or list that the parents are from, for messages.
    source: String,
    /// The placeholders, and where a parent has their values.
    values: Vec<(String, Pointer)>,
    /// The fields to add to each child record, and where a parent has them.
    add: Vec<(String, Pointer)>,
    tree: PointerTree,
}

/// Why a parent makes no partition.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("record {number} of {source_name} has {found} at `{at}` for `{{each.{placeholder}}}`: {excerpt}")]
pub struct ParentError {
    source_name: String,
    /// The number of the record, from 1.
    number: u64,
    found: &'static str,
    at: Pointer,
    placeholder: String,
    excerpt: String,
}

/// How much of a record an error quotes.
const EXCERPT: usize = 80;

impl Each {
    /// Partitions with these placeholders and these fields to add. `source` names where the parents are from.
    pub fn new(
        source: impl Into<String>,
        values: Vec<(String, Pointer)>,
        add: Vec<(String, Pointer)>,
    ) -> Self {
        let tree = PointerTree::of(values.iter().chain(&add).map(|(_, at)| at));
        Self { source: source.into(), values, add, tree }
    }

    /// What a record gives to its partition. `number` counts the records from 1.
    ///
    /// # Errors
    /// The record has no usable value for a placeholder.
    pub fn parent(&self, record: &str, number: u64) -> Result<Parent, ParentError> {
        let mut found = vec![None; self.values.len() + self.add.len()];
        // A record that is not JSON has nothing at any place.
        let _ = self.tree.find(record, &mut found);
        let (values, added) = found.split_at(self.values.len());
        let mut parent = Parent::default();
        for ((placeholder, at), value) in self.values.iter().zip(values) {
            let usable = usable(*value).map_err(|found| ParentError {
                source_name: self.source.clone(),
                number,
                found,
                at: at.clone(),
                placeholder: placeholder.clone(),
                excerpt: excerpt(record),
            })?;
            parent.values.insert(placeholder.clone(), usable.to_owned());
        }
        let added = self.add.iter().zip(added).filter_map(|((name, _), value)| {
            Some(format!("{}:{}", serde_json::Value::from(name.as_str()), (*value)?))
        });
        parent.fields = format!("{{{}}}", added.collect::<Vec<_>>().join(","));
        Ok(parent)
    }

    /// `variables` with the values of a parent, as requests have them.
    pub fn in_requests(variables: Variables, parent: &Parent) -> Variables {
        parent.values.iter().fold(variables, |variables, (name, value)| {
            let name = format!("each.{name}");
            if value.starts_with('"') {
                variables.with(name, text(value))
            } else {
                variables.with_number(name, value)
            }
        })
    }

    /// `variables` with the values of a parent, as file names have them: no value can lead to another folder.
    pub fn in_file_names(variables: Variables, parent: &Parent) -> Variables {
        parent.values.iter().fold(variables, |variables, (name, value)| {
            variables.with(format!("each.{name}"), Variables::file_name(&text(value)))
        })
    }
}

/// The value, if it can stand in a request: text or a number.
fn usable(value: Option<&str>) -> Result<&str, &'static str> {
    match value {
        None => Err("no value"),
        Some("null") => Err("null"),
        Some("\"\"") => Err("empty text"),
        // These would change the path of a request (RFC 3986 §5.2.4), even percent-encoded.
        Some("\".\"" | "\"..\"") => Err("a relative path"),
        Some(value) => match value.as_bytes().first() {
            Some(b'"' | b'-' | b'0'..=b'9') => Ok(value),
            first => Err(first.map_or("no value", |first| Scan::kind(*first))),
        },
    }
}

fn excerpt(record: &str) -> String {
    let shown: String = record.chars().take(EXCERPT).filter(|shown| !shown.is_control()).collect();
    if shown.len() < record.len() { format!("{shown}…") } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn each(values: &[(&str, &str)], add: &[(&str, &str)]) -> Each {
        let places = |places: &[(&str, &str)]| {
            places.iter().map(|(name, at)| ((*name).to_owned(), at.parse().unwrap())).collect()
        };
        Each::new("`teams`", places(values), places(add))
    }

    #[test]
    fn a_parent_keeps_the_text_of_its_values() {
        let each = each(&[("id", "/id"), ("n", "/a/n")], &[("team", "/id"), ("none", "/x"), ("a b", "/a")]);
        let record = r#"{"id":"\u00e9/1","a":{"n":12345678901234567890123}}"#;
        let parent = each.parent(record, 1).unwrap();
        assert_eq!(parent.values["id"], r#""\u00e9/1""#);
        assert_eq!(parent.fields, r#"{"team":"\u00e9/1","a b":{"n":12345678901234567890123}}"#);
        let variables = Each::in_requests(Variables::new("x", "/"), &parent);
        assert_eq!(variables.fill_url("/{each.id}/{each.n}").unwrap(), "/%C3%A9%2F1/12345678901234567890123");
        let variables = Each::in_file_names(Variables::new("x", "/"), &parent);
        assert_eq!(variables.fill("{each.id}"), "%C3%A9%2F1");
    }

    #[test]
    fn a_list_has_parents_that_are_plain_values() {
        let parent = each(&[("region", "")], &[("region", "")]).parent("\"a\"", 1).unwrap();
        assert_eq!(
            (parent.values["region"].as_str(), parent.fields.as_str()),
            ("\"a\"", r#"{"region":"a"}"#)
        );
    }

    #[test]
    fn a_parent_without_a_usable_value_is_an_error() {
        let error = |record: &str| each(&[("team", "/id")], &[]).parent(record, 7).unwrap_err().to_string();
        for (value, found) in [
            ("null", "null"),
            ("\"\"", "empty text"),
            ("\"..\"", "a relative path"),
            ("[1]", "an array"),
            ("{}", "an object"),
            ("true", "a boolean"),
        ] {
            assert_eq!(
                error(&format!("{{\"id\":{value}}}")),
                format!("record 7 of `teams` has {found} at `/id` for `{{each.team}}`: {{\"id\":{value}}}")
            );
        }
        assert_eq!(error("{}"), "record 7 of `teams` has no value at `/id` for `{each.team}`: {}");
        let long = format!("{{\"name\":\"{}\"}}", "é".repeat(100));
        assert!(error(&long).ends_with("éé…"));
    }
}
