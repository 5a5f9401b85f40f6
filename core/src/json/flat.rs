//! Flattens records into rows whose columns are not configured.

use std::collections::{HashMap, HashSet};

use longhaul_core::{Pointer, json::Scan};

use super::{error::RowError, style::Arrays};

/// The most columns that a table may have.
const MAX_COLUMNS: usize = 10_000;

/// How many levels of objects are flattened. A deeper object becomes one cell, as JSON text.
const MAX_DEPTH: usize = 64;

/// The name of the column for records without members.
const WHOLE_RECORD: &str = "record";

/// Assigns a column to every path at which a record has a scalar, an array or an empty object, in order of
/// appearance.
#[derive(Debug)]
pub(crate) struct Flattener {
    arrays: Arrays,
    root: Node,
    names: Vec<String>,
    used: HashSet<String>,
}

#[derive(Debug, Default)]
struct Node {
    column: Option<usize>,
    members: HashMap<String, Node>,
}

/// The member names on the way to a value, innermost first.
#[derive(Clone, Copy)]
struct Path<'p> {
    above: Option<&'p Path<'p>>,
    name: &'p str,
    depth: usize,
}

impl Flattener {
    /// A flattener without columns.
    pub(crate) fn new(arrays: Arrays) -> Self {
        Self { arrays, root: Node::default(), names: Vec::new(), used: HashSet::new() }
    }

    /// The names of the columns: the member names on the path, outermost first, joined by dots.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The number of columns.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// Sets `cells` to the values of `record`, one for each column. New columns are added at the end.
    pub(crate) fn cells<'r>(
        &mut self,
        record: &'r str,
        cells: &mut Vec<Option<&'r str>>,
    ) -> Result<(), RowError> {
        cells.clear();
        cells.resize(self.len(), None);
        let mut scan = Scan::new(record);
        let Self { arrays, root, names, used } = self;
        let mut flattening = Flattening { arrays: *arrays, names, used, cells };
        flattening.value(root, None, &mut scan)?;
        Ok(scan.end()?)
    }
}

/// A record that is being flattened.
struct Flattening<'d, 'c, 'r> {
    arrays: Arrays,
    names: &'d mut Vec<String>,
    used: &'d mut HashSet<String>,
    cells: &'c mut Vec<Option<&'r str>>,
}

impl<'r> Flattening<'_, '_, 'r> {
    fn value(
        &mut self,
        node: &mut Node,
        path: Option<&Path<'_>>,
        scan: &mut Scan<'r>,
    ) -> Result<(), RowError> {
        let depth = path.map_or(0, |path| path.depth);
        let first = scan.peek();
        if first == Some(b'{') && depth < MAX_DEPTH {
            let start = scan.at();
            let mut members = 0;
            scan.members(|name, scan| {
                members += 1;
                let name = name.text();
                let path = Path { above: path, name: &name, depth: depth + 1 };
                // Most names are known; `entry` would copy each of them.
                if let Some(node) = node.members.get_mut(&*name) {
                    return self.value(node, Some(&path), scan);
                }
                let node = node.members.entry(name.clone().into_owned()).or_default();
                self.value(node, Some(&path), scan)
            })?;
            return if members == 0 { self.cell(node, path, scan.since(start)) } else { Ok(()) };
        }
        let value = scan.value()?;
        if first == Some(b'[') && self.arrays == Arrays::Drop && path.is_some() {
            return Ok(());
        }
        self.cell(node, path, value)
    }

    fn cell(&mut self, node: &mut Node, path: Option<&Path<'_>>, value: &'r str) -> Result<(), RowError> {
        let column = match node.column {
            Some(column) => column,
            None if self.names.len() == MAX_COLUMNS => return Err(RowError::TooManyColumns),
            None => {
                let name = self.new_name(path);
                self.used.insert(name.clone());
                self.names.push(name);
                self.cells.push(None);
                *node.column.insert(self.names.len() - 1)
            }
        };
        self.cells[column] = Some(value);
        Ok(())
    }

