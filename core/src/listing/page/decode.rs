//! Finds the records of a page, and the values that lead to the next page, in one pass.

use std::{borrow::Cow, ops::Range};

use serde::de::Error;
use serde_json::{Value, json, value::RawValue};

use super::{
    Format, Records,
    envelope::Envelope,
    scan::{Scan, Span},
};
use crate::json::{ExactValue, pointer::Pointer};

/// What to look for in a page.
#[derive(Clone, Debug)]
pub struct Layout {
    tree: Node,
    pub(super) format: Format,
    pub(super) empty: EmptyBody,
}

/// What a body without lines is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum EmptyBody {
    /// A fault, because it may have been lost on the way.
    #[default]
    Fault,
    /// A page without records.
    Page,
}

impl Layout {
    /// A layout with the records at `records`, and further values at `picks`. A token `*` of `records` stands for every
    /// element of an array, and for every value of an object.
    pub fn new(records: &Pointer, picks: &[Pointer]) -> Self {
        let mut tree = Node::default();
        let (plain, below) = records.split_at_star();
        tree.at(plain).records =
            Some(if below.is_empty() { Wanted::Array } else { Wanted::Every(records.clone()) });
        for pick in picks {
            tree.at(pick.tokens()).pick = Some(pick.clone());
        }
        Self { tree, format: Format::Json, empty: EmptyBody::Fault }
    }

    /// Replaces the format, which is JSON by default.
    #[must_use]
    pub fn with_format(self, format: Format, empty: EmptyBody) -> Self {
        Self { format, empty, ..self }
    }
}

/// What [`decode`] found.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) spans: Vec<Span>,
    pub(super) records: Records,
    pub(super) envelope: Envelope,
    pub(super) picked: Vec<(Pointer, ExactValue)>,
}

/// Finds what `layout` names. Everything else is skipped, but must be valid JSON.
pub(super) fn decode(body: &[u8], layout: &Layout) -> Result<Decoded, serde_json::Error> {
    let mut search = Search { body, scan: Scan::new(body), found: Found::default() };
    search.page(layout).ok_or_else(|| fault(body))?;
    let Found { spans, records, ranges, picked } = search.found;
    let envelope = Envelope::new(body, &ranges);
    let records =
        records.unwrap_or_else(|| Records::Absent { arrays: filled_arrays(envelope.parse().value()) });
    Ok(Decoded { spans, records, envelope, picked })
}

/// The reason why the page could not be read.
fn fault(body: &[u8]) -> serde_json::Error {
    match serde_json::from_slice::<&RawValue>(body) {
        Ok(_) => serde_json::Error::custom("the records appear twice in one page"),
        Err(error) => error,
    }
}

/// The pointers of a layout as a tree, so that one pass finds all of them.
#[derive(Clone, Debug, Default)]
struct Node {
    records: Option<Wanted>,
    pick: Option<Pointer>,
    children: Vec<(String, Node)>,
}

/// What a layout wants of a value.
#[derive(Clone, Debug)]
enum Wanted {
    /// It is the array of records.
    Array,
    /// It is where this pointer has its first `*`.
    Every(Pointer),
}

impl Node {
    /// The node at `tokens`. It is created if there is none.
    fn at(&mut self, tokens: &[String]) -> &mut Self {
        let Some((token, rest)) = tokens.split_first() else { return self };
        let index = self.children.iter().position(|(name, _)| name == token).unwrap_or_else(|| {
            self.children.push((token.clone(), Self::default()));
            self.children.len() - 1
        });
        self.children[index].1.at(rest)
    }

    fn is_plain(&self) -> bool {
        self.records.is_none() && self.pick.is_none() && self.children.is_empty()
    }

    fn child(&self, token: &str) -> Option<&Self> {
        self.children.iter().find(|(name, _)| name == token).map(|(_, child)| child)
    }
}

#[derive(Debug, Default)]
pub(super) struct Found {
    spans: Vec<Span>,
    pub(super) records: Option<Records>,
    /// Where the records are in the body: an array of them, or several.
    ranges: Vec<Range<usize>>,
    picked: Vec<(Pointer, ExactValue)>,
}

/// A search through a page. Its methods return `None` if the page is not valid.
pub(super) struct Search<'a> {
    body: &'a [u8],
    pub(super) scan: Scan<'a>,
    pub(super) found: Found,
}

