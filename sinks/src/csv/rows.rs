//! Which parts of a record become rows.

use longhaul_core::{
    Pointer,
    json::{NotJson, PointerTree, Scan},
    sink::SinkError,
};

use super::columns::Column;

/// A path from a record to the values that become rows: a JSON pointer in which `*` stands for every element of an
/// array and every member of an object. The empty path leads to the record itself.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct RowPath {
    /// From the record to what has the first `*`.
    first: Vec<String>,
    /// For each `*`, the tokens that follow it.
    after: Vec<Vec<String>>,
}

/// What fills the cells of a row: the columns of the record, those of what each `*` stands for, and those of the
/// match, which is below the last of these levels or the level itself.
#[derive(Debug)]
pub(crate) struct RowLayout {
    columns: usize,
    levels: Vec<Level>,
    reads: Reads,
}

/// Which records have anything that a column or the path of the rows leads to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Reads {
    Objects,
    ObjectsAndArrays,
    Anything,
}

/// One level: a record, or what a `*` stands for.
#[derive(Debug)]
struct Level {
    tree: PointerTree,
    /// The cell, beyond those of the columns, of what leads on: what the next `*` is in, or the match.
    on: usize,
}

impl RowPath {
    /// The path that `text` is.
    pub(crate) fn parse(text: &str) -> Result<Self, SinkError> {
        let pointer = text.parse::<Pointer>().map_err(|error| wrong(error.to_string()))?;
        let mut parts = pointer.tokens().split(|token| token == "*").map(<[String]>::to_vec);
        let first = parts.next().unwrap_or_default();
        let after = parts.collect::<Vec<_>>();
        if after.is_empty() {
            let message = format!("`{text}` has no `*`, which stands for every element of an array");
            return Err(wrong(message));
        }
        Ok(Self { first, after })
    }

    /// How many levels there are: the record and each `*`.
    pub(crate) fn levels(&self) -> usize {
        1 + self.after.len()
    }
}

impl RowLayout {
    /// The cells of `columns` in a row for each match of `path`.
    pub(crate) fn new(path: &RowPath, columns: &[Column]) -> Self {
        let on = std::iter::once(&path.first).chain(&path.after);
        let mut levels = Vec::new();
        for (depth, tokens) in on.enumerate() {
            let mut level = Level { tree: PointerTree::default(), on: columns.len() + depth };
            level.tree.grow(tokens, level.on);
            for (cell, column) in columns.iter().enumerate() {
                match column.level {
                    Some(of) if of == depth => level.tree.grow(column.at.tokens(), cell),
                    None if depth + 1 == path.levels() => {
                        level.tree.grow(&[tokens, column.at.tokens()].concat(), cell);
                    }
                    _ => {}
                }
            }
            levels.push(level);
        }
        let is_record =
            |column: &Column| column.at.tokens().is_empty() && column.level.unwrap_or(path.after.len()) == 0;
        let begins_with_star = path.first.is_empty() && !path.after.is_empty();
        let reads = match levels.first() {
            _ if columns.iter().any(is_record) => Reads::Anything,
            Some(record) if begins_with_star || record.tree.reaches_into_arrays() => Reads::ObjectsAndArrays,
            _ => Reads::Objects,
        };
        Self { columns: columns.len(), levels, reads }
    }

    /// Empty cells, as many as [`rows`](Self::rows) needs.
    pub(crate) fn cells<'r>(&self) -> Vec<Option<&'r str>> {
        vec![None; self.columns + self.levels.len()]
    }

