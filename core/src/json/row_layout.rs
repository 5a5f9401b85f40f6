//! Fills the cells of the rows of a record.

use super::{
    row_path::{RowPath, RowPlace},
    scan::{NotJson, Scan},
    tree::PointerTree,
};

/// Fills the cells of a row: those of the record, of what each `*` matches, and of the match of the whole path.
///
/// ```
/// use longhaul_core::json::RowLayout;
///
/// let places = ["^/id".parse()?, "^^/purpose".parse()?, "/ani".parse()?];
/// let layout = RowLayout::new(&"/participants/*/sessions/*".parse()?, &places);
/// let record = r#"{ "id": 7, "participants": [{ "purpose": "agent", "sessions": [{ "ani": "a" }, {}] }] }"#;
/// let (mut cells, mut rows) = (layout.cells(), Vec::new());
/// layout.rows(record, &mut cells, &mut |row| rows.push(row.iter().map(|cell| cell.unwrap_or("-")).collect::<Vec<_>>()))?;
///
/// assert_eq!(rows, [["7", "\"agent\"", "\"a\""], ["7", "\"agent\"", "-"]]);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RowLayout {
    columns: usize,
    levels: Vec<Level>,
    reads: Reads,
}

/// The kinds of records in which a column or the path of the rows can match.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Reads {
    Objects,
    ObjectsAndArrays,
    Anything,
}

/// One level: the record, or what a `*` matches.
#[derive(Debug)]
struct Level {
    tree: PointerTree,
    /// The index of an extra cell after the columns. It contains what leads to the next level: the value that the
    /// next `*` is applied to, or the match.
    next: usize,
}

