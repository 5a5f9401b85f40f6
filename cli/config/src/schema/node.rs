//! What the schema says about one table or key.

use serde_json::Value;

use crate::values::kind::Kind;

/// The schema of a table or of the value of a key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Node(&'static Value);

/// The keys of a table that the schema does not name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Others {
    /// There are none.
    None,
    /// Names that the user chooses, each with such a value.
    Named(Node),
    /// Any keys with any values.
    Free,
}

impl Node {
    /// The node for `schema`.
    pub(crate) fn of(schema: &'static Value) -> Self {
        Self(schema)
    }

    /// The value of a keyword.
    pub(crate) fn get(self, keyword: &str) -> Option<&'static Value> {
        self.0.get(keyword)
    }

    /// The keys of the table, in alphabetical order.
    pub(crate) fn properties(self) -> impl Iterator<Item = (&'static str, Self)> {
        let properties = self.get("properties").and_then(Value::as_object).into_iter().flatten();
        properties.map(|(name, schema)| (name.as_str(), Self::of(schema)))
    }

    /// The key `name` of the table.
    pub(crate) fn property(self, name: &str) -> Option<Self> {
        Some(Self::of(self.get("properties")?.get(name)?))
    }

    /// The key `name`, which the schema names or the user chooses.
    pub(crate) fn inside(self, name: &str) -> Option<Self> {
        self.property(name).or(match self.others() {
            Others::Named(node) => Some(node),
            Others::None | Others::Free => None,
        })
    }

    /// The keys of the table besides its [`properties`](Self::properties).
    pub(crate) fn others(self) -> Others {
        match self.get("additionalProperties") {
            Some(Value::Bool(false)) => Others::None,
            Some(schema @ Value::Object(_)) => Others::Named(Self::of(schema)),
            _ => Others::Free,
        }
    }

    /// The default of the key, in a table of the type `kind`.
    pub(crate) fn default(self, kind: Option<&str>) -> Option<&'static Value> {
        let of_type = kind.and_then(|kind| self.get("x-defaults")?.get(kind));
        of_type.or_else(|| self.get("default"))
    }

    /// Whether a table of the type `kind` can have the key.
    pub(crate) fn belongs(self, kind: Option<&str>) -> bool {
        self.get("x-types").is_none_or(|types| contains(types, kind))
    }

    /// The tables among the values that are allowed here.
    pub(crate) fn tables(self) -> impl Iterator<Item = Self> {
        let is_table = |node: &Self| node.get("type").is_some_and(|name| name == "object");
        std::iter::once(self).chain(self.alternatives()).filter(is_table)
    }

    /// The kind of value that the key has; nothing for a table.
    pub(crate) fn kind(self) -> Option<Kind> {
        if let Some(name) = self.get("x-kind").and_then(Value::as_str) {
            return Kind::named(name);
        }
        let names = self.get("type");
        match names.and_then(|names| names.as_str().or_else(|| names.get(0)?.as_str())) {
            Some("array") => {
                let items = self.get("items").map(Self::of).and_then(Self::kind);
                Some(if items == Some(Kind::Path) { Kind::Paths } else { Kind::List })
            }
            Some("boolean" | "integer" | "number") => Some(Kind::Scalar),
            Some("string") => Some(Kind::Text),
            Some(_) => None,
            None => (!self.words().is_empty()).then_some(Kind::Text),
        }
    }

    /// The words that the value can be, each with its schema.
    pub(crate) fn words(self) -> Vec<(&'static str, Self)> {
        self.alternatives().filter_map(|node| Some((node.get("const")?.as_str()?, node))).collect()
    }

    fn alternatives(self) -> impl Iterator<Item = Self> {
        let lists = ["anyOf", "oneOf"].into_iter().filter_map(move |keyword| self.get(keyword)?.as_array());
        lists.flatten().map(Self::of)
    }
}

fn contains(types: &Value, kind: Option<&str>) -> bool {
    let mut types = types.as_array().into_iter().flatten();
    types.any(|name| name.as_str().is_some_and(|name| Some(name) == kind))
}