    /// What `record` is, where no pointer leads into anything of that kind: its row would say nothing of it.
    pub(crate) fn cannot_read(&self, record: &str) -> Option<&'static str> {
        let first = Scan::new(record).peek()?;
        let reads = match first {
            b'{' => true,
            b'[' => self.reads != Reads::Objects,
            _ => self.reads == Reads::Anything,
        };
        (!reads).then(|| Scan::kind(first))
    }

    /// Calls `row` with the cells of every match in `record`, and says how many there are. The cells of the record
    /// itself are filled also where there is none.
    pub(crate) fn rows<'r>(
        &self,
        record: &'r str,
        cells: &mut [Option<&'r str>],
        row: &mut dyn FnMut(&[Option<&'r str>]),
    ) -> Result<usize, NotJson> {
        let mut scan = Scan::new(record);
        let matches = self.descend(&self.levels, &mut scan, cells, row)?;
        scan.end()?;
        if matches == 0 {
            self.levels.iter().skip(1).for_each(|level| level.tree.clear(cells));
        }
        Ok(matches)
    }

    /// The cells of the columns alone.
    pub(crate) fn of_columns<'c, 'r>(&self, cells: &'c [Option<&'r str>]) -> &'c [Option<&'r str>] {
        &cells[..self.columns]
    }

    fn descend<'r>(
        &self,
        levels: &[Level],
        scan: &mut Scan<'r>,
        cells: &mut [Option<&'r str>],
        row: &mut dyn FnMut(&[Option<&'r str>]),
    ) -> Result<usize, NotJson> {
        let Some((level, below)) = levels.split_first() else { return Ok(0) };
        level.tree.clear(cells);
        level.tree.pick(scan, cells)?;
        let Some(on) = cells[level.on] else { return Ok(0) };
        if below.is_empty() {
            row(self.of_columns(cells));
            return Ok(1);
        }
        let mut scan = Scan::new(on);
        let mut matches = 0;
        let mut each = |scan: &mut Scan<'r>| {
            matches += self.descend(below, scan, cells, row)?;
            Ok(())
        };
        match scan.peek() {
            Some(b'[') => scan.elements(each)?,
            Some(b'{') => scan.members(|_, scan| each(scan))?,
            _ => {}
        }
        Ok(matches)
    }
}

fn wrong(message: String) -> SinkError {
    SinkError::config("rows", message)
}

#[cfg(test)]
mod tests {
    use super::{Column, RowLayout, RowPath};

    fn column(level: Option<usize>, at: &str) -> Column {
        Column { name: at.to_owned(), level, at: at.parse().unwrap() }
    }

    /// The rows of `record`, each as its cells with blanks between them; `_` where there is nothing.
    fn rows(path: &str, columns: &[Column], record: &str) -> Vec<String> {
        let path = if path.is_empty() { RowPath::default() } else { RowPath::parse(path).unwrap() };
        let layout = RowLayout::new(&path, columns);
        let (mut cells, mut rows) = (layout.cells(), Vec::new());
        let mut row = |cells: &[Option<&str>]| {
            rows.push(cells.iter().map(|cell| cell.unwrap_or("_")).collect::<Vec<_>>().join(" "));
        };
        let matches = layout.rows(record, &mut cells, &mut row).unwrap();
        assert_eq!(matches, rows.len());
        rows
    }