impl RowLayout {
    /// The layout of a table with the values at these `places` and one row for each match of `path`.
    pub fn new<'p>(path: &RowPath, places: impl IntoIterator<Item = &'p RowPlace>) -> Self {
        let places: Vec<_> = places.into_iter().collect();
        let paths = std::iter::once(&path.first).chain(&path.after);
        let mut levels = Vec::new();
        for (depth, tokens) in paths.enumerate() {
            let mut level = Level { tree: PointerTree::default(), next: places.len() + depth };
            level.tree.grow(tokens, level.next);
            for (cell, place) in places.iter().enumerate() {
                let below = place.pointer().tokens();
                match place.level {
                    Some(of) if of == depth => level.tree.grow(below, cell),
                    None if depth + 1 == path.levels() => level.tree.grow(&[tokens, below].concat(), cell),
                    _ => {}
                }
            }
            levels.push(level);
        }
        let is_record = |place: &&RowPlace| {
            place.pointer().tokens().is_empty() && place.level.unwrap_or(path.after.len()) == 0
        };
        let starts_with_star = path.first.is_empty() && !path.after.is_empty();
        let reads = match levels.first() {
            _ if places.iter().any(is_record) => Reads::Anything,
            Some(record) if starts_with_star || record.tree.reaches_into_arrays() => Reads::ObjectsAndArrays,
            _ => Reads::Objects,
        };
        Self { columns: places.len(), levels, reads }
    }

    /// The empty cells that [`rows`](Self::rows) needs.
    pub fn cells<'r>(&self) -> Vec<Option<&'r str>> {
        vec![None; self.columns + self.levels.len()]
    }

    /// The kind of `record`, if no column or row path can match in a value of that kind: its row would be empty.
    pub fn unreadable_kind(&self, record: &str) -> Option<&'static str> {
        let first = Scan::new(record).peek()?;
        let reads = match first {
            b'{' => true,
            b'[' => self.reads != Reads::Objects,
            _ => self.reads == Reads::Anything,
        };
        (!reads).then(|| Scan::kind(first))
    }

    /// Calls `row` with the cells of every match in `record`, and returns the number of matches. If there are none,
    /// the cells of the record itself are still filled.
    ///
    /// # Errors
    /// [`NotJson`] if the text is cut off, malformed, or continues after the value. Text that no place leads into is not
    /// checked.
    pub fn rows<'r>(
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

    /// The cells of the columns, without the extra cells.
    pub fn column_cells<'c, 'r>(&self, cells: &'c [Option<&'r str>]) -> &'c [Option<&'r str>] {
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
        let Some(next) = cells[level.next] else { return Ok(0) };
        if below.is_empty() {
            row(self.column_cells(cells));
            return Ok(1);
        }
        let mut scan = Scan::new(next);
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

#[cfg(test)]
mod tests {
    use super::{RowLayout, RowPath, RowPlace};

    fn places<const N: usize>(places: [&str; N]) -> [RowPlace; N] {
        places.map(|place| place.parse().unwrap())
    }

    fn layout(path: &str, places: &[RowPlace]) -> RowLayout {
        let path = if path.is_empty() { RowPath::default() } else { path.parse().unwrap() };
        RowLayout::new(&path, places)
    }

    /// The rows of `record`, each as its cells separated by spaces; `_` is a cell without a value.
    fn rows(path: &str, places: &[RowPlace], record: &str) -> Vec<String> {
        let layout = layout(path, places);
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
        assert_eq!(rows("", &places(["/a", ""]), r#"{"a":1}"#), [r#"1 {"a":1}"#]);
    }

    #[test]
    fn every_match_is_a_row_with_the_values_of_the_levels_above() {
        let columns = places(["^/id", "^^/p", "/s", "^^^/s"]);
        let record =
            r#"{"ps":[{"p":1,"ss":[{"s":1.10},{"t":0}]},{"ss":[]},{"ss":[{"s":3}],"p":2}],"id":"x"}"#;
        assert_eq!(
            rows("/ps/*/ss/*", &columns, record),
            [r#""x" 1 1.10 1.10"#, r#""x" 1 _ _"#, r#""x" 2 3 3"#]
        );
    }

    #[test]
    fn a_match_may_be_below_its_star_and_of_any_kind() {
        let columns = places(["", "^^/k"]);
        assert_eq!(
            rows("/a/*/b", &columns, r#"{"a":[{"b":1,"k":0},{"k":1},{"b":null}]}"#),
            ["1 0", "null _"]
        );
        assert_eq!(rows("/*", &columns, r#"[1,{"k":2},[]]"#), ["1 _", r#"{"k":2} 2"#, "[] _"]);
        assert_eq!(rows("/a/*", &columns, r#"{"a":{"x":1,"y":"2"}}"#), ["1 _", "\"2\" _"]);
        assert_eq!(rows("/a/1/*", &columns, r#"{"a":[[1],[2,3]]}"#), ["2 _", "3 _"]);
        assert_eq!(rows("/a~1~0/*", &columns, r#"{"a/~":[7]}"#), ["7 _"]);
        assert_eq!(rows("/a/*/*", &columns, r#"{"a":[[1],[],[2]]}"#), ["1 _", "2 _"]);
        for record in [r#"{"a":1}"#, r#"{"a":null}"#, r#"{"a":[]}"#, "{}", "7", "[]"] {
            assert_eq!(rows("/a/*", &columns, record), [""; 0], "{record}");
        }
    }

    #[test]
    fn cells_are_cleared_between_matches() {
        let columns = places(["^^/k", "/b/x", "/b/y"]);
        let record = r#"{"a":[{"k":1,"b":{"x":1,"y":2}},{"b":{"y":3}},{"b":4}]}"#;
        assert_eq!(rows("/a/*", &places(["/b/x"]), record), ["1", "_", "_"]);
        assert_eq!(rows("/a/*/b", &places(["^^/k", "/y"]), record), ["1 2", "_ 3", "_ _"]);
        // If nothing matches, only the record's own cells are filled.
        let layout = layout("/a/*/b/z/*", &columns);
        let mut cells = layout.cells();
        assert_eq!(layout.rows(record, &mut cells, &mut |_| panic!("nothing matches")), Ok(0));
        assert_eq!(layout.column_cells(&cells), [None; 3]);
    }

    #[test]
    fn records_in_which_no_pointer_can_match_are_detected() {
        let unreadable_kind = |path: &str, place: &str| {
            let layout = layout(path, &places([place]));
            ["{}", "[]", "\"\"", "true", "null", "-1"]
                .map(|record| layout.unreadable_kind(record).unwrap_or("-"))
        };
        let all = ["-", "an array", "text", "a boolean", "null", "a number"];
        let but_arrays = ["-", "-", "text", "a boolean", "null", "a number"];
        assert_eq!(unreadable_kind("", "/a"), all);
        assert_eq!(unreadable_kind("", "/0/a"), but_arrays);
        assert_eq!(unreadable_kind("", ""), ["-"; 6]);
        assert_eq!(unreadable_kind("/a/*", ""), all);
        assert_eq!(unreadable_kind("/*", ""), but_arrays);
        assert_eq!(unreadable_kind("/a/*", "^"), ["-"; 6]);
    }
}
