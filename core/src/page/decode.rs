//! One pass over a page: where each record lies, and the few values that lead on.

use std::{borrow::Cow, fmt, ops::Range};

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Value, value::RawValue};

use super::Records;
use crate::pointer::Pointer;

/// What to look for in a page.
#[derive(Clone, Debug)]
pub struct Layout {
    records: Pointer,
    tree: Node,
}

impl Layout {
    /// Pages that hold their records at `records`, and values to be picked at `picks`.
    pub fn new(records: Pointer, picks: &[Pointer]) -> Self {
        let mut tree = Node::default();
        tree.at(records.tokens()).records = true;
        for pick in picks {
            tree.at(pick.tokens()).pick = Some(pick.clone());
        }
        Self { records, tree }
    }
}

/// What [`decode`] found.
pub(super) struct Decoded {
    pub(super) ranges: Vec<Range<usize>>,
    pub(super) records: Records,
    pub(super) picked: Vec<(Pointer, Value)>,
}

/// Finds what `layout` names. Everything else is checked to be JSON, and skipped.
pub(super) fn decode(body: &[u8], layout: &Layout) -> Result<Decoded, serde_json::Error> {
    let mut found = Found { base: body.as_ptr().addr(), ..Found::default() };
    let mut tree = Cow::Borrowed(&layout.tree);
    let is_object = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    if layout.records.tokens().is_empty() && is_object {
        found.record(serde_json::from_slice(body)?);
        found.records = Some(Records::Found);
        tree.to_mut().records = false;
    }
    let mut parser = serde_json::Deserializer::from_slice(body);
    Search { node: &tree, found: &mut found }.deserialize(&mut parser)?;
    parser.end()?;
    let records = match found.records {
        Some(records) => records,
        // What else the page holds may be more than a tree of values can.
        None => Records::Absent { arrays: filled_arrays(&serde_json::from_slice(body).unwrap_or_default()) },
    };
    Ok(Decoded { ranges: found.ranges, records, picked: found.picked })
}

/// The pointers as a tree, so that one pass finds them all.
#[derive(Clone, Debug, Default)]
struct Node {
    records: bool,
    pick: Option<Pointer>,
    children: Vec<(String, Node)>,
}

impl Node {
    /// The node at `tokens`, made where there is none.
    fn at(&mut self, tokens: &[String]) -> &mut Self {
        let Some((token, rest)) = tokens.split_first() else { return self };
        let index = self.children.iter().position(|(name, _)| name == token).unwrap_or_else(|| {
            self.children.push((token.clone(), Self::default()));
            self.children.len() - 1
        });
        self.children[index].1.at(rest)
    }

    fn child(&self, token: &str) -> Option<&Self> {
        self.children.iter().find(|(name, _)| name == token).map(|(_, child)| child)
    }

    /// The same place, once for each thing that is wanted of it.
    fn parts(&self) -> [Self; 3] {
        [
            Self { records: self.records, ..Self::default() },
            Self { pick: self.pick.clone(), ..Self::default() },
            Self { children: self.children.clone(), ..Self::default() },
        ]
    }
}

#[derive(Default)]
struct Found {
    /// The address of the body's first byte, from which ranges count.
    base: usize,
    ranges: Vec<Range<usize>>,
    records: Option<Records>,
    picked: Vec<(Pointer, Value)>,
}

impl Found {
    fn record(&mut self, raw: &RawValue) {
        let start = raw.get().as_ptr().addr() - self.base;
        self.ranges.push(start..start + raw.get().len());
    }
}

/// Looks for what is wanted at and below a node.
struct Search<'a> {
    node: &'a Node,
    found: &'a mut Found,
}

impl<'de> DeserializeSeed<'de> for Search<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Self { node, found } = self;
        match (node.records, &node.pick, node.children.is_empty()) {
            (true, None, true) | (false, None, _) => deserializer.deserialize_any(Look { node, found }),
            (false, Some(place), true) => {
                let raw = <&RawValue>::deserialize(deserializer)?;
                found.picked.push((place.clone(), value_of(raw.get())));
                Ok(())
            }
            _ => {
                let raw = <&RawValue>::deserialize(deserializer)?;
                node.parts().iter().try_for_each(|node| {
                    let mut parser = serde_json::Deserializer::from_str(raw.get());
                    Search { node, found }.deserialize(&mut parser).map_err(Error::custom)
                })
            }
        }
    }
}

/// Takes the elements of an array as the records, or goes on below the members of an object or array.
struct Look<'a> {
    node: &'a Node,
    found: &'a mut Found,
}

impl Look<'_> {
    fn scalar(self, kind: &'static str) {
        if self.node.records {
            self.found.records = Some(Records::Misplaced { found: kind });
        }
    }
}

impl<'de> Visitor<'de> for Look<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<Cow<'de, str>>()? {
            match self.node.child(&name) {
                Some(node) => members.next_value_seed(Search { node, found: self.found })?,
                None => members.next_value::<IgnoredAny>().map(drop)?,
            }
        }
        self.scalar("an object");
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        if self.node.records {
            if self.found.records.replace(Records::Found).is_some() {
                return Err(A::Error::custom("the records appear twice in one page"));
            }
            while let Some(record) = elements.next_element()? {
                self.found.record(record);
            }
            return Ok(());
        }
        for index in 0_usize.. {
            let more = match self.node.child(&index.to_string()) {
                Some(node) => elements.next_element_seed(Search { node, found: self.found })?,
                None => elements.next_element::<IgnoredAny>()?.map(drop),
            };
            if more.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.scalar("a boolean");
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.scalar("a number");
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.scalar("a number");
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.scalar("a number");
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        self.scalar("text");
        Ok(())
    }

    /// `null` is as good as nothing.
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// A value that was picked. A number that would lose digits stays as it is written.
fn value_of(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(Value::Number(number)) if number.to_string() != text => Value::String(text.to_owned()),
        Ok(value) => value,
        Err(_) if text.starts_with('[') => Value::Array(Vec::new()),
        Err(_) if text.starts_with('{') => Value::Object(serde_json::Map::new()),
        Err(_) => Value::String(text.to_owned()),
    }
}

/// Where arrays stand that hold something, at the top of a page or one level down.
fn filled_arrays(page: &Value) -> Vec<Pointer> {
    let is_filled = |value: &Value| value.as_array().is_some_and(|array| !array.is_empty());
    let mut arrays = Vec::new();
    for (name, value) in page.as_object().into_iter().flatten() {
        if is_filled(value) {
            arrays.push(Pointer::from_tokens([name]));
        }
        let below = value.as_object().into_iter().flatten().filter(|(_, value)| is_filled(value));
        arrays.extend(below.map(|(inner, _)| Pointer::from_tokens([name, inner])));
    }
    arrays
}
