//! The columns of sinks in which no record has had a value yet.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    json::{NotJson, Scan, pointer::Pointer},
    sink::Batch,
    state::checkpoint::Checkpoint,
};

/// A place that a sink reads in every record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Column {
    /// The sink's name.
    pub sink: String,
    /// The place in a record. `*` stands for every element of an array and every value of an object.
    pub at: Pointer,
}

/// The columns in which no record has had a value yet. A column that has had one is not looked for again.
#[derive(Debug)]
pub(super) struct UnmatchedColumns(Mutex<Arc<Vec<Column>>>);

impl UnmatchedColumns {
    /// All of these columns, or those of them that had no value before `from`.
    pub(super) fn new(columns: &[Column], from: Option<&Checkpoint>) -> Self {
        let unmatched = from.filter(|from| !from.is_blank()).map(|from| &from.complete.unmatched_columns);
        let is_left = |column: &&Column| {
            let at = column.at.to_string();
            unmatched.is_none_or(|sinks| sinks.get(&column.sink).is_some_and(|left| left.contains(&at)))
        };
        Self(Mutex::new(Arc::new(columns.iter().filter(is_left).cloned().collect())))
    }

    /// Looks for them in the records of a page.
    pub(super) fn look_in(&self, batch: &Batch<'_>) {
        let left = Arc::clone(&self.lock());
        if left.is_empty() {
            return;
        }
        let mut missing: Vec<_> = left.iter().collect();
        for record in batch.records() {
            let Ok(record) = str::from_utf8(record) else { continue };
            missing.retain(|column| !matches(&mut Scan::new(record), column.at.tokens()).unwrap_or(false));
            if missing.is_empty() {
                break;
            }
        }
        if missing.len() < left.len() {
            let mut now = self.lock();
            *now = Arc::new(now.iter().filter(|column| missing.contains(column)).cloned().collect());
        }
    }

    /// Their places, by the name of the sink.
    pub(super) fn places(&self) -> BTreeMap<String, Vec<String>> {
        let mut places = BTreeMap::<_, Vec<_>>::new();
        for Column { sink, at } in self.lock().iter() {
            places.entry(sink.clone()).or_default().push(at.to_string());
        }
        places
    }

    fn lock(&self) -> MutexGuard<'_, Arc<Vec<Column>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the next value, which is passed, has a value at this place.
fn matches(scan: &mut Scan<'_>, place: &[String]) -> Result<bool, NotJson> {
    let Some((token, below)) = place.split_first() else { return scan.value().map(|_| true) };
    let mut found = false;
    let mut look = |scan: &mut Scan<'_>, is_wanted: bool| {
        if is_wanted && !found {
            found = matches(scan, below)?;
            return Ok(());
        }
        scan.skip()
    };
    match scan.peek() {
        Some(b'{') => scan.members(|name, scan| look(scan, token == "*" || name.text() == *token))?,
        Some(b'[') => {
            let (wanted, mut next) = (Pointer::index(token), 0);
            scan.elements(|scan| {
                next += 1;
                look(scan, token == "*" || wanted == Some(next - 1))
            })?;
        }
        _ => scan.skip()?,
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Summary;

    fn columns(places: &[&str]) -> Vec<Column> {
        let column = |at: &&str| Column { sink: "out".to_owned(), at: at.parse().unwrap() };
        places.iter().map(column).collect()
    }

    fn left(columns: &UnmatchedColumns) -> Vec<String> {
        columns.places().remove("out").unwrap_or_default()
    }

    fn look_in(columns: &UnmatchedColumns, record: &str) {
        columns.look_in(&Batch::new(format!("{record}\n").as_bytes(), &[record.len() + 1]));
    }

    #[test]
    fn a_column_is_matched_by_any_value_at_its_place() {
        let matched = [
            ("/a", r#"{"a":null}"#),
            ("/a/b~1c/1", r#"{"x":{"a":0},"a":{"b/c":[0,{}]}}"#),
            ("/a/*/b", r#"{"a":[{"c":1},{"b":""}]}"#),
            ("/*/*", r#"{"a":[],"b":{"c":1}}"#),
            ("/é", r#"{"\u00e9":1}"#),
            ("/0", "[7]"),
            ("", "7"),
        ];
        for (place, record) in matched {
            let columns = UnmatchedColumns::new(&columns(&[place]), None);
            look_in(&columns, record);
            assert_eq!(left(&columns), [""; 0], "{place} in {record}");
        }
        for (place, record) in [("/a", "{}"), ("/a/b", r#"{"a":1}"#), ("/1", "[7]"), ("/a/*", r#"{"a":[]}"#)]
        {
            let columns = UnmatchedColumns::new(&columns(&[place]), None);
            look_in(&columns, record);
            assert_eq!(left(&columns), [place], "{place} in {record}");
        }
    }

    #[test]
    fn columns_that_had_a_value_before_a_checkpoint_are_not_looked_for() {
        let columns = columns(&["/a", "/b", "/c"]);
        let before = UnmatchedColumns::new(&columns, Some(&Checkpoint::default()));
        assert_eq!(left(&before), ["/a", "/b", "/c"], "nothing was pulled before a blank checkpoint");
        look_in(&before, r#"{"b":1}"#);
        let complete = Summary { windows: 1, unmatched_columns: before.places(), ..Summary::default() };
        let after = UnmatchedColumns::new(&columns, Some(&Checkpoint { complete, ..Checkpoint::default() }));
        assert_eq!(left(&after), ["/a", "/c"]);
    }
}
