//! Finds the values at many JSON pointers in one pass.

use std::collections::BTreeMap;

use super::{
    scan::{Name, NotJson, Scan},
    string::Spelling,
};
use crate::json::pointer::Pointer;

/// JSON pointers, merged by their common beginnings, so that one pass over a value finds all of them. Each has the
/// indexes of the cells that its value is put into, counted from 0.
#[derive(Debug, Default)]
pub struct PointerTree {
    cells: Vec<usize>,
    /// These cells, and those of all branches.
    all_cells: Vec<usize>,
    branches: Vec<PointerTree>,
    /// The branch for each name of a member, by the length of the name: lengths are compared faster than names.
    members: BTreeMap<usize, BTreeMap<String, usize>>,
    /// Bit n is set if a name in `members` has n bytes. Most names of a record can be ruled out by their length alone.
    lengths: u64,
    /// The branch for each index of an element. In a pointer, `0` can be a name or an index, so it is in both maps.
    elements: BTreeMap<usize, usize>,
}

impl PointerTree {
    /// The tree of `pointers`, where the first one has cell 0, the second one cell 1, and so on.
    pub fn of<'p>(pointers: impl IntoIterator<Item = &'p Pointer>) -> Self {
        let mut tree = Self::default();
        for (cell, pointer) in pointers.into_iter().enumerate() {
            tree.grow(pointer.tokens(), cell);
        }
        tree
    }

    /// Adds the pointer with these `tokens`, whose value is put into `cell`.
    pub fn grow(&mut self, tokens: &[String], cell: usize) {
        self.all_cells.push(cell);
        let Some((token, rest)) = tokens.split_first() else {
            self.cells.push(cell);
            return;
        };
        let names = self.members.entry(token.len()).or_default();
        let branch = *names.entry(token.clone()).or_insert_with(|| {
            self.branches.push(Self::default());
            self.branches.len() - 1
        });
        self.lengths |= length_bit(token.len());
        if let Some(index) = Pointer::index(token) {
            self.elements.insert(index, branch);
        }
        self.branches[branch].grow(rest, cell);
    }

    /// Whether any pointer could lead into an array at the top level.
    pub fn reaches_into_arrays(&self) -> bool {
        !self.elements.is_empty()
    }

    /// Puts the JSON text at each pointer into its cells. The cells of pointers without a value are left alone. If members
    /// have the same name, the last one counts.
    ///
    /// # Errors
    /// [`NotJson`] if the text is cut off, malformed, or continues after the value. Text that no pointer leads into is not
    /// checked.
    pub fn find<'r>(&self, json: &'r str, cells: &mut [Option<&'r str>]) -> Result<(), NotJson> {
        if self.branches.is_empty() {
            self.put(json.trim_ascii(), cells);
            return Ok(());
        }
        let mut scan = Scan::new(json);
        self.pick(&mut scan, cells)?;
        scan.end()
    }

    /// Does what [`find`](Self::find) does, with the next value of `scan`, which it passes.
    ///
    /// # Errors
    /// [`NotJson`] if the text is cut off or malformed.
    pub fn pick<'r>(&self, scan: &mut Scan<'r>, cells: &mut [Option<&'r str>]) -> Result<(), NotJson> {
        let first = scan.peek();
        let start = scan.at();
        match first {
            Some(b'{') if !self.members.is_empty() => scan.members(|name, scan| match self.member(name) {
                Some(branch) => branch.repick(scan, cells),
                None => scan.skip(),
            })?,
            Some(b'[') if !self.elements.is_empty() => {
                let mut index = 0;
                scan.elements(|scan| {
                    let branch = self.elements.get(&index);
                    index += 1;
                    match branch {
                        Some(&branch) => self.branches[branch].repick(scan, cells),
                        None => scan.skip(),
                    }
                })?;
            }
            _ => scan.skip()?,
        }
        self.put(scan.since(start), cells);
        Ok(())
    }

    /// Empties the cells of all pointers.
    #[inline]
    pub fn clear(&self, cells: &mut [Option<&str>]) {
        for &cell in &self.all_cells {
            cells[cell] = None;
        }
    }

    fn put<'r>(&self, value: &'r str, cells: &mut [Option<&'r str>]) {
        for &cell in &self.cells {
            cells[cell] = Some(value);
        }
    }

    fn repick<'r>(&self, scan: &mut Scan<'r>, cells: &mut [Option<&'r str>]) -> Result<(), NotJson> {
        self.clear(cells);
        self.pick(scan, cells)
    }

    fn member(&self, name: Name<'_>) -> Option<&Self> {
        match name.spelling {
            Spelling::Plain if self.lengths & length_bit(name.written.len()) == 0 => None,
            Spelling::Plain => self.branch(name.written),
            Spelling::Escaped => self.branch(&name.text()),
        }
    }

    fn branch(&self, name: &str) -> Option<&Self> {
        let branch = self.members.get(&name.len())?.get(name)?;
        self.branches.get(*branch)
    }
}