    #[test]
    fn without_a_path_the_record_is_the_row() {
        assert_eq!(rows("", &[column(None, "/a"), column(None, "")], r#"{"a":1}"#), [r#"1 {"a":1}"#]);
    }

    #[test]
    fn every_match_is_a_row_beside_the_values_of_the_levels_above() {
        let columns =
            [column(Some(0), "/id"), column(Some(1), "/p"), column(None, "/s"), column(Some(2), "/s")];
        let record =
            r#"{"ps":[{"p":1,"ss":[{"s":1.10},{"t":0}]},{"ss":[]},{"ss":[{"s":3}],"p":2}],"id":"x"}"#;
        assert_eq!(
            rows("/ps/*/ss/*", &columns, record),
            [r#""x" 1 1.10 1.10"#, r#""x" 1 _ _"#, r#""x" 2 3 3"#]
        );
    }

    #[test]
    fn a_match_may_stand_below_its_star_and_may_be_anything() {
        let columns = [column(None, ""), column(Some(1), "/k")];
        assert_eq!(
            rows("/a/*/b", &columns, r#"{"a":[{"b":1,"k":0},{"k":1},{"b":null}]}"#),
            ["1 0", "null _"]
        );
        assert_eq!(rows("/*", &columns, r#"[1,{"k":2},[]]"#), ["1 _", r#"{"k":2} 2"#, "[] _"]);
        assert_eq!(rows("/a/*", &columns, r#"{"a":{"x":1,"y":"2"}}"#), ["1 _", "\"2\" _"]);
        assert_eq!(rows("/a/1/*", &columns, r#"{"a":[[1],[2,3]]}"#), ["2 _", "3 _"]);
        assert_eq!(rows("/a~1~0/*", &columns, r#"{"a/~":[7]}"#), ["7 _"]);
        assert_eq!(rows("/a/*/*", &columns, r#"{"a":[[1],[],[2]]}"#), ["1 _", "2 _"]);
        for nothing in [r#"{"a":1}"#, r#"{"a":null}"#, r#"{"a":[]}"#, "{}", "7", "[]"] {
            assert_eq!(rows("/a/*", &columns, nothing), [""; 0], "{nothing}");
        }
    }

    #[test]
    fn nothing_is_left_over_from_the_match_before() {
        let columns = [column(Some(1), "/k"), column(None, "/b/x"), column(None, "/b/y")];
        let record = r#"{"a":[{"k":1,"b":{"x":1,"y":2}},{"b":{"y":3}},{"b":4}]}"#;
        assert_eq!(rows("/a/*", &[column(None, "/b/x")], record), ["1", "_", "_"]);
        assert_eq!(
            rows("/a/*/b", &[column(Some(1), "/k"), column(None, "/y")], record),
            ["1 2", "_ 3", "_ _"]
        );
        // Where nothing matches in the end, only the record's own cells are filled.
        let layout = RowLayout::new(&RowPath::parse("/a/*/b/z/*").unwrap(), &columns);
        let mut cells = layout.cells();
        assert_eq!(layout.rows(record, &mut cells, &mut |_| panic!("there is none")), Ok(0));
        assert_eq!(layout.of_columns(&cells), [None; 3]);
    }

    #[test]
    fn records_that_no_pointer_leads_into_are_told() {
        let record = |at: &str| vec![column(None, at)];
        let cannot_read = |path: &str, columns: &[Column]| {
            let path = if path.is_empty() { RowPath::default() } else { RowPath::parse(path).unwrap() };
            let layout = RowLayout::new(&path, columns);
            ["{}", "[]", "\"\"", "true", "null", "-1"].map(|record| layout.cannot_read(record).unwrap_or("-"))
        };
        let all = ["-", "an array", "text", "a boolean", "null", "a number"];
        let but_arrays = ["-", "-", "text", "a boolean", "null", "a number"];
        assert_eq!(cannot_read("", &record("/a")), all);
        assert_eq!(cannot_read("", &record("/0/a")), but_arrays);
        assert_eq!(cannot_read("", &record("")), ["-"; 6]);
        assert_eq!(cannot_read("/a/*", &record("")), all);
        assert_eq!(cannot_read("/*", &record("")), but_arrays);
        assert_eq!(cannot_read("/a/*", &[column(Some(0), "")]), ["-"; 6]);
    }

    #[test]
    fn a_path_has_a_star() {
        let refused = |text: &str| {
            let error = RowPath::parse(text).unwrap_err();
            assert_eq!(error.key(), Some("rows"));
            error.to_string()
        };
        let none = "has no `*`, which stands for every element of an array";
        assert_eq!(refused("/participants"), format!("`/participants` {none}"));
        assert_eq!(refused(""), format!("`` {none}"));
        assert_eq!(refused("a/*"), "`a/*` is not a JSON pointer: it must be empty or start with `/`");
        assert_eq!(RowPath::parse("/a/*/b/*").unwrap().levels(), 3);
        assert_eq!(RowPath::parse("/a*").unwrap_err().to_string(), format!("`/a*` {none}"));
    }
}
