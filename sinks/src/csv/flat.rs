//! Records as rows where nobody named the columns.

use std::collections::{HashMap, HashSet};

use longhaul_core::{Pointer, json::Scan};

use super::{refusal::Refusal, style::Arrays};

/// How many columns there may be.
const MOST_COLUMNS: usize = 10_000;

/// How deep objects are taken apart. What is nested deeper is one cell, as its JSON text.
const DEEPEST: usize = 64;

/// The name of the column for records that have no members.
const WHOLE_RECORD: &str = "record";

/// A column for every place where a record has a scalar, an array or an empty object, in the order in which they
/// appeared.
#[derive(Debug)]
pub(crate) struct Dictionary {
    arrays: Arrays,
    root: Node,
    names: Vec<String>,
    taken: HashSet<String>,
}

#[derive(Debug, Default)]
struct Node {
    column: Option<usize>,
    members: HashMap<String, Node>,
}

/// The names that lead to a value, the innermost first.
#[derive(Clone, Copy)]
struct Path<'p> {
    above: Option<&'p Path<'p>>,
    name: &'p str,
    depth: usize,
}

impl Dictionary {
    /// No columns yet.
    pub(crate) fn new(arrays: Arrays) -> Self {
        Self { arrays, root: Node::default(), names: Vec::new(), taken: HashSet::new() }
    }

    /// The names of the columns: those of the members, outermost first, with dots between them.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// How many columns there are.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// Puts what `record` holds into `cells`, one for each column. Those that are new come at the end.
    pub(crate) fn cells<'r>(
        &mut self,
        record: &'r str,
        cells: &mut Vec<Option<&'r str>>,
    ) -> Result<(), Refusal> {
        cells.clear();
        cells.resize(self.len(), None);
        let mut scan = Scan::new(record);
        let Self { arrays, root, names, taken } = self;
        let mut flattening = Flattening { arrays: *arrays, names, taken, cells };
        flattening.value(root, None, &mut scan)?;
        Ok(scan.end()?)
    }
}

/// A record that is being flattened.
struct Flattening<'d, 'c, 'r> {
    arrays: Arrays,
    names: &'d mut Vec<String>,
    taken: &'d mut HashSet<String>,
    cells: &'c mut Vec<Option<&'r str>>,
}

impl<'r> Flattening<'_, '_, 'r> {
    fn value(
        &mut self,
        node: &mut Node,
        path: Option<&Path<'_>>,
        scan: &mut Scan<'r>,
    ) -> Result<(), Refusal> {
        let depth = path.map_or(0, |path| path.depth);
        let first = scan.peek();
        if first == Some(b'{') && depth < DEEPEST {
            let start = scan.at();
            let mut members = 0;
            scan.members(|name, scan| {
                members += 1;
                let name = name.text();
                let path = Path { above: path, name: &name, depth: depth + 1 };
                // Most names are known, and an entry would need a copy of each.
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

    fn cell(&mut self, node: &mut Node, path: Option<&Path<'_>>, value: &'r str) -> Result<(), Refusal> {
        let column = match node.column {
            Some(column) => column,
            None if self.names.len() == MOST_COLUMNS => return Err(Refusal::TooManyColumns),
            None => {
                let name = self.new_name(path);
                self.taken.insert(name.clone());
                self.names.push(name);
                self.cells.push(None);
                *node.column.insert(self.names.len() - 1)
            }
        };
        self.cells[column] = Some(value);
        Ok(())
    }

    /// A name that no other column has: `a.b` stands for a member of `a` as well as for one that has the dot.
    fn new_name(&self, path: Option<&Path<'_>>) -> String {
        let mut tokens =
            std::iter::successors(path, |path| path.above).map(|path| path.name).collect::<Vec<_>>();
        tokens.reverse();
        let dotted = if tokens.is_empty() { WHOLE_RECORD.to_owned() } else { tokens.join(".") };
        let pointer = Pointer::from_tokens(tokens).to_string();
        let numbered = (2..).map(|number| format!("{dotted} ({number})"));
        let mut names = [dotted.clone(), pointer].into_iter().chain(numbered);
        names.find(|name| !self.taken.contains(name)).unwrap_or(dotted)
    }
}

#[cfg(test)]
mod tests {
    use super::{Arrays, Dictionary, Refusal};

    /// The names of all columns, then the rows; `_` where there is nothing.
    fn flattened(arrays: Arrays, records: &[&str]) -> Vec<String> {
        let mut dictionary = Dictionary::new(arrays);
        let mut cells = Vec::new();
        let mut rows = Vec::new();
        for record in records {
            dictionary.cells(record, &mut cells).unwrap();
            rows.push(cells.iter().map(|cell| cell.unwrap_or("_")).collect::<Vec<_>>().join(" "));
        }
        rows.insert(0, dictionary.names().collect::<Vec<_>>().join(" "));
        rows
    }

    #[test]
    fn scalars_have_dotted_names_in_order_of_appearance() {
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
    fn no_two_columns_have_one_name() {
        let records = [r#"{"a":{"b":1},"a.b":2,"/a.b":3}"#, r#"{"a.b":4,"a":{"b":5,"b":6}}"#];
        assert_eq!(flattened(Arrays::Json, &records), ["a.b /a.b /~1a.b", "1 2 3", "6 4 _"]);
        let records = [r#"{"a":{"b":1},"/a.b":2,"a.b":3}"#];
        assert_eq!(flattened(Arrays::Json, &records)[0], "a.b /a.b a.b (2)");
        assert_eq!(flattened(Arrays::Json, &["7", r#"{"record":1}"#]), ["record /record", "7", "_ 1"]);
    }

    #[test]
    fn what_is_nested_beyond_measure_is_one_cell() {
        let deep = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
        let rows = flattened(Arrays::Json, &[&deep]);
        assert_eq!(rows[0], vec!["a"; 64].join("."));
        assert!(rows[1].starts_with(r#"{"a":{"a":"#), "{}", &rows[1][..20]);
    }

    #[test]
    fn ten_thousand_columns_are_enough() {
        let record = |from: usize, to: usize| {
            let members = (from..to).map(|number| format!("\"c{number}\":{number}")).collect::<Vec<_>>();
            format!("{{{}}}", members.join(","))
        };
        let (most, one_more) = (record(0, 10_000), record(10_000, 10_001));
        let mut dictionary = Dictionary::new(Arrays::Json);
        dictionary.cells(&most, &mut Vec::new()).unwrap();
        assert_eq!(dictionary.len(), 10_000);
        assert_eq!(dictionary.cells(&one_more, &mut Vec::new()), Err(Refusal::TooManyColumns));
        dictionary.cells(&most, &mut Vec::new()).unwrap();
    }

    #[test]
    fn what_is_no_json_is_an_error() {
        for record in ["", "{", r#"{"a":}"#, "{}{}"] {
            let cells = Dictionary::new(Arrays::Json).cells(record, &mut Vec::new()).map_err(|error| {
                assert!(matches!(error, Refusal::NotJson(_)), "{record}");
            });
            assert!(cells.is_err(), "{record}");
        }
    }
}