impl Search<'_> {
    /// Searches the whole page.
    fn page(&mut self, layout: &Layout) -> Option<()> {
        self.value(&layout.tree)?;
        self.scan.is_at_end().then_some(())
    }

    /// Searches the next value for everything that `node` and its children name. The value is scanned once for each, but
    /// it is rare that there is more than one.
    fn value(&mut self, node: &Node) -> Option<()> {
        let from = self.scan.position();
        if node.is_plain() {
            return self.skip();
        }
        match &node.records {
            Some(Wanted::Array) => {
                self.records(if from == 0 { Object::IsRecord } else { Object::Misplaced })?;
            }
            Some(Wanted::Every(records)) => self.every_record(records)?,
            None => {}
        }
        if let Some(place) = &node.pick {
            self.scan.go_to(from);
            let span = self.scan.value()?;
            let picked = value_of(self.text(&span)?);
            self.found.picked.push((place.clone(), picked));
        }
        if !node.children.is_empty() {
            self.scan.go_to(from);
            match self.scan.peek()? {
                b'{' => self.members(node)?,
                b'[' => self.elements(node)?,
                _ => self.skip()?,
            }
        }
        Some(())
    }

    pub(super) fn skip(&mut self) -> Option<()> {
        self.scan.value()?;
        Some(())
    }

    fn records(&mut self, object: Object) -> Option<()> {
        let found = match self.scan.peek()? {
            b'[' => return self.array_of_records(),
            b'{' if object == Object::IsRecord => {
                self.found.records = Some(Records::Whole);
                return self.in_range(Self::record);
            }
            // `null` counts as absent.
            b'n' => return self.skip(),
            b'{' => "an object",
            b'"' => "text",
            b't' | b'f' => "a boolean",
            _ => "a number",
        };
        self.found.records = Some(Records::Misplaced { found });
        self.skip()
    }

    fn array_of_records(&mut self) -> Option<()> {
        if self.found.records.replace(Records::Found).is_some() {
            return None;
        }
        self.in_range(|search| search.each(b']', |search, _| search.record()))
    }

    /// Notes that `read` passes the records.
    pub(super) fn in_range(&mut self, read: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        let start = self.scan.position();
        read(self)?;
        self.found.ranges.push(start..self.scan.position());
        Some(())
    }

    pub(super) fn record(&mut self) -> Option<()> {
        let span = self.scan.value()?;
        self.text(&span)?;
        self.found.spans.push(span);
        Some(())
    }

    fn members(&mut self, node: &Node) -> Option<()> {
        self.each(b'}', |search, _| {
            let name = name(search.scan.string()?);
            if search.scan.take()? != b':' {
                return None;
            }
            match name.and_then(|name| node.child(&name)) {
                Some(child) => search.value(child),
                None => search.skip(),
            }
        })
    }

    fn elements(&mut self, node: &Node) -> Option<()> {
        self.each(b']', |search, index| match node.child(&index.to_string()) {
            Some(child) => search.value(child),
            None => search.skip(),
        })
    }

    /// Calls `each` with the index of every element or member of an array or object.
    pub(super) fn each(
        &mut self,
        close: u8,
        mut each: impl FnMut(&mut Self, usize) -> Option<()>,
    ) -> Option<()> {
        self.scan.take()?;
        if self.scan.peek()? == close {
            return self.scan.take().map(drop);
        }
        for index in 0.. {
            each(self, index)?;
            match self.scan.take()? {
                b',' => {}
                byte if byte == close => break,
                _ => return None,
            }
        }
        Some(())
    }

    /// The text at `span`, or `None` if it is not UTF-8.
    fn text(&self, span: &Span) -> Option<&str> {
        str::from_utf8(&self.body[span.range.clone()]).ok()
    }
}

/// What an object in place of the records means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Object {
    /// It is the whole page, so it is the only record.
    IsRecord,
    Misplaced,
}

/// The name of a member, from its JSON string. `None` if it is not valid text, because no pointer can name it.
pub(super) fn name(string: &[u8]) -> Option<Cow<'_, str>> {
    let is_plain = !string.contains(&b'\\');
    let plain = || str::from_utf8(&string[1..string.len() - 1]).ok().map(Cow::Borrowed);
    if is_plain { plain() } else { serde_json::from_slice(string).ok().map(Cow::Owned) }
}

/// A picked value. One that the parser does not accept, because it is too deep or too large, is empty or text.
fn value_of(text: &str) -> ExactValue {
    ExactValue::parse(text).unwrap_or_else(|_| match text.as_bytes() {
        [b'[', ..] => json!([]).into(),
        [b'{', ..] => json!({}).into(),
        _ => text.to_owned().into(),
    })
}

/// Pointers to the arrays of a page that are not empty, at the top level and one level below it.
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
