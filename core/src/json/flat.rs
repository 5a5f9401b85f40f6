//! Flattens records into rows whose columns are not configured.

use std::collections::{HashMap, HashSet};

use super::{
    pointer::Pointer,
    scan::{NotJson, Scan},
};

/// The most columns that a table may have.
const MAX_COLUMNS: usize = 10_000;

/// How many levels of objects are flattened. A deeper object becomes one cell, as JSON text.
const MAX_DEPTH: usize = 64;

/// The name of the column for records without members.
const WHOLE_RECORD: &str = "record";

/// Assigns a column to every path at which a record has a scalar, an array or an empty object, in order of
/// appearance.
#[derive(Debug)]
pub struct Flattener {
    arrays: Arrays,
    naming: Naming,
    root: Node,
    columns: Vec<FlatColumn>,
    used: HashSet<String>,
}

/// A column of flattened records.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FlatColumn {
    /// The member names on the path, outermost first, joined by dots.
    pub name: String,
    /// The path.
    pub at: Pointer,
}

/// What becomes of arrays.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Arrays {
    /// The cell contains their JSON text.
    Json,
    /// They have no cell.
    Drop,
}

/// Which names a column may have.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Naming {
    /// Any name that no other column has.
    Free,
    /// A name as databases have it: not empty, without U+0000, and different from the others not only in case.
    Database,
}

/// Why a record cannot be flattened.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(clippy::exhaustive_enums, reason = "every user tells people about each of them")]
pub enum FlattenError {
    /// The record is not valid JSON.
    NotJson(NotJson),
    /// The record has new columns, and with them the table would have more than 10,000.
    TooManyColumns,
}

impl From<NotJson> for FlattenError {
    fn from(error: NotJson) -> Self {
        Self::NotJson(error)
    }
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
    pub fn new(arrays: Arrays, naming: Naming) -> Self {
        Self { arrays, naming, root: Node::default(), columns: Vec::new(), used: HashSet::new() }
    }

    /// The columns so far.
    pub fn columns(&self) -> &[FlatColumn] {
        &self.columns
    }

    /// Sets `cells` to the values of `record`, one for each column. New columns are added at the end.
    ///
    /// # Errors
    /// The record is not JSON, or it has too many new columns.
    pub fn cells<'r>(
        &mut self,
        record: &'r str,
        cells: &mut Vec<Option<&'r str>>,
    ) -> Result<(), FlattenError> {
        cells.clear();
        cells.resize(self.columns.len(), None);
        let mut scan = Scan::new(record);
        let Self { arrays, naming, root, columns, used } = self;
        let mut flattening = Flattening { arrays: *arrays, naming: *naming, columns, used, cells };
        flattening.value(root, None, &mut scan)?;
        Ok(scan.end()?)
    }
}

/// A record that is being flattened.
struct Flattening<'d, 'c, 'r> {
    arrays: Arrays,
    naming: Naming,
    columns: &'d mut Vec<FlatColumn>,
    used: &'d mut HashSet<String>,
    cells: &'c mut Vec<Option<&'r str>>,
}