    /// A name that no other column has: both a member `b` of `a` and a member `a.b` have the dotted name `a.b`.
    fn new_name(&self, path: Option<&Path<'_>>) -> String {
        let mut tokens =
            std::iter::successors(path, |path| path.above).map(|path| path.name).collect::<Vec<_>>();
        tokens.reverse();
        let dotted = if tokens.is_empty() { WHOLE_RECORD.to_owned() } else { tokens.join(".") };
        let pointer = Pointer::from_tokens(tokens).to_string();
        let numbered = (2..).map(|number| format!("{dotted} ({number})"));
        let mut names = [dotted.clone(), pointer].into_iter().chain(numbered);
        names.find(|name| !self.used.contains(name)).unwrap_or(dotted)
    }
}

#[cfg(test)]
mod tests {
    use super::{Arrays, Flattener, RowError};

    /// The names of all columns, then the rows; `_` is a cell without a value.
    fn flattened(arrays: Arrays, records: &[&str]) -> Vec<String> {
        let mut flattener = Flattener::new(arrays);
        let mut cells = Vec::new();
        let mut rows = Vec::new();
        for record in records {
            flattener.cells(record, &mut cells).unwrap();
            rows.push(cells.iter().map(|cell| cell.unwrap_or("_")).collect::<Vec<_>>().join(" "));
        }
        rows.insert(0, flattener.names().collect::<Vec<_>>().join(" "));
        rows
    }

    #[test]
    fn scalars_get_dotted_names_in_order_of_appearance() {
        let records = [
            r#"{"id":1.10,"a":{"b":{"c":"x"},"d":null},"tags":[1,{"x":2}],"none":{}}"#,
            r#"{"a":{"d":true,"late":-0.0},"id":2}"#,
            r#"{"a":7,"\u0069d":3}"#,
            "{}",
            "[1]",
        ];
        assert_eq!(
            flattened(Arrays::Json, &records),
            [
                "id a.b.c a.d tags none a.late a record",
                r#"1.10 "x" null [1,{"x":2}] {}"#,
                "2 _ true _ _ -0.0",
                "3 _ _ _ _ _ 7",
                "_ _ _ _ _ _ _ {}",
                "_ _ _ _ _ _ _ [1]",
            ]
        );
        assert_eq!(flattened(Arrays::Drop, &records)[0], "id a.b.c a.d none a.late a record");
    }

    #[test]
    fn column_names_are_unique() {
        let records = [r#"{"a":{"b":1},"a.b":2,"/a.b":3}"#, r#"{"a.b":4,"a":{"b":5,"b":6}}"#];
        assert_eq!(flattened(Arrays::Json, &records), ["a.b /a.b /~1a.b", "1 2 3", "6 4 _"]);
        let records = [r#"{"a":{"b":1},"/a.b":2,"a.b":3}"#];
        assert_eq!(flattened(Arrays::Json, &records)[0], "a.b /a.b a.b (2)");
        assert_eq!(flattened(Arrays::Json, &["7", r#"{"record":1}"#]), ["record /record", "7", "_ 1"]);
    }

    #[test]
    fn an_object_nested_too_deeply_is_one_cell() {
        let deep = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
        let rows = flattened(Arrays::Json, &[&deep]);
        assert_eq!(rows[0], vec!["a"; 64].join("."));
        assert!(rows[1].starts_with(r#"{"a":{"a":"#), "{}", &rows[1][..20]);
    }

    #[test]
    fn a_table_has_at_most_ten_thousand_columns() {
        let record = |from: usize, to: usize| {
            let members = (from..to).map(|number| format!("\"c{number}\":{number}")).collect::<Vec<_>>();
            format!("{{{}}}", members.join(","))
        };
        let (most, one_more) = (record(0, 10_000), record(10_000, 10_001));
        let mut flattener = Flattener::new(Arrays::Json);
        flattener.cells(&most, &mut Vec::new()).unwrap();
        assert_eq!(flattener.len(), 10_000);
        assert_eq!(flattener.cells(&one_more, &mut Vec::new()), Err(RowError::TooManyColumns));
        flattener.cells(&most, &mut Vec::new()).unwrap();
    }

    #[test]
    fn invalid_json_is_an_error() {
        for record in ["", "{", r#"{"a":}"#, "{}{}"] {
            let cells = Flattener::new(Arrays::Json).cells(record, &mut Vec::new()).map_err(|error| {
                assert!(matches!(error, RowError::NotJson(_)), "{record}");
            });
            assert!(cells.is_err(), "{record}");
        }
    }
}
