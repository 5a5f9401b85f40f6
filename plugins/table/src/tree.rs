//! Taking the values of many JSON pointers out of a record in one pass.

use std::{collections::BTreeMap, fmt};

use longhaul_core::Pointer;
use serde::{
    Deserializer as _,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

/// JSON pointers, merged where they begin alike. Each leads to the columns of its value.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    columns: Vec<usize>,
    branches: Vec<Tree>,
    /// Which branch a member's name leads to.
    members: BTreeMap<String, usize>,
    /// Which branch an element's index leads to: in a pointer, `0` may mean either.
    elements: BTreeMap<usize, usize>,
}

impl Tree {
    /// The tree of `pointers`, the first of which is column 0.
    pub(crate) fn new<'p>(pointers: impl IntoIterator<Item = &'p Pointer>) -> Self {
        let mut tree = Self::default();
        for (column, pointer) in pointers.into_iter().enumerate() {
            tree.grow(pointer.tokens(), column);
        }
        tree
    }

    /// Puts the JSON text of each column's value into `cells`; what `value` does not hold stays as it is there.
    ///
    /// Of members of the same name the last counts. Nothing but the way to the columns is looked at, so neither a
    /// number beyond all bounds nor an unpaired surrogate elsewhere does any harm.
    pub(crate) fn pick<'r>(&self, value: &'r str, cells: &mut [Option<&'r str>]) -> serde_json::Result<()> {
        for &column in &self.columns {
            cells[column] = Some(value);
        }
        let mut json = serde_json::Deserializer::from_str(value);
        match value.as_bytes().first() {
            _ if self.branches.is_empty() => Ok(()),
            Some(b'{') => json.deserialize_map(Inside { tree: self, cells }),
            Some(b'[') => json.deserialize_seq(Inside { tree: self, cells }),
            _ => Ok(()),
        }
    }

    fn grow(&mut self, tokens: &[String], column: usize) {
        let Some((token, rest)) = tokens.split_first() else {
            self.columns.push(column);
            return;
        };
        let branch = *self.members.entry(token.clone()).or_insert_with(|| {
            self.branches.push(Self::default());
            self.branches.len() - 1
        });
        if let Some(index) = Pointer::index(token) {
            self.elements.insert(index, branch);
        }
        self.branches[branch].grow(rest, column);
    }

    fn clear(&self, cells: &mut [Option<&str>]) {
        for &column in &self.columns {
            cells[column] = None;
        }
        self.branches.iter().for_each(|branch| branch.clear(cells));
    }

    fn repick<'r, E: Error>(&self, value: &'r RawValue, cells: &mut [Option<&'r str>]) -> Result<(), E> {
        self.clear(cells);
        self.pick(value.get(), cells).map_err(E::custom)
    }
}

/// The members or elements of the value that `tree` belongs to.
struct Inside<'t, 'c, 'r> {
    tree: &'t Tree,
    cells: &'c mut [Option<&'r str>],
}

impl<'r> Visitor<'r> for Inside<'_, '_, 'r> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'r>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(branch) = members.next_key_seed(Name(self.tree))? {
            match branch {
                Some(branch) => branch.repick(members.next_value()?, self.cells)?,
                None => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'r>>(self, mut elements: A) -> Result<(), A::Error> {
        for index in 0.. {
            let more = match self.tree.elements.get(&index) {
                Some(&branch) => match elements.next_element()? {
                    Some(value) => self.tree.branches[branch].repick(value, self.cells).map(|()| true)?,
                    None => false,
                },
                None => elements.next_element::<IgnoredAny>()?.is_some(),
            };
            if !more {
                break;
            }
        }
        Ok(())
    }
}

/// A member's name, as the branch it leads to.
struct Name<'t>(&'t Tree);

impl<'t, 'r> DeserializeSeed<'r> for Name<'t> {
    type Value = Option<&'t Tree>;

    fn deserialize<D: serde::Deserializer<'r>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        // As bytes, for as text a name with an unpaired surrogate would be refused.
        deserializer.deserialize_bytes(self)
    }
}

impl<'t> Visitor<'_> for Name<'t> {
    type Value = Option<&'t Tree>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<Self::Value, E> {
        let branch = std::str::from_utf8(name).ok().and_then(|name| self.0.members.get(name));
        Ok(branch.map(|&branch| &self.0.branches[branch]))
    }
}

#[cfg(test)]
mod tests {
    use super::Tree;

    fn picked<'r, const N: usize>(pointers: [&str; N], record: &'r str) -> [Option<&'r str>; N] {
        let pointers = pointers.map(|pointer| pointer.parse().unwrap());
        let mut cells = [None; N];
        Tree::new(&pointers).pick(record, &mut cells).unwrap();
        cells
    }

    #[test]
    fn values_keep_their_text_wherever_they_stand() {
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
    fn a_pointer_may_begin_another_and_may_come_twice() {
        assert_eq!(
            picked(["", "/a", "/a/b", "/a"], r#"{"a":{"b":[1]}}"#),
            [Some(r#"{"a":{"b":[1]}}"#), Some(r#"{"b":[1]}"#), Some("[1]"), Some(r#"{"b":[1]}"#)]
        );
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
    fn of_members_of_one_name_the_last_counts_as_a_whole() {
        assert_eq!(picked(["/a/x", "/a/y"], r#"{"a":{"x":1,"y":1},"a":{"y":2}}"#), [None, Some("2")]);
        assert_eq!(picked(["/a/x", "/a/y"], r#"{"a":{"x":1},"a":7}"#), [None, None]);
    }

    #[test]
    fn names_are_compared_unescaped_and_oddities_elsewhere_do_no_harm() {
        let record = r#"{"\ud800":1,"huge":1e999,"lone":"\udc00","sc\u0061lar":"\ud800"}"#;
        assert_eq!(picked(["/scalar", "/huge/x"], record), [Some(r#""\ud800""#), None]);
    }

    #[test]
    fn what_is_no_json_is_an_error() {
        let tree = Tree::new(&["/a".parse().unwrap()]);
        assert!(tree.pick(r#"{"a":1"#, &mut [None]).is_err());
        assert!(tree.pick(r#"{"b":[}"#, &mut [None]).is_err());
    }
}