impl<'r> Flattening<'_, '_, 'r> {
    fn value(
        &mut self,
        node: &mut Node,
        path: Option<&Path<'_>>,
        scan: &mut Scan<'r>,
    ) -> Result<(), FlattenError> {
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

    fn cell(&mut self, node: &mut Node, path: Option<&Path<'_>>, value: &'r str) -> Result<(), FlattenError> {
        let column = match node.column {
            Some(column) => column,
            None if self.columns.len() == MAX_COLUMNS => return Err(FlattenError::TooManyColumns),
            None => {
                let new = self.new_column(path);
                self.used.insert(self.naming.compared(&new.name));
                self.columns.push(new);
                self.cells.push(None);
                *node.column.insert(self.columns.len() - 1)
            }
        };
        self.cells[column] = Some(value);
        Ok(())
    }

    /// A column with a name that no other has: both a member `b` of `a` and a member `a.b` have the dotted name `a.b`.
    fn new_column(&self, path: Option<&Path<'_>>) -> FlatColumn {
        let mut tokens =
            std::iter::successors(path, |path| path.above).map(|path| path.name).collect::<Vec<_>>();
        tokens.reverse();
        let dotted = if tokens.is_empty() { WHOLE_RECORD.to_owned() } else { tokens.join(".") };
        let at = Pointer::from_tokens(tokens);
        let numbered = (2..).map(|number| format!("{dotted} ({number})"));
        let names = [dotted.clone(), at.to_string()].into_iter().chain(numbered);
        let mut names = names.filter_map(|name| self.naming.allowed(name));
        let name = names.find(|name| !self.used.contains(&self.naming.compared(name))).unwrap_or(dotted);
        FlatColumn { name, at }
    }
}

impl Naming {
    /// The name as a column may have it, if it may.
    fn allowed(self, name: String) -> Option<String> {
        match self {
            Self::Free => Some(name),
            Self::Database => (!name.is_empty()).then(|| name.replace('\0', "\u{FFFD}")),
        }
    }

    /// What two names must not have in common.
    fn compared(self, name: &str) -> String {
        match self {
            Self::Free => name.to_owned(),
            Self::Database => name.to_ascii_lowercase(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(flattener: &Flattener) -> Vec<&str> {
        flattener.columns().iter().map(|column| column.name.as_str()).collect()
    }

    /// The names of all columns, then the rows; `_` is a cell without a value.
    fn flattened(arrays: Arrays, records: &[&str]) -> Vec<String> {
        flattened_with(arrays, Naming::Free, records)
    }

    fn flattened_with(arrays: Arrays, naming: Naming, records: &[&str]) -> Vec<String> {
        let mut flattener = Flattener::new(arrays, naming);
        let mut cells = Vec::new();
        let mut rows = Vec::new();
        for record in records {
            flattener.cells(record, &mut cells).unwrap();
            rows.push(cells.iter().map(|cell| cell.unwrap_or("_")).collect::<Vec<_>>().join(" "));
        }
        rows.insert(0, names(&flattener).join(" "));
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
    fn names_of_databases_differ_not_only_in_case_and_are_not_empty() {
        let records = [r#"{"id":1,"ID":2,"":3,"a":{"B":4,"b":5},"n\u0000":6}"#];
        let flattened = flattened_with(Arrays::Json, Naming::Database, &records);
        assert_eq!(flattened, ["id /ID / a.B /a/b n\u{FFFD}", "1 2 3 4 5 6"]);
    }

    #[test]
    fn columns_have_the_paths_of_their_values() {
        let mut flattener = Flattener::new(Arrays::Json, Naming::Free);
        flattener.cells(r#"{"a":{"b/c":1}}"#, &mut Vec::new()).unwrap();
        assert_eq!(
            flattener.columns(),
            [FlatColumn { name: "a.b/c".into(), at: "/a/b~1c".parse().unwrap() }]
        );
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
        let mut flattener = Flattener::new(Arrays::Json, Naming::Free);
        flattener.cells(&most, &mut Vec::new()).unwrap();
        assert_eq!(flattener.columns().len(), 10_000);
        assert_eq!(flattener.cells(&one_more, &mut Vec::new()), Err(FlattenError::TooManyColumns));
        flattener.cells(&most, &mut Vec::new()).unwrap();
    }

    #[test]
    fn invalid_json_is_an_error() {
        for record in ["", "{", r#"{"a":}"#, "{}{}"] {
            let cells =
                Flattener::new(Arrays::Json, Naming::Free).cells(record, &mut Vec::new()).map_err(|error| {
                    assert!(matches!(error, FlattenError::NotJson(_)), "{record}");
                });
            assert!(cells.is_err(), "{record}");
        }
    }
}