fn length_bit(length: usize) -> u64 {
    1 << length.min(63)
}

#[cfg(test)]
mod tests {
    use super::PointerTree;

    fn tree<const N: usize>(pointers: [&str; N]) -> PointerTree {
        PointerTree::of(&pointers.map(|pointer| pointer.parse().unwrap()))
    }

    fn picked<'r, const N: usize>(pointers: [&str; N], record: &'r str) -> [Option<&'r str>; N] {
        let mut cells = [None; N];
        tree(pointers).find(record, &mut cells).unwrap();
        cells
    }

    #[test]
    fn values_keep_their_text_at_any_depth() {
        let record = r#"{"skip":[{"a":0}],"b":{"x":[10,{"y":1.10}]},"a/b":"\u00e9","":-0.0,"a":12345678901234567890123}"#;
        assert_eq!(
            picked(["/a", "/b/x/1/y", "/a~1b", "/", "/b/x/2", "/none", "/a/deeper"], record),
            [
                Some("12345678901234567890123"),
                Some("1.10"),
                Some(r#""\u00e9""#),
                Some("-0.0"),
                None,
                None,
                None
            ]
        );
    }

    #[test]
    fn a_pointer_may_be_the_start_of_another_and_may_occur_twice() {
        assert_eq!(
            picked(["", "/a", "/a/b", "/a"], r#"{"a":{"b":[1]}}"#),
            [Some(r#"{"a":{"b":[1]}}"#), Some(r#"{"b":[1]}"#), Some("[1]"), Some(r#"{"b":[1]}"#)]
        );
        assert_eq!(picked(["", ""], " {\"a\":1}\n"), [Some("{\"a\":1}"); 2]);
    }

    #[test]
    fn a_number_names_an_element_or_a_member() {
        let pointers = ["/0", "/10", "/01"];
        assert_eq!(
            picked(pointers, r#"["zero",1,2,3,4,5,6,7,8,9,"ten",11]"#),
            [Some("\"zero\""), Some("\"ten\""), None]
        );
        assert_eq!(picked(pointers, r#"{"01":1,"0":2}"#), [Some("2"), None, Some("1")]);
    }

    #[test]
    fn the_last_of_several_members_with_the_same_name_counts() {
        assert_eq!(picked(["/a/x", "/a/y"], r#"{"a":{"x":1,"y":1},"a":{"y":2}}"#), [None, Some("2")]);
        assert_eq!(picked(["/a/x", "/a/y"], r#"{"a":{"x":1},"a":7}"#), [None, None]);
    }

    #[test]
    fn names_are_compared_unescaped_and_invalid_text_elsewhere_is_ignored() {
        let record = r#"{"\ud800":1,"huge":1e999,"lone":"\udc00","sc\u0061lar":"\ud800"}"#;
        assert_eq!(picked(["/scalar", "/huge/x"], record), [Some(r#""\ud800""#), None]);
        let long = "n".repeat(99);
        let record = format!(r#"{{"{long}":1,"{long}n":2}}"#);
        assert_eq!(picked([&format!("/{long}n")], &record), [Some("2")]);
    }

    #[test]
    fn what_is_not_json_is_an_error() {
        for record in [r#"{"a":1"#, r#"{"b":[}"#, "", "{} 7"] {
            assert!(tree(["/a"]).find(record, &mut [None]).is_err(), "{record}");
        }
    }
}
