//! The places of ids in a record.

use crate::{
    json::{NotJson, Scan, pointer::Pointer},
    sink::SinkError,
};

/// A member of an object whose name is looked up, and the member beside it that holds the name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    /// The path of the id in a record. `*` stands for every element of an array and every value of an object.
    pub at: Pointer,
    /// The name of the member that is added.
    pub added: String,
}

/// Text to add to a record.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Insertion {
    /// The position.
    pub(super) at: usize,
    pub(super) text: String,
}

/// Why a record is left as it is.
#[derive(Debug)]
pub(super) enum Stopped {
    NotJson(NotJson),
    Sink(SinkError),
}

impl From<NotJson> for Stopped {
    fn from(error: NotJson) -> Self {
        Self::NotJson(error)
    }
}

impl Place {
    /// What to add to `record`, in order. `name` gives the name for an id.
    pub(super) fn insertions(
        &self,
        record: &str,
        name: &mut dyn FnMut(&str) -> Result<Option<String>, SinkError>,
        insertions: &mut Vec<Insertion>,
    ) -> Result<(), Stopped> {
        let mut add = |id: &str, at: usize| {
            let added = serde_json::Value::from(self.added.as_str());
            let named = name(id).map_err(Stopped::Sink)?;
            insertions.extend(named.map(|name| Insertion { at, text: format!(",{added}:{name}") }));
            Ok(())
        };
        walk(self.at.tokens(), &mut Scan::new(record), &mut add)
    }
}

/// Calls `add` with each id at the path `tokens`, and the position of the end of its object.
fn walk(
    tokens: &[String],
    scan: &mut Scan<'_>,
    add: &mut dyn FnMut(&str, usize) -> Result<(), Stopped>,
) -> Result<(), Stopped> {
    match (tokens, scan.peek()) {
        ([member], Some(b'{')) => {
            // If members have the same name, the last one counts, as in columns.
            let mut id = None;
            scan.members(|name, scan| {
                let value = scan.value()?;
                if *name.text() == **member {
                    id = Some(value);
                }
                Ok::<_, Stopped>(())
            })?;
            id.map_or(Ok(()), |id| add(id, scan.at() - 1))
        }
        ([token, rest @ ..], Some(b'{')) if !rest.is_empty() => scan.members(|name, scan| {
            if token == "*" || *name.text() == **token {
                walk(rest, scan, add)
            } else {
                scan.value()?;
                Ok(())
            }
        }),
        ([token, rest @ ..], Some(b'[')) if !rest.is_empty() => {
            let (mut index, mut stopped) = (0_usize, None);
            scan.elements(|scan| {
                let is_match = stopped.is_none() && (token == "*" || Pointer::index(token) == Some(index));
                index += 1;
                if !is_match {
                    return scan.skip();
                }
                match walk(rest, scan, add) {
                    Err(Stopped::NotJson(error)) => Err(error),
                    ended => {
                        stopped = ended.err();
                        Ok(())
                    }
                }
            })?;
            stopped.map_or(Ok(()), Err)
        }
        _ => {
            scan.value()?;
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(at: &str, record: &str) -> Vec<(usize, String)> {
        let place = Place { at: at.parse().unwrap(), added: "n~/".into() };
        let mut insertions = Vec::new();
        let mut name = |id: &str| Ok((id != "0").then(|| format!("\"of {id}\"")));
        place.insertions(record, &mut name, &mut insertions).unwrap();
        insertions.into_iter().map(|insertion| (insertion.at, insertion.text)).collect()
    }

    #[test]
    fn a_name_is_added_at_the_end_of_the_object_of_its_id() {
        assert_eq!(added("/q", r#"{"q":1,"a":[{}] }"#), [(16, r#","n~/":"of 1""#.to_owned())]);
        assert_eq!(added("/q", r#"{"q":1,"\u0071":2}"#), [(17, r#","n~/":"of 2""#.to_owned())]);
        let record = r#"{"ps":[{"ss":[{"q":1},{"x":{"q":3}}]},{"ss":[{"q":0},{"q":2}]},7]}"#;
        let names: Vec<_> = added("/ps/*/ss/*/q", record).into_iter().map(|(_, text)| text).collect();
        assert_eq!(names, [r#","n~/":"of 1""#, r#","n~/":"of 2""#]);
        assert_eq!(added("/ps/1/ss/1/q", record).len(), 1);
        for (at, record) in [("/q", "[1]"), ("/q", "{}"), ("/a/0", r#"{"a":[1]}"#), ("", "7")] {
            assert_eq!(added(at, record), [], "{at} {record}");
        }
    }
}
